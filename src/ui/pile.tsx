import { useState } from 'react'
import { openPicture } from '../store/commands'
import { usePage } from '../store/page-store'
import type { DatasetSummary, UnlabeledInfo } from '../worker/protocol'
import { count, lastPart } from './format'
import { Thumbnail } from './thumbnail'
import './styles/pile.css'

/** Of a pile of thousands only so many are drawn at a time. */
const onPage = 48

/** An image of one's own has to be chosen and annotated before anything can begin. */
const wantsAnnotation = (dataset: DatasetSummary | null) =>
  dataset !== null && dataset.sample === null && dataset.unlabeled.length > 0 && dataset.exemplars.every(({ from }) => from === null)

/** All unlabelled images, to choose those that are worth annotating. */
export function Pile() {
  const dataset = usePage((state) => state.dataset)
  const sample = usePage((state) => state.dataset?.sample ?? null)
  const wanted = wantsAnnotation(dataset)
  const [open, setOpen] = useState(wanted)
  // It opens by itself where it is needed and closes for a sample; in between the user has the say.
  const [before, setBefore] = useState({ wanted, sample })
  if (before.wanted !== wanted || before.sample !== sample) {
    setBefore({ wanted, sample })
    if (wanted || sample !== null) setOpen(wanted)
  }
  if (!dataset || dataset.unlabeled.length === 0) return null
  return (
    <details className="pile" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        Images <span className="quiet">{count(dataset.unlabeled.length)}</span>
      </summary>
      {open && <Choice images={dataset.unlabeled} />}
    </details>
  )
}

function Choice({ images }: { images: readonly UnlabeledInfo[] }) {
  const [patient, setPatient] = useState('')
  const [page, setPage] = useState(0)
  const patients = [...new Set(images.map((image) => image.patient))]
  // Other files may have come meanwhile.
  const filter = patients.includes(patient) ? patient : ''
  const found = images.map((image, index) => ({ image, index })).filter(({ image }) => filter === '' || image.patient === filter)
  const pages = Math.max(1, Math.ceil(found.length / onPage))
  const shown = Math.min(page, pages - 1)
  return (
    <>
      <p className="hint quiet">
        Pick an image that shows every structure you want, drawn typically: all of them are in view. A click on it opens the drawing tools.
      </p>
      {patients.length > 1 && (
        <label className="field">
          <span>Patient</span>
          <select
            value={filter}
            onChange={(event) => {
              setPatient(event.target.value)
              setPage(0)
            }}
          >
            <option value="">All {count(patients.length)} patients</option>
            {patients.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {pages > 1 && (
        <div className="pages">
          <button type="button" aria-label="Previous images" disabled={shown === 0} onClick={() => setPage(shown - 1)}>
            ‹
          </button>
          <p aria-live="polite">
            {count(shown * onPage + 1)}–{count(Math.min(found.length, (shown + 1) * onPage))}{' '}
            <span className="quiet">of {count(found.length)}</span>
          </p>
          <button type="button" aria-label="Next images" disabled={shown === pages - 1} onClick={() => setPage(shown + 1)}>
            ›
          </button>
        </div>
      )}
      <ul className="pile-grid" aria-label="Images">
        {found.slice(shown * onPage, (shown + 1) * onPage).map(({ image, index }) => (
          <li key={index}>
            <Entry image={image} index={index} several={patients.length > 1} onChoose={() => openPicture('annotate', 'pile', index)} />
          </li>
        ))}
      </ul>
    </>
  )
}

interface EntryProps {
  image: UnlabeledInfo
  /** Among all unlabelled images. */
  index: number
  /** There are several patients, so it says which. */
  several: boolean
  onChoose: () => void
}

function Entry({ image: { name, patient, annotated, hasReference }, index, several, onChoose }: EntryProps) {
  return (
    <>
      <button type="button" aria-label={`Annotate ${name}`} title={`Annotate ${name}`} onClick={onChoose}>
        <Thumbnail index={index} />
      </button>
      <p className="marks">
        {annotated && <span>annotated</span>}
        {hasReference && <span title="It has a reference mask, for the score only.">reference</span>}
      </p>
      <p className="name" title={name}>
        {lastPart(name)}
      </p>
      {several && (
        <p className="name quiet" title={patient}>
          {patient}
        </p>
      )}
    </>
  )
}

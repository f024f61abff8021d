import { useState } from 'react'
import { openPicture } from '../store/commands'
import { useDrafts } from '../store/drafts'
import { usePage } from '../store/page-store'
import type { DatasetSummary, UnlabeledInfo } from '../worker/protocol'
import { count, lastPart } from './format'
import { Thumbnail } from './thumbnail'
import './styles/pile.css'

/** How many images are drawn at a time; a pile may hold thousands. */
const onPage = 48

/** Users with files of their own but no mask must first choose an image and annotate it. */
const wantsAnnotation = (dataset: DatasetSummary | null) =>
  dataset !== null && dataset.sample === null && dataset.unlabeled.length > 0 && dataset.exemplars.every(({ from }) => from === null)

/** All unlabelled images, to choose from what is worth annotating. */
export function Pile() {
  const dataset = usePage((state) => state.dataset)
  const sample = usePage((state) => state.dataset?.sample ?? null)
  const wanted = wantsAnnotation(dataset)
  const [open, setOpen] = useState(wanted)
  // It opens by itself when it is needed and closes for a sample; otherwise the user decides.
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
  // The files may have changed meanwhile.
  const filter = patients.includes(patient) ? patient : ''
  const found = images.filter((image) => filter === '' || image.patient === filter)
  const pages = Math.max(1, Math.ceil(found.length / onPage))
  const shown = Math.min(page, pages - 1)
  return (
    <>
      <p className="hint quiet">Pick a typical image in which every structure you want is visible. Clicking it opens the drawing tools.</p>
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
        {found.slice(shown * onPage, (shown + 1) * onPage).map((image) => (
          <li key={image.id}>
            <Entry image={image} several={patients.length > 1} onChoose={() => void openPicture('annotate', image.id)} />
          </li>
        ))}
      </ul>
    </>
  )
}

interface EntryProps {
  image: UnlabeledInfo
  /** With several patients it says which one. */
  several: boolean
  onChoose: () => void
}

function Entry({ image: { id, name, patient, annotated, hasReference }, several, onChoose }: EntryProps) {
  const draft = useDrafts().has(id) && !annotated
  return (
    <>
      <button type="button" aria-label={`Annotate ${name}`} title={`Annotate ${name}`} onClick={onChoose}>
        <Thumbnail id={id} />
      </button>
      <p className="marks">
        {annotated && <span>annotated</span>}
        {draft && <span title="Drawn on, but not used yet.">draft</span>}
        {hasReference && <span title="It has a reference mask, used only for the score.">reference</span>}
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

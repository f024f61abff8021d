import { chooseModality, loadSample } from '../store/commands'
import { usePage } from '../store/page-store'
import { samples } from '../store/address'
import { allowed, loading } from '../store/state'
import type { ExemplarInfo } from '../worker/protocol'
import { Bank } from './bank-opener'
import { ExemplarList } from './exemplar-list'
import { FileInputs } from './file-inputs'
import { count, plural } from './format'
import { LabelTable } from './label-table'
import { MappedValues, MaskNotes } from './mapped-values'
import { Pairs } from './pairs'
import { PickerButton } from './picker/picker-button'
import { ReadingProgress } from './reading-progress'
import { RegionButton, RegionFact } from './region-button'
import { SourceList } from './source-list'

export function DataPanel() {
  const dataset = usePage((state) => state.dataset)
  const busy = usePage(loading)
  const images = dataset !== null && (dataset.exemplars.length > 0 || dataset.unlabeled.length > 0)
  // As the page opens, it is empty until the sample comes.
  const own = dataset?.sample === null && (images || !busy)
  const can = usePage((state) => allowed(state).load)
  return (
    <section id="data" className="panel data" aria-labelledby="data-heading" aria-busy={busy}>
      <div className="data-head">
        <h2 id="data-heading">Data</h2>
        <ReadingProgress />
      </div>
      <label className="field">
        <span>Sample</span>
        <select
          value={own ? '' : (dataset?.sample ?? samples[0])}
          disabled={!can}
          onChange={(event) => {
            const chosen = samples.find((sample) => sample === event.target.value)
            if (chosen) loadSample(chosen)
          }}
        >
          {own && <option value="">{images ? 'Your own files' : 'None'}</option>}
          {samples.map((sample) => (
            <option key={sample}>{sample}</option>
          ))}
        </select>
      </label>
      <FileInputs can={can} />
      <ModalityField can={can} />
      <ExemplarList />
      <Understood />
      <Bank />
      <PickerButton />
      <Pairs />
      <RegionButton />
      <LabelTable />
      <MappedValues />
      <MaskNotes />
      <SourceList />
    </section>
  )
}

/** Of cases with several images each, such as flair and t1ce, those of one modality are used. */
function ModalityField({ can }: { can: boolean }) {
  const modality = usePage((state) => state.dataset?.modality ?? null)
  if (!modality) return null
  return (
    <label className="field question">
      <span>Modality</span>
      <select value={modality.used ?? ''} disabled={!can} onChange={(event) => chooseModality(event.target.value)}>
        {modality.used === null && (
          <option value="" disabled>
            Choose one
          </option>
        )}
        {modality.known.map((known) => (
          <option key={known}>{known}</option>
        ))}
      </select>
    </label>
  )
}

/** What the session made of the files, and what it still needs. */
function Understood() {
  const dataset = usePage((state) => state.dataset)
  if (!dataset) return <p className="note">What was found in your files will be listed here.</p>
  const { exemplars, unlabeled, references, missing, size } = dataset
  const sizes = new Set(unlabeled.map(({ width, height }) => `${width} × ${height}`))
  const patients = new Set(unlabeled.map(({ patient }) => patient)).size
  const annotated = unlabeled.filter((image) => image.annotated).length
  const canDraw = unlabeled.length > 0 && exemplars.length === 0
  return (
    <>
      <dl className="facts">
        <div>
          <dt>Exemplar</dt>
          <dd>{exemplarsText(exemplars)}</dd>
        </div>
        <div>
          <dt>Unlabelled</dt>
          <dd>
            {unlabeled.length === 0
              ? 'none yet'
              : `${plural(unlabeled.length, 'image')} of ${plural(patients, 'patient')}, ${sizes.size === 1 ? [...sizes][0] : `${sizes.size} sizes`}`}
            {annotated > 0 &&
              `; ${count(annotated)} of them annotated, so learnt from with ${annotated === 1 ? 'its mask' : 'their masks'} only`}
          </dd>
        </div>
        <div>
          <dt>References</dt>
          <dd>{references === 0 ? 'none: no Dice' : `${plural(references, 'mask')}, for the score only`}</dd>
        </div>
        <div>
          <dt>Seen at</dt>
          <dd>
            {size} × {size}
          </dd>
        </div>
        <RegionFact />
      </dl>
      {missing.length > 0 && (
        <p className="note needs">
          {canDraw
            ? 'Choose one of the images and draw its mask, or give an exemplar image and its mask.'
            : `Still needed: ${missing.join(', ')}.`}
        </p>
      )}
    </>
  )
}

/** The annotated images in one line. */
function exemplarsText(exemplars: readonly ExemplarInfo[]): string {
  const first = exemplars[0]
  if (!first) return 'none yet'
  const others = exemplars.length > 1 ? ` and ${plural(exemplars.length - 1, 'other')}` : ''
  return `${first.name}, ${first.width} × ${first.height}${others}`
}

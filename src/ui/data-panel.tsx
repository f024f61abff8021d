import { loadSample } from '../store/commands'
import { useLab } from '../store/lab'
import { samples } from '../store/address'
import { allowed } from '../store/state'
import { ExemplarPicture } from './exemplar-picture'
import { FileInputs } from './file-inputs'
import { plural } from './format'
import { LabelTable } from './label-table'

export function DataPanel() {
  const dataset = useLab((state) => state.dataset)
  const loading = useLab((state) => state.loading)
  const own = dataset !== null && dataset.sample === null && (dataset.exemplar !== null || dataset.unlabeled.length > 0)
  const can = useLab((state) => allowed(state).load)
  return (
    <section className="panel data" aria-labelledby="data-heading" aria-busy={loading}>
      <h2 id="data-heading">Data</h2>
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
          {own && <option value="">Your own files</option>}
          {samples.map((sample) => (
            <option key={sample}>{sample}</option>
          ))}
        </select>
      </label>
      <FileInputs can={can} />
      <Understood loading={loading} />
      <ExemplarPicture />
      <LabelTable />
    </section>
  )
}

/** What the session made of the files, and what it still needs. */
function Understood({ loading }: { loading: boolean }) {
  const dataset = useLab((state) => state.dataset)
  if (!dataset) return <p className="note">{loading ? 'Reading…' : 'What was understood of your files will be listed here.'}</p>
  const { exemplar, unlabeled, references, missing, size } = dataset
  const sizes = new Set(unlabeled.map(({ width, height }) => `${width} × ${height}`))
  const patients = new Set(unlabeled.map(({ patient }) => patient)).size
  return (
    <>
      <dl className="facts">
        <div>
          <dt>Exemplar</dt>
          <dd>{exemplar ? `${exemplar.name}, ${exemplar.width} × ${exemplar.height}` : 'none yet'}</dd>
        </div>
        <div>
          <dt>Unlabelled</dt>
          <dd>
            {unlabeled.length === 0
              ? 'none yet'
              : `${plural(unlabeled.length, 'image')} of ${plural(patients, 'patient')}, ${sizes.size === 1 ? [...sizes][0] : `${sizes.size} sizes`}`}
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
      </dl>
      {missing.length > 0 && <p className="note needs">Still needed: {missing.join(', ')}.</p>}
      {loading && <p className="note">Reading…</p>}
    </>
  )
}

import { chooseExport, exportFile } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed, exporting } from '../store/state'
import type { ExportKind, ExportOptions, SourceInfo } from '../worker/protocol'
import { count, size } from './format'
import { Identifiers } from './identifiers'

const kinds: { what: ExportKind; name: string; hint: string }[] = [
  { what: 'weights', name: 'Export weights', hint: 'Both models for PyTorch, with a loader that verifies itself.' },
  { what: 'masks', name: 'Export masks', hint: 'One mask per image, in the size of its source.' },
  { what: 'maps', name: 'Export maps', hint: 'The probability of each class, and where the models disagree, per image.' },
  { what: 'run', name: 'Export run', hint: 'Settings, curves, weights and masks in one zip.' },
]

export function Exports() {
  const can = usePage((state) => allowed(state).export)
  const loaded = usePage((state) => state.loaded !== null && (state.dataset?.further.images.length ?? 0) > 0)
  const has = (what: ExportKind) => can || (loaded && (what === 'masks' || what === 'maps'))
  const pending = usePage(exporting)
  const ready = (what: ExportKind) => has(what) && pending === null
  const saved = usePage((state) => state.saved)
  const progress = usePage((state) => (exporting(state) === null ? null : state.progress.export))
  return (
    <div className="exports">
      <div className="exports-state">
        {/* Every file spoken would drown everything else. */}
        <p className="quiet" aria-live={progress ? 'off' : 'polite'}>
          {progress
            ? `Writing ${count(progress.done)} of ${count(progress.of)}`
            : pending !== null
              ? `Preparing the ${pending}…`
              : saved !== null
                ? `Saved ${saved.name}, ${size(saved.bytes)}. For research only; not for diagnosis.`
                : can || loaded
                  ? 'For research only; not for diagnosis.'
                  : 'After the first step, everything can be exported. For research only; not for diagnosis.'}
        </p>
        {pending !== null && <progress aria-label="Export" {...(progress && { max: Math.max(1, progress.of), value: progress.done })} />}
      </div>
      <MaskFormat />
      <Identifiers />
      <div className="exports-buttons">
        {kinds.map(({ what, name, hint }) => (
          <button
            key={what}
            type="button"
            // One that disables itself while it exports would lose the focus.
            aria-disabled={!ready(what)}
            title={hint}
            onClick={() => void (ready(what) && exportFile(what))}
          >
            {name}
          </button>
        ))}
      </div>
      <p className="quiet">
        None of your images is in weights, masks and maps; the report in <em>Export run</em> shows pictures of them.
      </p>
    </div>
  )
}

const formats: { format: ExportOptions['format']; name: string }[] = [
  { format: 'source', name: 'Format of each source' },
  { format: 'nifti', name: 'NIfTI' },
  { format: 'seg-nrrd', name: 'Slicer seg.nrrd' },
  { format: 'png', name: 'PNG for single pictures' },
]

const noSources: SourceInfo[] = []

/** How masks are written. Plain pictures leave no choice: their masks are PNGs. */
function MaskFormat() {
  const sources = usePage((state) => state.dataset?.sources ?? noSources)
  const further = usePage((state) => state.dataset?.further.sources ?? noSources)
  const { format } = usePage((state) => state.exportOptions)
  const busy = usePage((state) => exporting(state) !== null)
  if ([...sources, ...further].every(({ kind }) => kind === 'png' || kind === 'jpeg')) return null
  return (
    <div className="mask-format">
      <label>
        <span className="quiet">Mask format</span>
        <select
          value={format}
          disabled={busy}
          onChange={(event) => {
            const chosen = formats.find((f) => f.format === event.target.value)
            if (chosen) chooseExport({ format: chosen.format })
          }}
        >
          {formats.map(({ format: value, name }) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}

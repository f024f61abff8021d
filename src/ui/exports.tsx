import { exportFile } from '../store/commands'
import { useLab } from '../store/lab'
import { allowed } from '../store/state'
import type { ExportKind } from '../worker/protocol'
import { size } from './format'

const kinds: { what: ExportKind; name: string; hint: string }[] = [
  { what: 'weights', name: 'Export weights', hint: 'Both models for PyTorch, with a loader that checks itself.' },
  { what: 'masks', name: 'Export masks', hint: 'One mask per image, in the size of its source.' },
  { what: 'run', name: 'Export run', hint: 'Settings, curves, weights and masks in one zip.' },
]

export function Exports() {
  const can = useLab((state) => allowed(state).export)
  const exporting = useLab((state) => state.exporting)
  const saved = useLab((state) => state.saved)
  return (
    <div className="exports">
      <p className="quiet" aria-live="polite">
        {exporting !== null
          ? `Preparing the ${exporting}…`
          : saved !== null
            ? `Saved ${saved.name}, ${size(saved.bytes)}.`
            : can
              ? 'For research only; not for diagnosis.'
              : 'After the first step, everything can be taken home.'}
      </p>
      {kinds.map(({ what, name, hint }) => (
        <button key={what} type="button" disabled={!can || exporting !== null} title={hint} onClick={() => exportFile(what)}>
          {name}
        </button>
      ))}
    </div>
  )
}

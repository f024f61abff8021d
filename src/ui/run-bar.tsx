import { useShallow } from 'zustand/react/shallow'
import { drive } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed } from '../store/state'
import { RunStatus } from './run-status'

const buttons = [
  { type: 'start', name: 'Start', icon: 'M5 3.5v11l9-5.5z' },
  { type: 'pause', name: 'Pause', icon: 'M4.5 3.5h3v11h-3zM10.5 3.5h3v11h-3z' },
  { type: 'resume', name: 'Resume', icon: 'M3.5 3.5h2.2v11H3.5zM7.5 3.5v11l8-5.5z' },
  { type: 'step', name: 'Step', icon: 'M3.5 3.5v11l7.5-5.5zM12 3.5h2.5v11H12z' },
  { type: 'stop', name: 'Stop', icon: 'M4 4h10v10H4z' },
  { type: 'reset', name: 'Reset', icon: 'M9 3.6a5.4 5.4 0 1 1-5.2 4h2a3.5 3.5 0 1 0 3.2-2.1v2.6L4.7 4.8 9 1.5z' },
] as const

/** The controls and the state of a run. All buttons are always there, so that nothing moves under the pointer. */
export function RunBar() {
  const can = usePage(useShallow(allowed))
  return (
    <div className="run-bar">
      <div id="run" className="buttons" role="group" aria-label="Run" tabIndex={-1}>
        {buttons.map(({ type, name, icon }) => (
          <button
            key={type}
            type="button"
            className={type === 'start' || type === 'resume' ? 'primary' : undefined}
            // A button that disables itself when pressed would lose the focus.
            aria-disabled={!can[type]}
            onClick={() => void (can[type] && drive(type))}
          >
            <svg viewBox="0 0 18 18" width="14" height="14" aria-hidden="true">
              <path d={icon} fill="currentColor" />
            </svg>
            {name}
          </button>
        ))}
      </div>
      <RunStatus />
    </div>
  )
}

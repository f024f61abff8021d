import { dismiss, replaceWorker } from '../store/commands'
import { useLab } from '../store/lab'

const titles = { input: 'Input', backend: 'Backend problem', run: 'Run', bug: 'A fault of ours' } as const

/** One alert for each problem, until it is dismissed. */
export function Problems() {
  const problems = useLab((state) => state.problems)
  return (
    <div className="problems">
      {problems.map(({ id, kind, message, file }) => (
        <div className="problem" role="alert" key={id} data-kind={kind}>
          <p>
            <strong>{file !== null && !message.includes(file) ? file : titles[kind]}</strong> {message}
          </p>
          {(kind === 'bug' || kind === 'backend') && (
            <button type="button" onClick={replaceWorker}>
              New worker
            </button>
          )}
          <button type="button" aria-label={`Dismiss: ${message}`} onClick={() => dismiss(id)}>
            Dismiss
          </button>
        </div>
      ))}
    </div>
  )
}

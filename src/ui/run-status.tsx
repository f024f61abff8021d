import { usePage } from '../store/page-store'
import { statusLine } from './format'

const noneMissing: string[] = []

export function RunStatus() {
  const status = usePage((state) => state.status)
  const missing = usePage((state) => state.dataset?.missing ?? noneMissing)
  const { state, step, steps } = status
  return (
    <div className="run-status">
      <progress aria-label="Progress" max={Math.max(1, steps)} value={Math.min(step, steps)} />
      {/* A reader that speaks every step would drown everything else; Announcements tells the changes of state. */}
      <p role="status" aria-live="off" data-state={state} data-step={step}>
        {statusLine(status, missing)}
      </p>
    </div>
  )
}

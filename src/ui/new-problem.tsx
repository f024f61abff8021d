import { useState } from 'react'
import { retry } from '../store/commands'
import { pageStore, usePage } from '../store/page-store'
import './styles/new-problem.css'

/** The page's list of problems lies behind a dialog, so the newest one since it was opened is repeated in it. */
export function NewProblem() {
  const [before] = useState(() => pageStore.getState().problems.at(-1)?.id ?? 0)
  const newest = usePage((state) => state.problems.at(-1))
  return (
    <div className="new-problem" aria-live="polite">
      {newest && newest.id > before && (
        <p className="needs">
          {newest.message}
          {newest.kind === 'load' && (
            <button type="button" onClick={() => retry(newest.id)}>
              Retry
            </button>
          )}
        </p>
      )}
    </div>
  )
}

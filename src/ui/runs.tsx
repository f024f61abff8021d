import { useState } from 'react'
import { useShallow } from 'zustand/react/shallow'
import { continueRun, forgetRun } from '../store/kept-runs'
import { usePage } from '../store/page-store'
import { allowed, loading } from '../store/state'
import type { KeptState, ListedRun } from '../worker/protocol'
import { moment, score } from './format'
import { keepFocus } from './keep-focus'
import { factsOf } from './kept-run-words'
import { StoredDialog } from './stored-dialog'
import './styles/runs.css'

/** Runs that were begun earlier, or in another tab, and can be gone on with. */
export function Runs() {
  const others = usePage(useShallow(({ runs, present }) => runs.filter(({ id, states }) => id !== present && states.length > 0)))
  const can = usePage((state) => allowed(state).load && !loading(state))
  if (others.length === 0) return null
  return (
    <section className="runs" aria-label="Runs" ref={keepFocus} tabIndex={-1} data-elsewhere="run">
      <ul>
        {others.map((run) => (
          <KeptRow key={run.id} run={run} can={can} />
        ))}
      </ul>
    </section>
  )
}

/** The state with the highest Dice, if it is not the newest. */
function bestOf(states: readonly KeptState[]): KeptState | null {
  const best = states.reduce((a, b) => ((b.dice ?? -1) > (a.dice ?? -1) ? b : a))
  return best.dice !== null && best.step !== states[0]!.step ? best : null
}

function KeptRow({ run, can }: { run: ListedRun; can: boolean }) {
  const { id, begun, elsewhere, states } = run
  const best = bestOf(states)
  const step = `at step ${states[0]!.step}`
  return (
    <li>
      <p>
        {elsewhere && <strong>Your run of {moment(begun)} is open in another tab. </strong>}
        <span className="quiet">{factsOf(run)}</span>
      </p>
      <div className="runs-buttons">
        <button
          type="button"
          className={elsewhere ? undefined : 'primary'}
          // One that disables itself while the run is loaded would lose the focus.
          aria-disabled={!can}
          onClick={() => void (can && continueRun(id))}
        >
          {elsewhere ? `Look at a copy ${step}` : `Continue your run of ${moment(begun)} ${step}`}
        </button>
        {best && !elsewhere && (
          <button type="button" aria-disabled={!can} onClick={() => void (can && continueRun(id, true))}>
            Take its best, step {best.step} (Dice {score(best.dice)})
          </button>
        )}
        {!elsewhere && (
          <button type="button" onClick={() => void forgetRun(id)}>
            Forget this run
          </button>
        )}
      </div>
    </li>
  )
}

/** Whether the run at hand is kept, and what else is. */
export function KeptNote() {
  const [open, setOpen] = useState(false)
  const kept = usePage(({ runs, present }) => runs.find(({ id }) => id === present)?.states[0] ?? null)
  return (
    <>
      <p className="note quiet" data-testid="kept" data-step={kept?.step}>
        {kept && `Kept in this browser up to step ${kept.step}, at ${moment(kept.at)}. `}
        <button type="button" className="text-button" onClick={() => setOpen(true)}>
          What this browser stores
        </button>
      </p>
      {open && <StoredDialog onClose={() => setOpen(false)} />}
    </>
  )
}

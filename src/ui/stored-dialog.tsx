import { useEffect, useState } from 'react'
import { amount } from '../lib/amount'
import { forgetAll, forgetRun, whatIsStored, type Stored } from '../store/kept-runs'
import { usePage } from '../store/page-store'
import { moment, plural } from './format'
import { keepFocus } from './keep-focus'
import { factsOf } from './kept-run-words'
import { ModalDialog } from './modal-dialog'

/** Everything that the browser stores for the page, and how to remove it. */
export function StoredDialog({ onClose }: { onClose: () => void }) {
  const runs = usePage((state) => state.runs)
  const present = usePage((state) => state.present)
  const logged = usePage((state) => state.log.runs)
  const persisted = usePage((state) => state.persisted)
  const [stored, setStored] = useState<Stored | null>(null)
  useEffect(() => {
    let gone = false
    void whatIsStored().then((found) => !gone && setStored(found))
    return () => {
      gone = true
    }
  }, [runs])
  const some = runs.length > 0 || logged.length > 0 || Boolean(stored?.drawings)
  return (
    <ModalDialog title="What this browser stores" onClose={onClose}>
      <p>
        On this computer only: each run from its first step, with its settings, what you drew, and the names and copies of its images, up to
        1 GB of them a run (larger ones are asked for again); drawings that are not finished, and how their volumes were shown; the theme;
        notes on this computer’s speed. A run is stored until you press Reset or forget it. The run log has settings, curves, scores and
        masks of those that have ended, without pixels and names of images.
      </p>
      <div role="group" aria-label="Stored runs" ref={keepFocus} tabIndex={-1}>
        {runs.length === 0 && <p className="quiet">No run is stored.</p>}
        <ul className="stored">
          {runs.map((run) => (
            <li key={run.id}>
              <p>
                Run of {moment(run.begun)}
                {run.id === present && ' (this one)'}
                {run.elsewhere && ' (in another tab)'}
                {run.states[0] ? `, step ${run.states[0].step}` : ', its images only'} <span className="quiet">{factsOf(run)}</span>
              </p>
              {!run.elsewhere && (
                <button type="button" aria-label={`Forget the run of ${moment(run.begun)}`} onClick={() => void forgetRun(run.id)}>
                  Forget
                </button>
              )}
            </li>
          ))}
        </ul>
      </div>
      {stored && (
        <p className="quiet">
          {plural(logged.length, 'run')} in the run log, {plural(stored.drawings, 'drawing')}.{' '}
          {stored.used !== null && stored.allowed !== null && `${amount(stored.used)} in all, of ${amount(stored.allowed)} allowed. `}
          {persisted
            ? 'The browser keeps this until you remove it.'
            : 'The browser may clear this when space is short: export what matters.'}
        </p>
      )}
      <div className="dialog-buttons">
        <button
          type="button"
          // It would lose the focus if it disabled itself.
          aria-disabled={!some}
          onClick={() => void (some && forgetAll().then(async () => setStored(await whatIsStored())))}
        >
          Remove all runs and drawings
        </button>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </ModalDialog>
  )
}

import { useShallow } from 'zustand/react/shallow'
import { accept, dismiss, dismissAll, replaceWorker, retry } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed, isFree } from '../store/state'
import type { Offer } from '../worker/protocol'
import { count } from './format'
import { keepFocus } from './keep-focus'

const titles = { input: 'Input', load: 'Not loaded', backend: 'Backend problem', run: 'Run', bug: 'A fault of ours' } as const

/** A run that rests takes what only shares out its work; all else is for a new run. */
const takes = ({ values }: Offer, can: ReturnType<typeof allowed>): boolean => can.configure || (can.resume && isFree(values))

/** If there are more than these they scroll in a box of their own, so that a folder of bad files does not push the page out of sight. */
const few = 5

/** One alert for each problem, the newest first, until it is dismissed. */
export function Problems() {
  const problems = usePage((state) => state.problems)
  const can = usePage(useShallow(allowed))
  const unlisted = usePage((state) => state.unlisted)
  const many = problems.length > few
  return (
    <div className="problems" data-many={many} ref={keepFocus} data-elsewhere="run">
      {many && (
        <div className="problems-head">
          <p role="status">
            {count(problems.length + unlisted)} problems, {unlisted > 0 && `${count(problems.length)} of them listed, `}the newest first.
          </p>
          <button type="button" onClick={dismissAll}>
            Dismiss all
          </button>
        </div>
      )}
      {/* A box that scrolls has to be reached by keyboard. */}
      <div className="problems-list" {...(problems.length > 0 && { tabIndex: many ? 0 : -1, role: 'group', 'aria-label': 'Problems' })}>
        {problems
          .map(({ id, kind, message, file, offers }, i) => (
            // A hundred sentences read aloud would drown out everything else: after the first few, only their number is announced.
            <div className="problem" role="alert" aria-live={i < few ? 'assertive' : 'off'} key={id} data-kind={kind}>
              <p>
                <strong>{file !== null && !message.includes(file) ? file : titles[kind]}</strong> {message}
              </p>
              {kind === 'load' && (
                <button type="button" onClick={() => retry(id)}>
                  Retry
                </button>
              )}
              {(kind === 'bug' || kind === 'backend') && (
                <button
                  type="button"
                  onClick={() => {
                    dismiss(id)
                    replaceWorker()
                  }}
                >
                  New worker
                </button>
              )}
              {offers.map((offer) => (
                <button type="button" key={offer.label} disabled={!takes(offer, can)} onClick={() => accept(id, offer)}>
                  Use {offer.label}
                </button>
              ))}
              <button type="button" aria-label={`Dismiss: ${message}`} onClick={() => dismiss(id)}>
                Dismiss
              </button>
            </div>
          ))
          .reverse()}
      </div>
    </div>
  )
}

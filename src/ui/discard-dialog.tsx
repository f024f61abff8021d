import { discard, keepRun, segmentInstead } from '../store/commands'
import { usePage } from '../store/page-store'
import { count } from './format'
import { giveToLog } from './give-files'
import { ModalDialog } from './modal-dialog'

/** Asks before a request discards a run that is not exported as it is. */
export function DiscardDialog() {
  const question = usePage((state) => state.question)
  const step = usePage((state) => state.status.step)
  if (!question) return null
  const what = question.type === 'reset' ? 'Reset forgets' : 'To load other data, the page has to forget'
  return (
    <ModalDialog title="Discard this run?" onClose={keepRun}>
      <p>
        {what} what was learnt in {count(step)} steps, also what this browser keeps of it. It has not been exported as it is now: Export run
        would save it.
      </p>
      <div className="dialog-buttons">
        <button type="button" onClick={keepRun}>
          Keep the run
        </button>
        {question.type === 'load-files' && (
          <button type="button" onClick={() => void segmentInstead().then(giveToLog)}>
            Segment them with this run
          </button>
        )}
        <button type="button" onClick={() => void discard().then(giveToLog)}>
          Discard the run
        </button>
      </div>
    </ModalDialog>
  )
}

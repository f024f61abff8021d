import { follow } from '../store/advice'
import { usePage } from '../store/page-store'
import { allowed } from '../store/state'
import type { Finding } from '../worker/protocol'
import { keepFocus } from './keep-focus'
import './styles/advice.css'

/** What the doctor found, each with its likely cause and one thing to try. It keeps its place, so that nothing moves when advice comes. */
export function Advice() {
  const findings = usePage((state) => state.findings)
  return (
    <section className="advice" aria-label="Advice" ref={keepFocus} tabIndex={-1}>
      <h3>Advice{findings.length > 1 && <span className="quiet"> · {findings.length}</span>}</h3>
      {findings.length === 0 ? (
        <p className="empty">
          The data are looked at before the first step, and the run whenever it is scored or rests: what to mend comes here.
        </p>
      ) : (
        <ul>
          {findings.map((finding, i) => (
            // Places stay and what is in them is replaced: an item that moved would be seen to jump.
            <li key={i} data-warns={finding.warns}>
              <Item key={finding.sentence} finding={finding} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Item({ finding: { sentence, cause, action } }: { finding: Finding }) {
  const waits = usePage((state) => action.does === 'train' && !allowed(state).trainOn)
  const anew = usePage((state) => (action.does === 'set' || action.does === 'region') && !allowed(state).configure)
  return (
    <>
      <p>
        {sentence} <span className="quiet">{cause}</span>
      </p>
      <button
        type="button"
        aria-disabled={waits}
        title={waits ? 'Pause or stop the run first.' : anew ? 'Begins a new run: what was learnt is discarded.' : undefined}
        onClick={() => !waits && follow(action)}
      >
        {action.label}
      </button>
    </>
  )
}

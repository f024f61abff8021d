import { useLatest } from '../store/latest'
import { usePage } from '../store/page-store'
import { loading } from '../store/state'
import { stepsOf } from './steps'

const states = { done: 'done', next: 'next', later: 'to come' }

/** Where one is between images and masks, what is missing, and the way there. */
export function StepsStrip() {
  const status = usePage((state) => state.status)
  const dataset = usePage((state) => state.dataset)
  const reading = usePage((state) => loading(state) && state.pending.some(({ type }) => type === 'load-files'))
  const masks = useLatest(({ predictions }) => predictions?.items.length ?? 0)
  return (
    <nav aria-label="Steps">
      <ol className="steps">
        {stepsOf({ status, dataset }, { masks, reading }).map(({ part, name, said, state }, i) => (
          <li key={part} data-state={state}>
            <a href={`#${part}`} aria-current={state === 'next' ? 'step' : undefined}>
              <b className="step-number" aria-hidden="true">
                {state === 'done' ? '✓' : i + 1}
              </b>
              <span>
                <span className="unseen">{i + 1} </span>
                <b>{name}</b>
                <span className="quiet">{said}</span>
              </span>
              <span className="unseen">{states[state]}</span>
            </a>
          </li>
        ))}
      </ol>
    </nav>
  )
}

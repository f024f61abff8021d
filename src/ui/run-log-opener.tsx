import { OnDemand } from './boundary'
import { lazyPart } from './lazy-part'

const runLogPart = lazyPart(
  'The run log',
  () => import('./run-log/run-log'),
  ({ RunLog }) => RunLog,
)

/** The runs that have ended, to compare, and what makes several of them. */
export function RunLogPanel() {
  return (
    <section id="run-log" className="panel run-log" aria-labelledby="run-log-heading">
      <h2 id="run-log-heading">Run log</h2>
      <OnDemand part={runLogPart} waiting={<p className="quiet">Each run that ends is listed here.</p>}>
        {(RunLog) => <RunLog />}
      </OnDemand>
    </section>
  )
}

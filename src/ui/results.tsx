import { Exports } from './exports'
import { Gallery } from './gallery'

export function Results() {
  return (
    <section className="panel results" aria-labelledby="results-heading">
      <div className="results-head">
        <h2 id="results-heading">Results</h2>
        <Exports />
      </div>
      <Gallery />
    </section>
  )
}

import { Exports } from './exports'
import { MaskChoices, SegmentFurther, Unlike } from './further'
import { Gallery } from './gallery'
import { KeptNote } from './runs'

export function Results() {
  return (
    <section id="results" className="panel results" aria-labelledby="results-heading">
      <div className="results-head">
        <h2 id="results-heading">Results</h2>
        <Exports />
      </div>
      <SegmentFurther />
      <MaskChoices />
      <Unlike />
      <Gallery />
      <KeptNote />
      <p className="hint quiet">An exported run can be dropped here to look at it again or to go on.</p>
    </section>
  )
}

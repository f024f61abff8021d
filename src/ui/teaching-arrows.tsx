import { useCurve } from '../store/curves'
import { usePage } from '../store/page-store'

/** Middles of the four pictures of a row, in percent of its width. */
const prediction = 12.5
const lesson = 75

/**
 * The arrows between the rows: from a model's pseudo-label and confidence mask to the prediction that it corrects, which is the other model's,
 * or its own in the control experiment of self-teaching. They are faint as long as the unlabelled terms have no weight.
 */
export function TeachingArrows() {
  const teacher = usePage((state) => (state.running ?? state.asked).teacher)
  const ramp = useCurve('loss').rows.at(-1)?.['ramp'] ?? null
  const cross = teacher === 'cross'
  return (
    <div className="arrows" data-idle={ramp === null || ramp === 0}>
      {/* The drawing is stretched to the row's width; lines keep their width, and the heads are drawn apart. */}
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        <path data-model="A" d={`M${lesson} 0C${lesson} 62 ${prediction} 38 ${cross ? `${prediction} 100` : `${prediction} 0`}`} />
        <path data-model="B" d={`M${lesson} 100C${lesson} 38 ${prediction} 62 ${cross ? `${prediction} 0` : `${prediction} 100`}`} />
      </svg>
      <span className="bracket" data-model="A" />
      <span className="bracket" data-model="B" />
      <span className="head up" data-model={cross ? 'B' : 'A'} />
      <span className="head down" data-model={cross ? 'A' : 'B'} />
      <p className="lesson" data-model="A">
        {cross ? 'A teaches B' : 'A teaches itself'}
      </p>
      <p className="lesson" data-model="B">
        {cross ? 'B teaches A' : 'B teaches itself'}
      </p>
      {/* Another element for each kind of text: aligned to the right, a text that changes would count as one that moves. */}
      {ramp === null ? (
        <p className="weight" key="before">
          not begun
        </p>
      ) : ramp === 0 ? (
        <p className="weight" key="warm-up">
          warm-up: weight 0
        </p>
      ) : (
        <p className="weight" key="weight">
          weight {ramp.toFixed(2)}
        </p>
      )}
    </div>
  )
}

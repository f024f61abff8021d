import { useEffect, useRef, type KeyboardEvent } from 'react'
import { parameters, type Mark } from '../method/config'
import { useLatest } from '../store/latest'
import { usePage } from '../store/page-store'
import { endWalk, lastPhase, nextPhase, phases, type Walk } from '../store/walk'
import { droppedWords } from './teaching-parts'
import { useNewest } from './teaching-arrows'
import { Formula, isOn, sentenceOf, terms, weightOf, type TermArrow } from './teaching-terms'
import { value } from './format'
import { told } from './step-phases'

interface Props {
  id: string
  pointed: TermArrow | null
  walk: Walk | null
}

/** What the diagram says: about the arrow that is pointed at, else about the phase of a step that is being told. Its height is the same for all. */
export function TeachingSays({ id, pointed, walk }: Props) {
  return (
    <div className="says" data-walking={walk !== null}>
      <div className="says-text" id={id}>
        {pointed ? <OfTerm {...pointed} /> : walk ? <OfPhase {...walk} /> : <Idle />}
      </div>
      {walk && <Steering {...walk} />}
    </div>
  )
}

const Idle = () => (
  <p className="quiet">Point at the label of an arrow, or go there by Tab: here it says which loss that is, and from whom to whom.</p>
)

function OfTerm(arrow: TermArrow) {
  const config = usePage((state) => state.running ?? state.asked)
  const newest = useNewest()
  const { term, learner, teacher } = arrow
  const dropped = useLatest(({ views }) => (term === 'feature' ? droppedWords(views, learner) : ''))
  const { lambda, weight, existence, form } = terms[term]
  const ramp = newest?.['ramp'] ?? null
  return (
    <>
      <p>
        {sentenceOf(arrow)}
        {dropped && <span className="quiet"> Dropped in this picture, from the finest level: {dropped}.</span>}
      </p>
      <p>
        <Formula {...arrow} />
        {isOn(arrow, config) ? (
          <span className="now">
            {lambda} {config[weight]}
            {teacher !== null && (
              <>
                {' '}
                × <i>r</i>(t) {ramp === null ? '–' : ramp.toFixed(2)}
              </>
            )}{' '}
            = {newest ? weightOf(arrow, config, ramp ?? 0).toFixed(2) : '–'}; value {value(newest?.[`${term}${learner}`])}
          </span>
        ) : (
          <span className="now">off in this run</span>
        )}
      </p>
      <p className="quiet">
        The term: <Marked mark={existence} /> its form: <Marked mark={form} /> its weight: <Marked mark={parameters[weight].mark} />
      </p>
    </>
  )
}

/** What a mark of the settings says of the paper. */
const meanings: Record<Mark, string> = {
  confirmed: 'stated in the abstract of the paper',
  inferred: 'the closest public neighbour’s, not known of the paper',
  measured: 'from our own reference runs',
  choice: 'our own choice, not known of the paper',
}

const Marked = ({ mark }: { mark: Mark }) => (
  <span className="mark" title={meanings[mark]}>
    {mark}
  </span>
)

function OfPhase({ kind, phase, busy, taken }: Walk) {
  const config = usePage((state) => state.running ?? state.asked)
  const step = usePage((state) => state.status.step)
  const { title, text, why } = told[phase]
  const numbered = `${phases.indexOf(phase) + 1} of ${phases.length}: ${title}`
  const ended = phase === 'losses' && !busy && taken === null
  return (
    <div aria-live="polite">
      <h4>
        {numbered} <span className="quiet">{busy ? 'computing…' : taken === null ? `before step ${step + 1}` : `step ${taken}`}</span>
      </h4>
      <p>
        {text(config)}
        {ended && ' The run has ended: these are the numbers of its last step.'}
      </p>
      {kind === 'tour' && <p className="quiet">{why(config)}</p>}
    </div>
  )
}

/** The buttons of a walk. Arrow keys go on and back, Escape ends it. */
function Steering({ kind, phase, busy }: Walk) {
  const next = useRef<HTMLButtonElement>(null)
  const tour = kind === 'tour'
  const last = phase === phases.at(-1)
  useEffect(() => {
    if (!tour) return
    const opener = document.activeElement
    next.current?.focus({ preventScroll: true })
    // Back to where it was begun, unless the user has gone elsewhere.
    return () => {
      if (document.activeElement !== document.body) return
      // What stood in the diagram's place has gone, with the button there.
      const gone = opener === document.body || !opener?.isConnected
      const back = gone ? document.querySelector('.teaching-controls [data-tour]') : opener
      if (back instanceof HTMLElement) back.focus({ preventScroll: true })
    }
  }, [tour])
  useEffect(() => {
    // Whoever presses Next wants to see what it is about.
    if (tour) document.querySelector(`.teaching[data-phase='${phase}'] [data-lit='true']`)?.scrollIntoView({ block: 'nearest' })
  }, [tour, phase])
  const key = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const act = { Escape: endWalk, ArrowRight: () => void nextPhase(), ArrowLeft: lastPhase }[event.key]
    if (!act) return
    event.preventDefault()
    act()
  }
  return (
    <div className="steering" role="group" aria-label={tour ? 'Guided tour' : 'Slow motion'} onKeyDown={key}>
      <button type="button" aria-disabled={busy || phase === phases[0]} onClick={lastPhase}>
        Back
      </button>
      <button type="button" className="primary" ref={next} aria-disabled={busy} onClick={() => void nextPhase()}>
        {tour ? (last ? 'End tour' : 'Next') : 'Next phase'}
      </button>
      <button type="button" onClick={endWalk}>
        {tour ? 'Skip tour' : 'End slow motion'}
      </button>
    </div>
  )
}

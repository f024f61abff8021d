import type { Dispatch, SetStateAction } from 'react'
import { useStore } from 'zustand'
import type { Config } from '../method/config'
import { useChartView } from '../store/chart-view'
import { newest, rowAt } from '../store/curves'
import { usePage } from '../store/page-store'
import type { Network } from '../worker/protocol'
import { LivePicture } from './live-picture'
import { disagreement, networks, otherOf, type Part } from './teaching-parts'
import { arrowWords, isOn, sameArrow, taughtArrows, terms, weightOf, type TermArrow } from './teaching-terms'

/** What is pointed at or has the focus, how to say so, and the element that then explains it. */
export interface Pointing {
  pointed: TermArrow | null
  point: Dispatch<SetStateAction<TermArrow | null>>
  explainedBy: string
}

/** A loss in five characters, so that nothing moves as it changes; what explains it has it in full. */
const short = (v: number | null | undefined): string => (v === null || v === undefined ? '–' : v < 10 ? v.toFixed(3) : v.toPrecision(4))

/** The numbers of the newest step, or of that which the timeline shows; null before the first. */
export function useNewest(): Record<string, number | null> | null {
  const row = useStore(newest, (state) => state.row)
  const at = useChartView(({ rest }) => rest)
  return (at === null ? null : rowAt('loss', at)) ?? row
}

/** An arrow's label: which loss it stands for, its weight and its value now. */
export function TermButton({ arrow, pointing: { pointed, point, explainedBy } }: { arrow: TermArrow; pointing: Pointing }) {
  const config = usePage((state) => state.running ?? state.asked)
  const newest = useNewest()
  const { term, learner, teacher } = arrow
  const on = isOn(arrow, config)
  const weight = weightOf(arrow, config, newest?.['ramp'] ?? 0)
  const lit = sameArrow(pointed, arrow)
  // It may come before what pointed here is drawn.
  const leave = () => point((now) => (sameArrow(now, arrow) ? null : now))
  return (
    <button
      type="button"
      className="term"
      data-model={teacher ?? learner}
      data-lit={lit}
      data-idle={!on || newest === null || weight === 0}
      aria-describedby={lit ? explainedBy : undefined}
      // A pointer that rests while the page moves under it points at nothing.
      onPointerMove={({ movementX, movementY }) => !lit && (movementX !== 0 || movementY !== 0) && point(arrow)}
      onPointerLeave={leave}
      onFocus={() => point(arrow)}
      onBlur={leave}
      // Not every browser gives a button that is pressed the focus.
      onClick={() => point(arrow)}
    >
      <span className="unseen">{arrowWords(arrow)}: </span>
      {terms[term].symbol}
      {on ? (
        <span className="numbers">
          <span className="unseen"> weight </span>
          {newest ? weight.toFixed(2) : '–'}
          <span aria-hidden="true"> × </span>
          <span className="unseen">, value </span>
          {short(newest?.[`${term}${learner}`])}
        </span>
      ) : (
        <span className="numbers"> off</span>
      )}
    </button>
  )
}

/** Middles of the pictures that learn, and where a lesson leaves, in percent of the width of six pictures. */
const learners = { image: 8, feature: 25 } as const
const lesson = 69

const lessonWords = (teacher: Network, way: Config['teacher']): string =>
  `${teacher} teaches ${way === 'cross' ? otherOf(teacher) : 'itself'}`

/**
 * What lies between the two networks: the arrows from each one's pseudo-label and confidence mask to the predictions that it corrects, which are the
 * other network's, or its own in the control experiment of self-teaching. They are faint as long as they have no weight.
 */
export function TeachingArrows({ pointing, lit }: { pointing: Pointing; lit: ReadonlySet<Part> }) {
  const config = usePage((state) => state.running ?? state.asked)
  const { teacher: way } = config
  const ramp = useNewest()?.['ramp'] ?? null
  const arrows = networks.flatMap((teacher) => taughtArrows(teacher, way))
  const idle = (arrow: TermArrow) => ramp === null || !isOn(arrow, config) || weightOf(arrow, config, ramp) === 0
  return (
    <div className="arrows" data-way={way}>
      {/* The drawing is stretched to the row's width; lines keep their width, and the heads are drawn apart. */}
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        {arrows.map((arrow) => {
          const { teacher, term } = arrow
          const from = teacher === 'A' ? 0 : 100
          const to = way === 'cross' ? 100 - from : from
          const [near, far] =
            way === 'cross' ? [from + (to - from) * 0.55, to - (to - from) * 0.6] : [Math.abs(from - 45), Math.abs(from - 45)]
          const x = learners[term as 'image' | 'feature']
          return (
            <path
              key={`${term}${teacher}`}
              data-model={teacher}
              data-idle={idle(arrow)}
              data-lit={sameArrow(pointing.pointed, arrow)}
              d={`M${lesson} ${from}C${lesson} ${near} ${x} ${far} ${x} ${to}`}
            />
          )
        })}
      </svg>
      {networks.map((model) => (
        <span key={model} className="bracket" data-model={model} />
      ))}
      {arrows.map((arrow) => (
        <span
          key={`${arrow.term}${arrow.learner}`}
          className={`head ${arrow.learner === 'A' ? 'up' : 'down'}`}
          data-model={arrow.teacher}
          data-idle={idle(arrow)}
          style={{ left: `${learners[arrow.term as 'image' | 'feature']}%` }}
        />
      ))}
      {networks.map((teacher) => (
        <div key={teacher} className="lesson" data-model={teacher} role="group" aria-label={lessonWords(teacher, way)}>
          <p aria-hidden="true">{lessonWords(teacher, way)}</p>
          {taughtArrows(teacher, way).map((arrow) => (
            <TermButton key={arrow.term} arrow={arrow} pointing={pointing} />
          ))}
        </div>
      ))}
      <p className="ramp">{ramp === null ? 'not begun' : ramp === 0 ? 'warm-up: weight 0' : `ramp ${ramp.toFixed(2)}`}</p>
      <LivePicture {...disagreement} lit={lit.has(disagreement.name)} />
    </div>
  )
}

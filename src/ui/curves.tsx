import { useState } from 'react'
import { recoveryWords } from '../lib/recovery'
import { mostSmoothing, smooth, useChartView } from '../store/chart-view'
import { useBegun } from '../store/curves'
import { usePage } from '../store/page-store'
import { usePinnedRuns } from '../store/pinned-runs'
import { useChartEvents } from './chart-events'
import { ChartFigure } from './chart-figure'
import type { Line } from './chart-props'
import { ComingCurves } from './coming'
import { count, percent, value } from './format'
import { ScoreChart } from './score-chart'

const terms = ['total', 'exemplar', 'synthetic', 'image', 'feature'] as const
type Term = (typeof terms)[number]

const pair = (key: string, label: string, faint = false): Line[] => [
  { key: `${key}A`, label: `${label} A`, model: 'A', faint },
  { key: `${key}B`, label: `${label} B`, model: 'B', faint },
]

/** Agreement lies near 1, where a chart from 0 would show nothing. */
const downToTenth = (lowest: number) => (Number.isFinite(lowest) ? Math.min(0.9, Math.floor(lowest * 10) / 10) : 0)

export function Curves() {
  const [shown, setShown] = useState<readonly Term[]>(['total'])
  const [own, pinned] = [useBegun(), usePinnedRuns().length > 0]
  const begun = own || pinned
  const toggle = (term: Term) => setShown(terms.filter((t) => (t === term) !== shown.includes(t)))
  return (
    <section className="panel curves" aria-labelledby="curves-heading" data-begun={begun}>
      <h2 id="curves-heading">Curves</h2>
      <p className="key quiet">
        <span data-model="A">A</span> <span data-model="B">B</span>
      </p>
      {!begun && <ComingCurves />}
      <Smoothing />
      <Recoveries />
      <Marked />
      <ChartFigure name="Loss" chart="loss" format={value} lines={shown.flatMap((term) => pair(term, term, term !== 'total'))}>
        <div className="terms" role="group" aria-label="Loss terms">
          {terms.map((term) => (
            <label key={term}>
              <input type="checkbox" checked={shown.includes(term)} onChange={() => toggle(term)} />
              {term}
            </label>
          ))}
        </div>
      </ChartFigure>
      <ChartFigure
        name="Confident pixels"
        chart="confident"
        format={percent}
        limits={[0, 1]}
        lines={[...pair('confident', 'confident'), ...pair('foreground', 'foreground', true)]}
        note="Share of the weak view at or above the threshold, and share called foreground. Being sure is not the same as being right."
      />
      <ChartFigure
        name="Agreement"
        chart="agreement"
        format={percent}
        limits={[downToTenth, 1]}
        lines={[{ key: 'agreement', label: 'agreement', model: 'both', faint: false }]}
        note="Share of pixels on which both pseudo-labels are the same."
      />
      <ScoreChart />
    </section>
  )
}

/** The steps at which dotted lines stand in the charts, and why. */
function Marked() {
  const events = useChartEvents()
  return (
    <details className="marked">
      <summary>Marked steps</summary>
      <ul aria-label="Marked steps">
        {events.map(({ step, words }, i) => (
          <li key={i}>
            step {count(step)}: {words}
          </li>
        ))}
      </ul>
    </details>
  )
}

/** How bold lines are smoothed; the values as they came stay visible behind them. */
function Smoothing() {
  const smoothing = useChartView((view) => view.smoothing)
  return (
    <label
      className="smoothing"
      title="Weight of an exponential average over every step, without the pull of its start. Scores are not smoothed."
    >
      Smoothing
      <input
        type="range"
        aria-label="Smoothing"
        min="0"
        max={mostSmoothing}
        step="0.01"
        value={smoothing}
        onChange={(event) => smooth(event.target.valueAsNumber)}
      />
      <output>{smoothing.toFixed(2)}</output>
    </label>
  )
}

/** What the lines across the charts mean. */
function Recoveries() {
  const recoveries = usePage((state) => state.recoveries)
  if (recoveries.length === 0) return null
  return (
    <ul className="note quiet" aria-label="Recoveries">
      {recoveries.map((recovery, i) => (
        <li key={i}>{recoveryWords(recovery)}.</li>
      ))}
    </ul>
  )
}

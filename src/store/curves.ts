/** The curves of the run: the full series, and a thinned copy for the charts, one chart updated every quarter of a second. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { ScoreRow, StepMetrics } from '../worker/protocol'
import { Series, type Point } from './series'

/** Which columns each chart shows. */
export const charts = {
  loss: [
    'totalA',
    'totalB',
    'exemplarA',
    'exemplarB',
    'syntheticA',
    'syntheticB',
    'imageA',
    'imageB',
    'featureA',
    'featureB',
    'ramp',
    'learningRate',
  ],
  confident: ['confidentA', 'confidentB', 'foregroundA', 'foregroundB'],
  agreement: ['agreement'],
  dice: ['dice', 'diceA', 'diceB', 'fit'],
} as const satisfies Record<'loss' | 'confident' | 'agreement', readonly (keyof StepMetrics)[]> & { dice: readonly (keyof ScoreRow)[] }

export type ChartName = keyof typeof charts

const full = {
  loss: new Series(charts.loss),
  confident: new Series(charts.confident),
  agreement: new Series(charts.agreement),
  dice: new Series(charts.dice),
}

interface Curve {
  /** About 300 points at most, peaks kept. */
  points: Point[]
  /** Whole rows as they came, the newest last. */
  rows: Point[]
}

const names = Object.keys(charts) as ChartName[]
const empty = Object.fromEntries(names.map((name) => [name, { points: [], rows: [] }])) as unknown as Record<ChartName, Curve>

export const curves = createStore<Record<ChartName, Curve>>(() => empty)

export const useCurve = (name: ChartName): Curve => useStore(curves, (state) => state[name])

/** Whether the run has taken a step. */
export const useBegun = (): boolean => useStore(curves, ({ loss }) => loss.rows.length > 0)

/** How many exact rows the data tables show. */
const tableRows = 40

/** Charts to be updated, the one that has waited longest first. */
const stale = new Set<ChartName>()
let timer: ReturnType<typeof setTimeout> | null = null

/** Updates one chart, then returns for the next: a chart takes 10 to 20 ms, so four at once would be felt, and training needs the core too. */
function renewNext(): void {
  timer = null
  const [name] = stale
  if (!name) return
  stale.delete(name)
  curves.setState({ [name]: { points: full[name].thin(), rows: full[name].rows(tableRows) } })
  later()
}

function later(): void {
  timer ??= setTimeout(renewNext, 250)
}

export function appendMetrics(rows: StepMetrics[], scores: ScoreRow[]): void {
  if (rows.length) {
    full.loss.append(rows)
    full.confident.append(rows)
    full.agreement.append(rows)
    stale.add('loss').add('confident').add('agreement')
  }
  if (scores.length) {
    full.dice.append(scores)
    stale.add('dice')
  }
  if (stale.size) later()
}

export function forgetCurves(): void {
  for (const name of names) full[name].clear()
  stale.clear()
  curves.setState(empty)
}

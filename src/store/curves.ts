/** The curves of the run: the full series, and a thinned copy for the charts, one chart updated every fifth of a second. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { Network, ScoreRow, StepMetrics } from '../worker/protocol'
import { chartView, forgetView } from './chart-view'
import { scoreViews, type ScoreView } from './score-views'
import { Series, type Point, type ThinPoint } from './series'

/** Which columns each chart shows; the scores have those of what was chosen. */
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
} as const satisfies Record<string, readonly (keyof StepMetrics)[]>

export type ChartName = keyof typeof charts | 'dice'

/** Every score of the run. */
let scores: ScoreRow[] = []

const full: Record<ChartName, Series<string>> = {
  loss: new Series<string>(charts.loss),
  confident: new Series<string>(charts.confident),
  agreement: new Series<string>(charts.agreement),
  dice: new Series<string>([]),
}

export const scoreView = createStore<{ view: ScoreView }>(() => ({ view: 'dice' }))

/** Scores as the chosen numbers. */
const chosen = (rows: readonly ScoreRow[]): Point[] =>
  rows.map((row) => ({ step: row.step, ...scoreViews[scoreView.getState().view](row) }) as unknown as Point)

/** All scores of a run so. Whatever any of them has is a column: a class or a patient may come later. */
export function seriesOfScores(all: readonly ScoreRow[]): Series<string> {
  const rows = chosen(all)
  const series = new Series<string>([...new Set(rows.flatMap(keysOf))])
  series.append(rows)
  return series
}

const keysOf = (row: Point) => Object.keys(row).filter((key) => key !== 'step')

/** Chooses what the chart of scores shows. */
export function showScores(view: ScoreView): void {
  scoreView.setState({ view })
  full.dice = seriesOfScores(scores)
  renew('dice')
}

interface Curve {
  /** About 150 points of what is shown, peaks kept. */
  points: ThinPoint[]
  /** The first and the newest step of the run, which all charts show, when this one was renewed: only then it is drawn. */
  ends: readonly [number, number]
  /** Whole rows as they came, the newest last. */
  rows: Point[]
}

const names = Object.keys(full) as ChartName[]
const empty = Object.fromEntries(names.map((name) => [name, { points: [], ends: [0, 0], rows: [] }])) as unknown as Record<ChartName, Curve>

export const curves = createStore<Record<ChartName, Curve>>(() => empty)

export const useCurve = (name: ChartName): Curve => useStore(curves, (state) => state[name])

/** Whether the run has taken a step. */
export const useBegun = (): boolean => useStore(curves, ({ loss }) => loss.rows.length > 0)

/** The newest step, for what tells of it alone: apart from the charts, so that both are not drawn at once. */
export const newest = createStore<{ row: Point | null }>(() => ({ row: null }))

/** How many exact rows the data tables show. */
const tableRows = 40

/** Charts to be updated, or the newest step, the one that has waited longest first. */
const stale = new Set<ChartName | 'newest'>()
let timer: ReturnType<typeof setTimeout> | null = null

/** Updates one, then returns for the next: a chart takes 8 to 16 ms, so four at once would be felt, and training needs the core too. */
function renewNext(): void {
  timer = null
  const [name] = stale
  if (!name) return
  stale.delete(name)
  if (name === 'newest') newest.setState({ row: full.loss.at(Infinity) })
  else renew(name)
  later()
}

function renew(name: ChartName): void {
  const { zoom, smoothing } = chartView.getState()
  const series = full[name]
  // Scores are few, and each is a mean already.
  const weight = name === 'dice' ? 0 : smoothing
  const points = series.thin({ ...(zoom && { from: zoom[0], to: zoom[1] }), weight })
  curves.setState({ [name]: { points, ends: [full.loss.first, full.loss.last], rows: series.rows(tableRows) } })
}

/** The curves of a run are hidden until its losses are there, so these come sooner, but not in the frame that draws its first pictures. */
const hidden = () => curves.getState().loss.rows.length === 0

function later(wait = hidden() ? 100 : 200): void {
  timer ??= setTimeout(renewNext, wait)
}

// What a user asks for is shown in the next moments, again one chart after the other.
chartView.subscribe(({ zoom, smoothing }, before) => {
  if (zoom === before.zoom && smoothing === before.smoothing) return
  for (const name of names) if (full[name].length > 0) stale.add(name)
  if (timer !== null) clearTimeout(timer)
  timer = null
  later(0)
})

/** The exact values of a chart at a step, or at the nearest that it has. */
export const rowAt = (name: ChartName, step: number): Point | null => full[name].at(step)

/** All values of a chart as they came, and the same smoothed, by column. */
export function allOf(name: ChartName): { rows: Point[]; smoothed: Record<string, Float64Array> } {
  const { smoothing } = chartView.getState()
  const series = full[name]
  return {
    rows: series.all(),
    smoothed: name === 'dice' ? {} : Object.fromEntries(series.keys.map((key) => [key, series.smoothed(key, smoothing)])),
  }
}

/** The steps that updated one network alone. */
export const loneSteps = createStore<{ steps: readonly { step: number; only: Network }[] }>(() => ({ steps: [] }))

function noteLone(rows: readonly StepMetrics[]): void {
  const [from] = rows
  const lone = rows.flatMap(({ step, only }) => (only ? [{ step, only }] : []))
  const { steps } = loneSteps.getState()
  // The run may have gone back.
  const kept = steps.filter(({ step }) => step < from!.step)
  if (lone.length > 0 || kept.length < steps.length) loneSteps.setState({ steps: [...kept, ...lone] })
}

export function appendMetrics(rows: StepMetrics[], newScores: ScoreRow[]): void {
  if (rows.length) {
    noteLone(rows)
    for (const name of ['loss', 'confident', 'agreement'] as const) full[name].append(rows as unknown as Point[])
    stale.add('newest').add('loss').add('confident').add('agreement')
    if (full.dice.length > 0) stale.add('dice')
  }
  if (newScores.length) {
    // The run may have gone back.
    while (scores.length > 0 && scores.at(-1)!.step >= newScores[0]!.step) scores.pop()
    scores.push(...newScores)
    const rows = chosen(newScores)
    if (rows.flatMap(keysOf).every((key) => full.dice.keys.includes(key))) full.dice.append(rows)
    else full.dice = seriesOfScores(scores)
    stale.add('dice')
  }
  if (stale.size) later()
}

export function forgetCurves(): void {
  for (const name of names) full[name].clear()
  // Another data set has other classes and patients.
  full.dice = new Series<string>([])
  scores = []
  stale.clear()
  forgetView()
  loneSteps.setState({ steps: [] })
  curves.setState(empty)
  newest.setState({ row: null })
}

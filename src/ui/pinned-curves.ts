/** What of pinned runs a chart shows: one line for each quantity, the mean of A and B where it has both. */
import { useMemo } from 'react'
import { meanOfKnown } from '../lib/statistics'
import { useChartView } from '../store/chart-view'
import type { ChartName } from '../store/curves'
import { usePinnedRuns, type PinnedRun } from '../store/pinned-runs'
import type { Point, ThinPoint } from '../store/series'
import type { Line } from './chart-props'

/** A quantity of a chart, and the columns that it is the mean of. */
export interface Quantity {
  keys: readonly string[]
  faint: boolean
}

/** A pinned run in one chart. */
export interface PinnedCurve {
  run: PinnedRun
  quantities: readonly Quantity[]
  points: readonly ThinPoint[]
  ends: readonly [number, number]
}

/** The quantities of lines: of those that tell of both networks if there are any, else of each pair. */
export function quantitiesOf(lines: readonly Line[]): Quantity[] {
  const both = lines.filter(({ model }) => model === 'both')
  if (both.length > 0) return both.map(({ key, faint }) => ({ keys: [key], faint }))
  const pairs = new Map<string, Quantity>()
  for (const { key, label, model, faint } of lines) {
    if (model === 'none') continue
    const name = label.replace(/ ?[AB]$/, '')
    pairs.set(name, { keys: [...(pairs.get(name)?.keys ?? []), key], faint })
  }
  return [...pairs.values()]
}

/** The first quantity of a pinned run at the step of a row, or the nearest that it has; its last value without a row. */
export function pinnedValue({ series }: PinnedRun, chart: ChartName, lines: readonly Line[], row: Point | undefined): number | null {
  const own = series[chart].at(row?.step ?? Infinity)
  return meanOfKnown(quantitiesOf(lines)[0]?.keys.map((key) => own?.[key as keyof typeof own]) ?? [])
}

export function usePinnedCurves(chart: ChartName, lines: readonly Line[]): readonly PinnedCurve[] {
  const runs = usePinnedRuns()
  const zoom = useChartView((view) => view.zoom)
  const smoothing = useChartView((view) => view.smoothing)
  // Of every step, so not with every update of the run at hand.
  const thinned = useMemo(() => {
    // Scores are few, and each is a mean already.
    const view = { ...(zoom && { from: zoom[0], to: zoom[1] }), weight: chart === 'dice' ? 0 : smoothing }
    return runs
      .filter(({ series }) => series[chart].length > 0)
      .map((run) => ({ run, points: run.series[chart].thin(view), ends: [run.series[chart].first, run.series[chart].last] as const }))
  }, [runs, zoom, smoothing, chart])
  return useMemo(() => {
    const quantities = quantitiesOf(lines)
    return thinned.map((one) => ({ ...one, quantities }))
  }, [thinned, lines])
}

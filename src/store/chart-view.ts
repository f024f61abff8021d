/** How the charts show the curves: the same steps in all of them, and one cursor over all. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

export interface ChartView {
  /** Weight of the exponential average, 0 for none. */
  smoothing: number
  /** The steps shown; null for all, also those to come. */
  zoom: readonly [from: number, to: number] | null
  /** The step that is pointed at in a chart; null for none. */
  cursor: number | null
  /** The step that the timeline shows; null for now. */
  rest: number | null
}

/** The step whose values are told; null for the newest. */
export const stepTold = ({ cursor, rest }: ChartView): number | null => cursor ?? rest

/** As TensorBoard begins. */
export const usualSmoothing = 0.6
export const mostSmoothing = 0.99

const initial: ChartView = { smoothing: usualSmoothing, zoom: null, cursor: null, rest: null }

export const chartView = createStore<ChartView>(() => initial)
export const useChartView = <T>(select: (view: ChartView) => T): T => useStore(chartView, select)

export const smooth = (smoothing: number): void => chartView.setState({ smoothing: Math.min(mostSmoothing, Math.max(0, smoothing)) })
export const pointAt = (cursor: number | null): void => chartView.setState({ cursor })
export const restAt = (rest: number | null): void => chartView.setState({ rest })
export const resetZoom = (): void => chartView.setState({ zoom: null })

/** Shows the steps between two, at least two of them. */
export function zoomTo(a: number, b: number): void {
  const from = Math.max(0, Math.round(Math.min(a, b)))
  chartView.setState({ zoom: [from, Math.max(from + 1, Math.round(Math.max(a, b)))] })
}

/** Another run has other steps. */
export const forgetView = (): void => chartView.setState({ zoom: null, cursor: null, rest: null })

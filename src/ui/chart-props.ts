import type { ChartName } from '../store/curves'

/** A line of a chart. */
export interface Line {
  key: string
  label: string
  model: 'A' | 'B' | 'both' | 'none'
  /** Thin: a part, not the whole. */
  faint: boolean
}

export interface ChartProps {
  chart: ChartName
  lines: Line[]
  format: (v: number | null | undefined) => string
  /** Ends of the upright axis; the lower one may follow the lowest value shown. Without them round numbers around all values. */
  limits?: [low: number | ((lowest: number) => number), high: number]
  dots?: boolean
}

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
  /** A limit, or how it follows from the data. */
  domain?: [number | 'auto' | ((lowest: number) => number), number | 'auto']
  dots?: boolean
}

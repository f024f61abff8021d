import type { ChartName } from '../store/curves'

/** A line of a chart. */
export interface Line {
  key: string
  label: string
  model: 'A' | 'B' | 'both' | 'none'
  /** Drawn thin: a part, not the total. */
  faint: boolean
  /** Of a class, which has a colour and, since colour is not enough, dashes of its own. */
  own?: { color: string; dash: string | undefined }
  /** What it is called in a file, if that is not its label. */
  written?: string
}

export interface ChartProps {
  chart: ChartName
  lines: Line[]
  format: (v: number | null | undefined) => string
  /** Ends of the vertical axis; the lower one may depend on the lowest value shown. By default, round numbers that enclose all values. */
  limits?: [low: number | ((lowest: number) => number), high: number]
  dots?: boolean
}

import { csvOf } from '../lib/csv'
import type { ScoreRow, StepMetrics } from '../method/history'

/** The columns in order; a record, so that a field forgotten here does not compile. */
const stepColumns: Record<keyof StepMetrics, true> = {
  step: true,
  learningRate: true,
  ramp: true,
  totalA: true,
  totalB: true,
  exemplarA: true,
  exemplarB: true,
  syntheticA: true,
  syntheticB: true,
  imageA: true,
  imageB: true,
  featureA: true,
  featureB: true,
  confidentA: true,
  confidentB: true,
  foregroundA: true,
  foregroundB: true,
  agreement: true,
  only: true,
}
const scoreColumns: Record<Exclude<keyof ScoreRow, 'step' | 'perClass'>, true> = { fit: true, dice: true, diceA: true, diceB: true }

const keysOf = <K extends string>(columns: Record<K, true>) => Object.keys(columns) as K[]

/**
 * The curves of a run as CSV (RFC 4180 but for bare line feeds): one row for each step that has metrics or a score, in order, with the
 * fields of StepMetrics, then of ScoreRow, then `dice1`, `dice2`, ... for each foreground class. Decimals have a point; cells without a
 * value are empty; `only` is A or B for a step that updated that network alone.
 */
export function writeMetricsCsv(rows: readonly StepMetrics[], scores: readonly ScoreRow[]): string {
  const classes = Math.max(0, ...scores.map(({ perClass }) => perClass.length))
  const rowOf = new Map(rows.map((row) => [row.step, row]))
  const scoreOf = new Map(scores.map((score) => [score.step, score]))
  const steps = [...new Set([...rowOf.keys(), ...scoreOf.keys()])].sort((a, b) => a - b)
  const numbers = Array.from({ length: classes }, (_, i) => i)

  const head = [...keysOf(stepColumns), ...keysOf(scoreColumns), ...numbers.map((i) => `dice${i + 1}`)]
  const lines = steps.map((step) => {
    const row = rowOf.get(step)
    const score = scoreOf.get(step)
    return [
      ...keysOf(stepColumns).map((key) => (key === 'step' ? step : row?.[key])),
      ...keysOf(scoreColumns).map((key) => score?.[key]),
      ...numbers.map((i) => score?.perClass[i]),
    ]
  })
  return csvOf([head, ...lines])
}

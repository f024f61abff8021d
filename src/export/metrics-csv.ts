import { csvOf } from '../lib/csv'
import type { ScoreRow, StepMetrics } from '../method/history'
import { classColumn, keysOf, scoreColumns, stepColumns } from './metric-columns'

/** The columns before those of scores, in order. */
const ofSteps = ['step', ...keysOf(stepColumns), 'only'] as const

/** Rows and scores by step, in order. */
function bySteps(rows: readonly StepMetrics[], scores: readonly ScoreRow[]) {
  const rowOf = new Map(rows.map((row) => [row.step, row]))
  const scoreOf = new Map(scores.map((score) => [score.step, score]))
  const steps = [...new Set([...rowOf.keys(), ...scoreOf.keys()])].sort((a, b) => a - b)
  return steps.map((step) => ({ step, row: rowOf.get(step), score: scoreOf.get(step) }))
}

/**
 * The curves of a run as CSV (RFC 4180 but for bare line feeds): one row for each step that has metrics or a score, in order, with the
 * fields of StepMetrics, then of ScoreRow, then `dice1`, `dice2`, ... for each foreground class. Decimals have a point; cells without a
 * value are empty; `only` is A or B for a step that updated that network alone.
 */
export function writeMetricsCsv(rows: readonly StepMetrics[], scores: readonly ScoreRow[]): string {
  const classes = Math.max(0, ...scores.map(({ perClass }) => perClass.length))
  const numbers = Array.from({ length: classes }, (_, i) => i)
  const head = [...ofSteps, ...keysOf(scoreColumns), ...numbers.map(classColumn)]
  const lines = bySteps(rows, scores).map(({ step, row, score }) => [
    ...ofSteps.map((key) => (key === 'step' ? step : row?.[key])),
    ...keysOf(scoreColumns).map((key) => score?.[key]),
    ...numbers.map((i) => score?.perClass[i]),
  ])
  return csvOf([head, ...lines])
}

/** The same as JSON Lines: an object for each step with those of the columns that have a value, and the classes' Dice as the list `perClass`. */
export function writeMetricsJsonl(rows: readonly StepMetrics[], scores: readonly ScoreRow[]): string {
  const known = ([, v]: [string, unknown]) => v !== null && !Number.isNaN(v)
  return bySteps(rows, scores)
    .map(
      ({ step, row, score }) => JSON.stringify({ step, ...Object.fromEntries(Object.entries({ ...row, ...score }).filter(known)) }) + '\n',
    )
    .join('')
}

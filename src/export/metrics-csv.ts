import { csvOf } from '../lib/csv'
import type { ScoreRow, StepMetrics } from '../method/history'
import { classColumns, keysOf, scoreColumns, stepColumns } from './metric-columns'

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
 * fields of StepMetrics, then of ScoreRow, then `dice1`, `dice2`, ... and `hd95_1`, `hd95_2`, ... for each foreground class. Decimals have a point; cells without a
 * value are empty; `only` is A or B for a step that updated that network alone.
 */
export function writeMetricsCsv(rows: readonly StepMetrics[], scores: readonly ScoreRow[]): string {
  const longest = (length: (score: ScoreRow) => number) => Math.max(0, ...scores.map(length))
  const classes = [
    ...Array.from({ length: longest(({ perClass }) => perClass.length) }, (_, i) => `dice${i + 1}`),
    ...Array.from({ length: longest(({ hd95PerClass }) => hd95PerClass.length) }, (_, i) => `hd95_${i + 1}`),
  ]
  const head = [...ofSteps, ...keysOf(scoreColumns), ...classes]
  const lines = bySteps(rows, scores).map(({ step, row, score }) => {
    const values = new Map(score && classColumns(score))
    return [
      ...ofSteps.map((key) => (key === 'step' ? step : row?.[key])),
      ...keysOf(scoreColumns).map((key) => score?.[key]),
      ...classes.map((column) => values.get(column)),
    ]
  })
  return csvOf([head, ...lines])
}

/** What each patient's classes score, as CSV: a row for each. @param nameOf what the patient of a picture is called @param classes names, background first */
export function writeScoresCsv(scores: readonly ScoreRow[], nameOf: (picture: string) => string, classes: readonly string[]): string {
  const rows = scores.flatMap(({ step, perPatient }) =>
    perPatient.flatMap(({ picture, dice, hd95 }) => dice.map((value, c) => [step, nameOf(picture), classes[c + 1], value, hd95[c]])),
  )
  return csvOf([['step', 'patient', 'class', 'dice', 'hd95'], ...rows])
}

/**
 * The same as JSON Lines: an object for each step with those of the columns that have a value. The classes' numbers are the lists `perClass` and
 * `hd95PerClass`, and each patient's are in `perPatient`.
 */
export function writeMetricsJsonl(rows: readonly StepMetrics[], scores: readonly ScoreRow[], nameOf: (picture: string) => string): string {
  const named = ({ perPatient, ...score }: ScoreRow) => ({
    ...score,
    perPatient: perPatient.map(({ picture, dice, hd95 }) => ({ patient: nameOf(picture), dice, hd95 })),
  })
  const known = ([, v]: [string, unknown]) => v !== null && !Number.isNaN(v)
  return bySteps(rows, scores)
    .map(
      ({ step, row, score }) =>
        JSON.stringify({ step, ...Object.fromEntries(Object.entries({ ...row, ...(score && named(score)) }).filter(known)) }) + '\n',
    )
    .join('')
}

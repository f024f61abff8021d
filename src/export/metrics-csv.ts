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

/**
 * Reads what `writeMetricsCsv` wrote; columns that it does not know are left out, and of those that are not there every value is.
 * @throws Error if it is no such table
 */
export function readMetricsCsv(csv: string): { rows: StepMetrics[]; scores: ScoreRow[] } {
  const [head, ...lines] = csv.split(/\r?\n/).filter((line) => line !== '')
  const names = head?.split(',') ?? []
  const at = (name: string) => names.indexOf(name)
  if (at('step') !== 0) throw new Error('The table does not begin with the step.')
  const steps = keysOf(stepColumns)
  const classes = names.filter((name) => /^dice\d+$/.test(name)).length
  const rows: StepMetrics[] = []
  const scores: ScoreRow[] = []
  for (const line of lines) {
    const cells = line.split(',')
    const value = (name: string) => {
      const cell = cells[at(name)] ?? ''
      const number = cell === '' ? NaN : Number(cell)
      if (cell !== '' && !Number.isFinite(number)) throw new Error(`"${cell.slice(0, 40)}" is no number.`)
      return number
    }
    const orNull = (name: string) => (Number.isNaN(value(name)) ? null : value(name))
    const step = value('step')
    if (!Number.isSafeInteger(step) || step < 0) throw new Error('A row has no step.')
    if (!Number.isNaN(value('totalA')) || !Number.isNaN(value('totalB'))) {
      const only = cells[at('only')]
      const values = Object.fromEntries(steps.map((key) => [key, value(key)]))
      rows.push({ ...values, step, ...((only === 'A' || only === 'B') && { only }) } as StepMetrics)
    }
    if (!Number.isNaN(value('fit'))) {
      const perClass = Array.from({ length: classes }, (_, i) => orNull(classColumn(i)))
      scores.push({ step, fit: value('fit'), dice: orNull('dice'), diceA: orNull('diceA'), diceB: orNull('diceB'), perClass })
    }
  }
  return { rows, scores }
}

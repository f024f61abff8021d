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

/**
 * Reads what `writeMetricsCsv` wrote; columns that it does not know are left out, and of those that are not there every value is. What each patient scores
 * is not in the table.
 * @throws Error if it is no such table
 */
export function readMetricsCsv(csv: string): { rows: StepMetrics[]; scores: ScoreRow[] } {
  const [head, ...lines] = csv.split(/\r?\n/).filter((line) => line !== '')
  const names = head?.split(',') ?? []
  const at = (name: string) => names.indexOf(name)
  if (at('step') !== 0) throw new Error('The table does not begin with the step.')
  const steps = keysOf(stepColumns)
  const classes = { dice: names.filter((name) => /^dice\d+$/.test(name)), hd95: names.filter((name) => /^hd95_\d+$/.test(name)) }
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
      const hd95 = orNull('hd95')
      scores.push({
        ...{ step, fit: value('fit'), dice: orNull('dice'), diceA: orNull('diceA'), diceB: orNull('diceB'), hd95 },
        ...{ perClass: classes.dice.map(orNull), hd95PerClass: hd95 === null ? [] : classes.hd95.map(orNull), perPatient: [] },
        ...{ confidentRight: orNull('confidentRight'), calibrationError: orNull('calibrationError') },
      })
    }
  }
  return { rows, scores }
}

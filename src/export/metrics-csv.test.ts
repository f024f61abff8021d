import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { diceAlone, type ScoreRow, type StepMetrics } from '../method/history'
import { scoreColumns, stepColumns } from './metric-columns'
import { readMetricsCsv, writeMetricsCsv, writeMetricsJsonl, writeScoresCsv } from './metrics-csv'

const names =
  'step learningRate ramp totalA totalB exemplarA exemplarB syntheticA syntheticB imageA imageB featureA featureB confidentA confidentB foregroundA foregroundB agreement'.split(
    ' ',
  )
const ofScores = ['fit', 'dice', 'diceA', 'diceB', 'hd95', 'confidentRight', 'calibrationError']
const metrics = (step: number, value: number, over: Partial<StepMetrics> = {}) =>
  ({ ...Object.fromEntries(names.map((name) => [name, value])), step, ...over }) as unknown as StepMetrics
const score = (step: number, over: Partial<ScoreRow> = {}): ScoreRow => ({
  step,
  fit: 0.9,
  dice: 0.5,
  diceA: 0.25,
  diceB: 1,
  perClass: [0.75, null],
  ...diceAlone,
  hd95: 2.5,
  hd95PerClass: [2.5],
  ...over,
})

/** Rows as objects from column to text. */
function parse(csv: string): Record<string, string>[] {
  const [head, ...rows] = csv
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','))
  return rows.map((row) => Object.fromEntries(head!.map((name, i) => [name, row[i]!])))
}

test('one row for each step, scores where there are some', () => {
  const csv = writeMetricsCsv(
    [metrics(1, 0.5), metrics(2, 1e-7, { imageA: NaN, only: 'B' })],
    [score(2), score(7, { dice: null, perClass: [null, 0.1] })],
  )
  expect(csv.split('\n')[0]).toBe([...names, 'only', ...ofScores, 'dice1', 'dice2', 'hd95_1'].join(','))
  expect(csv.split('\n')[1]).toBe('1' + ',0.5'.repeat(17) + ','.repeat(11))
  const [, second, third] = parse(csv)
  expect(second).toMatchObject({
    step: '2',
    totalA: '1e-7',
    imageA: '',
    only: 'B',
    fit: '0.9',
    dice: '0.5',
    dice1: '0.75',
    dice2: '',
    hd95_1: '2.5',
  })
  expect(third).toMatchObject({ step: '7', totalA: '', agreement: '', dice: '', diceA: '0.25', dice1: '', dice2: '0.1' })
  expect(csv.endsWith(',0.1,2.5\n')).toBe(true)
})

test('a run without scores or steps', () => {
  expect(writeMetricsCsv([], [])).toBe([...names, 'only', ...ofScores].join(',') + '\n')
})

test('every number reads back exactly', () => {
  fc.assert(
    fc.property(fc.array(fc.double()), (values) => {
      const rows = parse(
        writeMetricsCsv(
          values.map((value, i) => metrics(i, 0, { totalB: value })),
          [],
        ),
      )
      rows.forEach(({ totalB }, i) => expect(totalB === '' ? NaN : Number(totalB)).toBe(values[i] === 0 ? 0 : values[i]))
    }),
  )
})

test('the table reads back, with columns that a later version adds', () => {
  const rows = [metrics(1, 0.1), metrics(2, 1e-7, { imageA: NaN, only: 'B' })]
  const scores = [score(2, { perClass: [0.75, null] }), score(7, { dice: null, diceA: null, perClass: [null, 0.1] })]
  const csv = writeMetricsCsv(rows, scores)
  expect(readMetricsCsv(csv)).toEqual({ rows, scores })
  const wider = csv
    .trimEnd()
    .split('\n')
    .map((line, i) => `${line},${i === 0 ? 'later' : '1'}`)
    .join('\r\n')
  expect(readMetricsCsv(wider)).toEqual({ rows, scores })
})

test.each([
  ['another table', 'image,mask\na,b\n'],
  ['no number', 'step,totalA\n1,much\n'],
  ['no step', 'step,totalA\n,1\n'],
  ['nothing', ''],
])('%s is refused', (_, csv) => expect(() => readMetricsCsv(csv)).toThrow(/./))

test('JSON Lines have the same, without what has no value', () => {
  const rows = [metrics(1, 0.5), metrics(2, 1e-7, { imageA: NaN, only: 'B' })]
  const perPatient = [{ picture: 'id/1', dice: [0.75, null], hd95: [2.5, null] }]
  const scores = [score(2, { perPatient }), score(7, { dice: null, perClass: [null, 0.1] })]
  const nameOf = (picture: string) => `name of ${picture}`
  const lines = writeMetricsJsonl(rows, scores, nameOf).trimEnd().split('\n')
  const [first, second, third] = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(first).toEqual(rows[0])
  const named = [{ patient: 'name of id/1', dice: [0.75, null], hd95: [2.5, null] }]
  const unknown = { imageA: undefined, confidentRight: undefined, calibrationError: undefined }
  expect(second).toEqual({ ...rows[1], ...scores[0], ...unknown, perPatient: named })
  expect(second).not.toHaveProperty('imageA')
  const hd95 = { hd95: 2.5, hd95PerClass: [2.5] }
  expect(third).toEqual({ step: 7, fit: 0.9, diceA: 0.25, diceB: 1, perClass: [null, 0.1], ...hd95, perPatient: [] })
  expect(writeScoresCsv(scores, nameOf, ['background', 'a', 'b'])).toBe(
    'step,patient,class,dice,hd95\n2,name of id/1,a,0.75,2.5\n2,name of id/1,b,,\n',
  )
  const csv = parse(writeMetricsCsv(rows, scores))
  lines.forEach((line, i) => {
    for (const [key, value] of Object.entries(JSON.parse(line) as object))
      if (!Array.isArray(value)) expect(csv[i]![key]).toBe(String(value))
  })
  expect(writeMetricsJsonl([], [], nameOf)).toBe('')
})

test('docs/reading-data.md describes every column, in order, and its kind', () => {
  const text = readFileSync('docs/reading-data.md', 'utf8')
  const described = text
    .split('\n')
    .map((line) => /^\| (`[^|]*`) \| ?(\w*) \|/.exec(line))
    .flatMap((found) => (found ? [...found[1]!.matchAll(/`(\w+)`/g)].map(([, name]) => [name, found[2]]) : []))
  const columns = [['step', ''], ...Object.entries(stepColumns), ['only', ''], ...Object.entries(scoreColumns)]
  expect(described).toEqual([...columns, ...['dice1', 'dice2', 'hd95_1', 'hd95_2'].map((name) => [name, 'score'])])
})

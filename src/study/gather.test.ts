import { expect, test } from 'vitest'
import { emptyCalibration } from './calibration'
import { cellText, readCell, type CellFile } from './cell-file'
import { diceAt, gather } from './gather'
import { reportOf } from './report'
import { readStudy } from './study'
import { markdownOf, tablesOf } from './tables'

const study = readStudy(
  JSON.stringify({
    name: 'known',
    settings: { steps: 100 },
    scoreAt: [50],
    seeds: [0, 1],
    data: { hearts: { phantom: 'cardiac', exemplars: [1, 2] }, bellies: { phantom: 'abdominal', exemplars: [1] } },
    arms: { old: {}, new: { settings: { teacher: 'self' } } },
    compare: [['new', 'old']],
  }),
)

/** Mean Dice of two patients, the first 0.1 better than the second; `minutes` for the whole run. */
function ended(
  data: string,
  arm: string,
  exemplar: string,
  seed: number,
  dice: number,
  minutes = 1,
  problem: string | null = null,
): CellFile {
  const { name, ...cell } = study.cells.find(
    (one) => one.data === data && one.arm === arm && one.exemplar === exemplar && one.seed === seed,
  )!
  const score = (step: number, mean: number, seconds: number) => ({
    ...{ step, seconds: 2 * seconds, cpuSeconds: seconds, dice: mean, perClass: [mean + 0.02, mean - 0.02] },
    perPatient: { p1: [mean + 0.05, mean + 0.05], p2: [mean - 0.05, mean - 0.05] },
  })
  const calibration = emptyCalibration(0.8)
  calibration.reliability.foreground.pixels[19] = 10
  calibration.reliability.foreground.right[19] = 8
  calibration.reliability.foreground.confidence[19] = 9.8
  const result = {
    ...{ classes: ['wall', 'cavity'], images: { unlabelled: 99, annotated: 1, scored: 10 }, bank: null, calibration },
    scores: [score(50, dice / 2, 30 * minutes), score(100, dice, 60 * minutes)],
    hd95: { unit: 'mm' as const, perPatient: { p1: [3, 5], p2: [4, null] } },
  }
  const made = { version: '0', commit: 'abc', ended: '', backend: 'wasm', adapter: 'SIMD', place: { cpu: 'one' } }
  return { format: 'exemplar-lab-cell', name, ...cell, made, problem, result: problem === null ? result : null }
}
const cells = [
  ended('hearts', 'old', 'patient 1', 0, 0.6),
  ended('hearts', 'old', 'patient 1', 1, 0.7),
  ended('hearts', 'old', 'patient 2', 0, 0.5),
  ended('hearts', 'new', 'patient 1', 0, 0.7, 2),
  ended('hearts', 'new', 'patient 1', 1, 0.82, 2),
  ended('hearts', 'new', 'patient 2', 1, 0.9, 2),
  ended('bellies', 'old', 'patient 1', 0, 0.3),
  ended('bellies', 'new', 'patient 1', 0, 0.4, 1, 'The loss is no longer a number at step 7.'),
]
const gathered = gather(study, new Map(cells.map((cell) => [cell.key, cell])), study.compare)
const table = (title: string) => tablesOf(gathered).find((one) => one.title === title)!.rows

test('mean, sd, interval, classes and the worst patient of each arm', () => {
  expect(table('hearts')).toEqual([
    // sd 0.1 of 0.5, 0.6, 0.7; t of two degrees of freedom 4.303 / sqrt(3).
    ['old', '3 of 4', '0.600', '0.100', '0.352 to 0.848', '0.620', '0.580', '0.550 p2', '4.3'],
    ['new', '3 of 4', '0.807', '0.101', '0.557 to 1.057', '0.827', '0.787', '0.757 p2', '4.3'],
  ])
})

test('arms are compared over the pairs that both have, by runs, by patients and at equal minutes', () => {
  // Differences 0.1 and 0.12; of both patients 0.11.
  expect(table('Comparisons')).toEqual([['new − old', 'hearts', '2', '+0.110', '-0.017 to +0.237', '+0.110 to +0.110']])
  // When the old one ends, after a minute, the new one is at its first score, half of its Dice.
  expect(table('Comparisons at equal minutes')[0]!.slice(0, 4)).toEqual(['new − old', 'hearts', '2', '-0.270'])
})

test('the interval over patients is of the mean over pairs, also where pairs have different patients', () => {
  const one = (arm: string, dice: number) => {
    const cell = ended('hearts', arm, 'patient 2', 0, dice)
    cell.result!.scores[1]!.perPatient = { p1: [dice, dice] }
    return cell
  }
  const pairs = [cells[0]!, cells[3]!, one('old', 0.4), one('new', 0.9)]
  const { all } = gather(study, new Map(pairs.map((cell) => [cell.key, cell])), study.compare).comparisons[0]!
  // Both patients gain 0.1 in the first pair, of which each is a half, and the first 0.5 in the second: by itself (0.1 / 2 + 0.5) / 1.5.
  expect([all.ends.mean, all.patients.low, all.patients.high].map((v) => v.toFixed(4))).toEqual(['0.3000', '0.1000', '0.3667'])
})

test('pairs of runs by different versions are said', () => {
  const note = (commit: string) => {
    const other = { ...cells[3]!, made: { ...cells[3]!.made, commit } }
    const all = gather(study, new Map([cells[0]!, other].map((cell) => [cell.key, cell])), study.compare)
    return tablesOf(all).find(({ title }) => title === 'Comparisons')!.note
  }
  expect(note('abc')).toMatch(/both hold\.$/)
  expect(note('def')).toMatch(/both hold\. In 1 pair two versions of the program made the runs, and may differ by themselves\.$/)
})

test('what has no scores is named, with the reason of what failed', () => {
  expect(table('Not run')).toEqual([
    ['hearts', 'old', '1', 'patient 2: 1', 'not yet'],
    ['hearts', 'new', '1', 'patient 2: 0', 'not yet'],
    ['bellies', 'old', '1', 'patient 1: 1', 'not yet'],
    ['bellies', 'new', '1', 'patient 1: 0', 'The loss is no longer a number at step 7.'],
    ['bellies', 'new', '1', 'patient 1: 1', 'not yet'],
  ])
})

test('time is of the processor where that computes', () => {
  expect(table('Dice by minutes')).toContainEqual(['hearts', 'old', '100', '1.00', '0.600', '0.300', '0.600', '–'])
})

test('minutes are of the machine that made most runs, and compared on one alone', () => {
  const elsewhere = structuredClone(cells)
  for (const cell of elsewhere.filter(({ arm }) => arm === 'new')) cell.made.place['cpu'] = 'two'
  const all = gather(study, new Map(elsewhere.map((cell) => [cell.key, cell])), study.compare)
  expect(all.machines).toEqual(['wasm · SIMD · one', 'wasm · SIMD · two'])
  expect(all.comparisons[0]!.all.ends.n).toBe(2)
  expect(all.comparisons[0]!.all.equalTime.n).toBe(0)
  const [minutes, equal] = ['Dice by minutes', 'Comparisons at equal minutes'].map((title) =>
    tablesOf(all).find((one) => one.title === title)!,
  )
  expect(minutes!.rows.map(([data, arm]) => [data, arm])).toEqual([
    ['hearts', 'old'],
    ['bellies', 'old'],
  ])
  expect(minutes!.note).toMatch(/Minutes are those of runs on wasm · SIMD · one; others were made on wasm · SIMD · two\.$/)
  // Nothing is left to compare, so there is no table of it.
  expect(equal).toBeUndefined()
  expect(reportOf(study, all)).not.toContain('NaN')
})

test('runs on other patients are no pair', () => {
  const other = structuredClone(cells[3]!)
  other.result!.scores[1]!.perPatient = { p9: [1, 1] }
  const { comparisons } = gather(study, new Map([cells[0]!, other].map((cell) => [cell.key, cell])), study.compare)
  expect(comparisons[0]!.all.ends.n).toBe(0)
})

test('Dice between two scores lies on the line between them, and is not known outside', () => {
  const scores = [
    { at: 1, dice: 0.4 },
    { at: 3, dice: 0.8 },
  ]
  expect([0.5, 1, 2, 3, 4].map((time) => diceAt(scores, time))).toEqual([NaN, 0.4, expect.closeTo(0.6, 10), 0.8, NaN])
})

test('the tables are Markdown, and a name can break no row', () => {
  const markdown = markdownOf({ title: 'A', note: 'B.', head: ['x', 'y'], words: 1, rows: [['a|b\nc', '1']] })
  expect(markdown).toBe('### A\n\nB.\n\n| x | y |\n|---|---:|\n| a\\|b c | 1 |\n')
})

test('the page holds all tables, curves of every arm, reliability and where the runs were made, and no script', () => {
  const html = reportOf(study, gathered)
  expect(html).toContain("default-src 'none'")
  expect(html).not.toMatch(/<script|https?:/)
  for (const { title } of tablesOf(gathered)) expect(html).toContain(`>${title}</h2>`)
  expect(html).toContain('7 of 12 runs have scores')
  expect(html).toContain('aria-label="hearts: Dice by steps over 100 steps: from 0.300 to 0.600, from 0.403 to 0.807"')
  expect(html).toContain('over 2 minutes: from 0.300 to 0.600')
  expect(html).toContain('7 runs: Exemplar Lab 0 (abc) · wasm, SIMD · cpu one')
  expect(html).toContain('teacher=self')
})

test('a cell is read as it was written, and nothing else is a cell', () => {
  expect(readCell(cellText(cells[0]!))).toEqual(cells[0])
  for (const text of ['', '{}', 'null', '[1]', '{"format": "exemplar-lab-run"}']) expect(readCell(text)).toBeNull()
})

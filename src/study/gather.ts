/** What the runs of a study say together. */
import { meanOf } from '../method/metrics'
import { together, type Calibration } from './calibration'
import type { CellFile } from './cell-file'
import type { CellScore, CellScores } from './run-cell'
import { bootstrap, estimateOf, type Estimate } from './statistics'
import type { Cell, Study } from './study'

/** A run with scores. */
export interface EndedCell extends CellFile {
  result: CellScores
}

/** All runs of one arm on one data set. */
export interface Row {
  data: string
  arm: string
  /** Runs of the study, of which `cells` have scores. */
  wanted: number
  cells: EndedCell[]
  dice: Estimate
  /** By class, the mean over the runs. */
  perClass: { name: string; dice: number; hd95: number }[]
  hd95: number
  unit: string
  /** The patient with the smallest Dice, mean over the runs that score it. */
  worst: { patient: string; dice: number } | null
  /** Means over the runs, at each step that all of them are scored at; minutes over those where most runs of the study were made, NaN without one. */
  curve: { step: number; minutes: number; dice: number }[]
  calibration: Calibration | null
}

/** One arm minus another, over pairs of runs with the same data, exemplar and seed, scored on the same patients. */
export interface Comparison {
  data: string
  /** Differences after the last step, with the paired t interval. */
  ends: Estimate
  /** Interval of the same mean, from drawing patients. */
  patients: { low: number; high: number }
  /** Differences at the end of the shorter of both, in minutes, of pairs made on one kind of machine. */
  equalTime: Estimate
  /** Pairs of runs that different versions of the program made. */
  mixed: number
}

export interface Gathered {
  rows: Row[]
  comparisons: { pair: readonly [string, string]; all: Comparison; each: Comparison[] }[]
  /** Runs that have no scores, and why if they failed. */
  missing: { cell: Cell; problem: string | null }[]
  /** Runs in the folder that are none of the study's. */
  strange: number
  /** The kinds of machine where runs were made, that of the most first. */
  machines: string[]
  cells: EndedCell[]
}

const last = ({ result: { scores } }: EndedCell): CellScore => scores.at(-1)!
const diceOf = (cell: EndedCell): number => last(cell).dice ?? NaN
const numbers = (values: readonly (number | null)[]): number[] => values.map((value) => value ?? NaN)

/** Seconds of training: the processor's on backends that compute there, since other programs do not lengthen these; else the clock's. */
const secondsOf = ({ made }: CellFile, { seconds, cpuSeconds }: CellScore): number =>
  made.backend === 'webgpu' ? seconds : (cpuSeconds ?? seconds)

/** What decides how fast a run is, besides its settings. */
const machineOf = ({ made }: CellFile): string => [made.backend, made.adapter, made.place['cpu']].filter((part) => part).join(' · ')

/** Mean Dice of each patient after the last step. */
const patientsOf = (cell: EndedCell): Map<string, number> =>
  new Map(Object.entries(last(cell).perPatient).map(([patient, dice]) => [patient, meanOf(numbers(dice))]))

/** Mean over the members of each group, by name. */
function meansBy(entries: readonly (readonly [string, number])[]): Map<string, number> {
  const groups = new Map<string, number[]>()
  for (const [name, value] of entries) groups.set(name, [...(groups.get(name) ?? []), value])
  return new Map([...groups].map(([name, values]) => [name, meanOf(values)]))
}

/** @param timed the kind of machine whose minutes are given */
function rowOf(data: string, arm: string, wanted: number, cells: EndedCell[], timed: string | undefined): Row {
  const names = cells[0]?.result.classes ?? []
  const hd95 = (c: number) => meanOf(cells.flatMap(({ result }) => Object.values(result.hd95.perPatient).map((own) => own[c] ?? NaN)))
  const perClass = names.map((name, c) => ({
    name,
    dice: meanOf(cells.map((cell) => last(cell).perClass[c] ?? NaN)),
    hd95: hd95(c),
  }))
  const patients = [...meansBy(cells.flatMap((cell) => [...patientsOf(cell)]))].filter(([, dice]) => !Number.isNaN(dice))
  const least = patients.sort(([, a], [, b]) => a - b)[0]
  const steps = cells[0]?.result.scores.map(({ step }) => step) ?? []
  const curve = steps.flatMap((step) => {
    const own = cells.map((cell) => [cell, cell.result.scores.find((score) => score.step === step)] as const)
    if (own.some(([, score]) => !score)) return []
    const minutes = meanOf(own.flatMap(([cell, score]) => (machineOf(cell) === timed ? [secondsOf(cell, score!) / 60] : [])))
    return [{ step, minutes, dice: meanOf(own.map(([, score]) => score!.dice ?? NaN)) }]
  })
  return {
    data,
    arm,
    wanted,
    cells,
    dice: estimateOf(cells.map(diceOf).filter((dice) => !Number.isNaN(dice))),
    perClass,
    hd95: meanOf(perClass.map((one) => one.hd95)),
    unit: cells[0]?.result.hd95.unit ?? '',
    worst: least ? { patient: least[0], dice: least[1] } : null,
    curve,
    calibration: together(cells.map(({ result }) => result.calibration)),
  }
}

/** Dice after so much training, linear between scores; NaN before the first and after the last. */
export function diceAt(scores: readonly { at: number; dice: number }[], time: number): number {
  const after = scores.findIndex(({ at }) => at >= time)
  const [a, b] = [scores[after - 1], scores[after]]
  if (b?.at === time) return b.dice
  return a && b ? a.dice + ((b.dice - a.dice) * (time - a.at)) / (b.at - a.at) : NaN
}

const scoresOf = (cell: EndedCell) => cell.result.scores.map((score) => ({ at: secondsOf(cell, score), dice: score.dice ?? NaN }))

type Pair = readonly [EndedCell, EndedCell]

function compared(data: string, groups: readonly (readonly Pair[])[]): Comparison {
  const pairs = groups.flat()
  const differences = (some: readonly Pair[], value: (cell: EndedCell, pair: Pair) => number) =>
    estimateOf(some.map((pair) => value(pair[0], pair) - value(pair[1], pair)).filter((difference) => !Number.isNaN(difference)))
  const byPatient = groups.map((group) => {
    const sums = new Map<string, { sum: number; weight: number }>()
    for (const [a, b] of group) {
      const other = patientsOf(b)
      const differences = [...patientsOf(a)].map(([patient, dice]) => [patient, dice - other.get(patient)!] as const)
      const known = differences.filter(([, difference]) => !Number.isNaN(difference))
      // Every pair counts alike in the mean, so the patients of a pair share one vote.
      for (const [patient, difference] of known) {
        const { sum, weight } = sums.get(patient) ?? { sum: 0, weight: 0 }
        sums.set(patient, { sum: sum + difference / known.length, weight: weight + 1 / known.length })
      }
    }
    return [...sums.values()].map(({ sum, weight }) => ({ value: sum / weight, weight }))
  })
  return {
    data,
    ends: differences(pairs, diceOf),
    patients: bootstrap(byPatient),
    equalTime: differences(
      pairs.filter(([a, b]) => machineOf(a) === machineOf(b)),
      (cell, [a, b]) => diceAt(scoresOf(cell), Math.min(secondsOf(a, last(a)), secondsOf(b, last(b)))),
    ),
    mixed: pairs.filter(([a, b]) => a.made.commit !== b.made.commit).length,
  }
}

/**
 * Puts together whatever runs there are.
 * @param ended by key, failed ones included @param pairs of arms to compare
 */
export function gather(study: Study, ended: ReadonlyMap<string, CellFile>, pairs: readonly (readonly [string, string])[]): Gathered {
  const scored = ({ key }: Cell): EndedCell | null => {
    const file = ended.get(key)
    return file?.result ? (file as EndedCell) : null
  }
  const having = (data: string, arm: string) => study.cells.filter((cell) => cell.data === data && cell.arm === arm)
  const counts = new Map<string, number>()
  for (const cell of study.cells.flatMap((one) => scored(one) ?? [])) counts.set(machineOf(cell), (counts.get(machineOf(cell)) ?? 0) + 1)
  const machines = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)!)
  const names = [...study.data.keys()]
  const rows = names.flatMap((data) =>
    [...study.arms.keys()].flatMap((arm) => {
      const wanted = having(data, arm)
      return wanted.length === 0
        ? []
        : [
            rowOf(
              data,
              arm,
              wanted.length,
              wanted.flatMap((cell) => scored(cell) ?? []),
              machines[0],
            ),
          ]
    }),
  )
  const pairsOn = (data: string, [first, second]: readonly [string, string]): Pair[] =>
    having(data, first).flatMap((one): Pair[] => {
      const other = having(data, second).find(({ exemplar, seed }) => exemplar === one.exemplar && seed === one.seed)
      const [a, b] = [scored(one), other ? scored(other) : null]
      if (!a || !b || [...patientsOf(a).keys()].join() !== [...patientsOf(b).keys()].join()) return []
      return [[a, b]]
    })
  const comparisons = pairs.map((pair) => {
    const groups = names.map((data) => [data, pairsOn(data, pair)] as const).filter(([, own]) => own.length > 0)
    return {
      pair,
      all: compared(
        'all',
        groups.map(([, own]) => own),
      ),
      each: groups.map(([data, own]) => compared(data, [own])),
    }
  })
  const known = new Set(study.cells.map(({ key }) => key))
  return {
    rows,
    comparisons,
    missing: rows.flatMap(({ data, arm }) =>
      having(data, arm).flatMap((cell) => (scored(cell) ? [] : [{ cell, problem: ended.get(cell.key)?.problem ?? null }])),
    ),
    strange: [...ended.keys()].filter((key) => !known.has(key)).length,
    machines,
    cells: [...new Set(study.cells.map(({ key }) => key))].flatMap((key) => (ended.get(key)?.result ? [ended.get(key) as EndedCell] : [])),
  }
}

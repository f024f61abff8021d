/** The report's numbers as tables of text, the same in Markdown and HTML. */
import { calibrationError, confidentPart } from '../method/reliability'
import { areaUnderCurve, imageDetection, wrongImage } from './calibration'
import { diceAt, type Comparison, type Gathered, type Row } from './gather'
import type { Estimate } from './statistics'

export interface Table {
  title: string
  /** What the columns mean, in sentences. */
  note: string
  head: string[]
  /** Of the columns, how many at the left are words. */
  words: number
  rows: string[][]
}

const none = '–'
const fixed = (value: number, digits = 3): string => (Number.isFinite(value) ? value.toFixed(digits) : none)
const signed = (value: number): string => (Number.isFinite(value) ? (value < 0 ? '' : '+') + value.toFixed(3) : none)
const interval = ({ low, high }: { low: number; high: number }, show = fixed): string =>
  Number.isFinite(low) ? `${show(low)} to ${show(high)}` : none
const count = ({ n }: Estimate, wanted: number) => (n === wanted ? String(n) : `${n} of ${wanted}`)

/** Dice of each arm on one data set; `missingTable` names those without runs. */
function diceTable(data: string, rows: readonly Row[]): Table {
  const made = rows.filter(({ cells }) => cells.length > 0)
  const [first] = made
  const classes = first?.perClass.map(({ name }) => name) ?? []
  const images = first?.cells[0]!.result.images
  return {
    title: data,
    note:
      'Dice of each patient, all its images pooled, mean over patients, then over classes; mean, standard deviation and 95 % interval (t) over n runs. ' +
      'The worst patient by its mean over the runs; HD95, both directions pooled, mean over patients, classes and runs.' +
      (images ? ` ${images.unlabelled} images without masks are trained on${imagesScored(rows)}.` : ''),
    head: ['arm', 'n', 'Dice', 'sd', '95 % interval', ...classes, 'worst patient', `HD95 (${first?.unit ?? 'mm'})`],
    words: 1,
    rows: made.map(({ arm, wanted, dice, perClass, worst, hd95 }) => [
      arm,
      count(dice, wanted),
      fixed(dice.mean),
      fixed(dice.sd),
      interval(dice),
      ...classes.map((_, c) => fixed(perClass[c]?.dice ?? NaN)),
      worst ? `${fixed(worst.dice)} ${worst.patient}` : none,
      fixed(hd95, 1),
    ]),
  }
}

/** How many images and patients are scored; an arm with all labels may have others. */
function imagesScored(rows: readonly Row[]): string {
  const told = new Map<string, string[]>()
  for (const { arm, cells } of rows) {
    const sizes = cells.map(({ result }) => `${result.images.scored} of ${Object.keys(result.scores[0]!.perPatient).length}`)
    const least = [...new Set(sizes)].sort().join(' or ')
    if (least) told.set(least, [...(told.get(least) ?? []), arm])
  }
  const parts = [...told].map(([sizes, arms]) => `${sizes}${told.size > 1 ? ` (${arms.join(', ')})` : ''}`)
  return `; images and patients scored: ${parts.join('; ')}`
}

/** A row for each pair of arms and data set, after one for all data sets together where they are several. */
const comparisonRows = (
  comparisons: Gathered['comparisons'],
  difference: (of: Comparison) => Estimate,
  more: (of: Comparison) => string[] = () => [],
) =>
  comparisons.flatMap(({ pair: [first, second], all, each }) =>
    (each.length === 1 ? each : [all, ...each]).flatMap((one) => {
      const estimate = difference(one)
      if (estimate.n === 0) return []
      return [[`${first} − ${second}`, one.data, String(estimate.n), signed(estimate.mean), interval(estimate, signed), ...more(one)]]
    }),
  )

function comparisonTable(comparisons: Gathered['comparisons']): Table {
  const mixed = comparisons.reduce((sum, { all }) => sum + all.mixed, 0)
  return {
    title: 'Comparisons',
    note:
      'Differences of Dice between runs with the same data, exemplar and seed. First interval: paired t over these runs, for how far another seed or exemplar ' +
      'may change the mean difference; runs share patients, and exemplars are few, so it may be too narrow for other data. Second interval: percentiles of ' +
      '2,000 bootstrap means over patients, each with its mean difference over the runs, for how far the patients scored decide it. Believe a difference that both hold.' +
      (mixed > 0
        ? ` In ${mixed} ${mixed === 1 ? 'pair' : 'pairs'} two versions of the program made the runs, and may differ by themselves.`
        : ''),
    head: ['arms', 'data', 'n', 'difference', '95 % over runs', '95 % over patients'],
    words: 2,
    rows: comparisonRows(
      comparisons,
      ({ ends }) => ends,
      ({ patients }) => [interval(patients, signed)],
    ),
  }
}

function calibrationTable(rows: readonly Row[]): Table {
  return {
    title: 'Calibration',
    note:
      'Pseudo-labels of both networks on the scored images, as they see them; confident from tau on. ECE: expected calibration error of the confident pixels ' +
      `in bins of 0.05. AUC: area under the ROC curve of the networks' disagreement as a detector of wrong pixels of the mask, and of images with a Dice below ${wrongImage}. ` +
      'Foreground: pixels that a network or the truth calls so.',
    head: [
      'data',
      'arm',
      'confident',
      'right of these',
      'ECE',
      'foreground: confident',
      'right of these',
      'ECE',
      'AUC pixels',
      'AUC foreground',
      'AUC images',
    ],
    words: 2,
    rows: rows.flatMap(({ data, arm, calibration }) => {
      if (!calibration) return []
      const { tau, reliability, pixels, images } = calibration
      const of = (part: 'all' | 'foreground') => {
        const { right, share } = confidentPart(reliability[part], tau)
        return [fixed(share), fixed(right), fixed(calibrationError(reliability[part], tau))]
      }
      const areas = [areaUnderCurve(pixels.all), areaUnderCurve(pixels.foreground), imageDetection(images)]
      return [[data, arm, ...of('all'), ...of('foreground'), ...areas.map((area) => fixed(area))]]
    }),
  }
}

const budgets = [0.5, 1, 2, 3, 5, 10, 15]

/** Dice by minutes, and comparisons at equal minutes: what differs between machines stands apart. */
function timeTables({ rows, comparisons, machines }: Gathered): Table[] {
  const longest = Math.max(0, ...rows.map(({ curve }) => curve.at(-1)?.minutes || 0))
  const shown = budgets.filter((minutes) => minutes <= longest)
  return [
    {
      title: 'Dice by minutes',
      note:
        'Minutes of training alone, the bank included; on wasm and cpu of one undisturbed core. Read between the scores of a run of this length: a shorter run ' +
        'that lets its learning rate fall earlier may have more by then.' +
        (machines.length > 1
          ? ` Minutes are those of runs on ${machines[0]}; others were made on ${machines.slice(1).join(' and ')}.`
          : ''),
      head: ['data', 'arm', 'steps', 'minutes', 'Dice', ...shown.map((minutes) => `at ${minutes} min`)],
      words: 2,
      rows: rows.flatMap((row) => {
        const end = row.curve.at(-1)
        if (!end || Number.isNaN(end.minutes)) return []
        const scores = row.curve.map(({ minutes, dice }) => ({ at: minutes, dice }))
        const times = shown.map((minutes) => fixed(diceAt(scores, minutes)))
        return [[row.data, row.arm, String(end.step), fixed(end.minutes, 2), fixed(end.dice), ...times]]
      }),
    },
    {
      title: 'Comparisons at equal minutes',
      note: `As above, but each pair when the shorter of both runs ends${machines.length > 1 ? ', and only pairs of one kind of machine' : ''}.`,
      head: ['arms', 'data', 'n', 'difference', '95 % over runs'],
      words: 2,
      rows: comparisonRows(comparisons, ({ equalTime }) => equalTime),
    },
  ]
}

/** What has no scores: by data and arm, with the reasons of what failed. */
function missingTable(missing: Gathered['missing']): Table {
  const groups = new Map<string, Gathered['missing']>()
  for (const one of missing) {
    const id = `${one.cell.data}\n${one.cell.arm}\n${one.problem ?? ''}`
    groups.set(id, [...(groups.get(id) ?? []), one])
  }
  return {
    title: 'Not run',
    note: 'Runs of the study without scores.',
    head: ['data', 'arm', 'runs', 'exemplars and seeds', 'why'],
    words: 5,
    rows: [...groups.values()].map((group) => [
      group[0]!.cell.data,
      group[0]!.cell.arm,
      String(group.length),
      seedsByExemplar(group.map(({ cell }) => cell)),
      group[0]!.problem ?? 'not yet',
    ]),
  }
}

function seedsByExemplar(cells: readonly { exemplar: string; seed: number }[]): string {
  const seeds = new Map<string, number[]>()
  for (const { exemplar, seed } of cells) seeds.set(exemplar, [...(seeds.get(exemplar) ?? []), seed])
  return [...seeds].map(([exemplar, own]) => `${exemplar}: ${own.join(', ')}`).join('; ')
}

/** All tables that have rows; what depends on the machine comes last. */
export function tablesOf(gathered: Gathered): Table[] {
  const { rows, comparisons, missing } = gathered
  const names = [...new Set(rows.map(({ data }) => data))]
  return [
    ...names.map((data) =>
      diceTable(
        data,
        rows.filter((row) => row.data === data),
      ),
    ),
    comparisonTable(comparisons),
    calibrationTable(rows),
    missingTable(missing),
    ...timeTables(gathered),
  ].filter((table) => table.rows.length > 0)
}

const cellOf = (text: string) => text.replaceAll('|', '\\|').replace(/\s+/g, ' ')

/** A table in Markdown, below a heading of this level. */
export function markdownOf({ title, note, head, words, rows }: Table, level = 3): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cellOf).join(' | ')} |`
  const rule = `|${head.map((_, i) => (i < words ? '---' : '---:')).join('|')}|`
  return `${'#'.repeat(level)} ${title}\n\n${note}\n\n${[line(head), rule, ...rows.map(line)].join('\n')}\n`
}

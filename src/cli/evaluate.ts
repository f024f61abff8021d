/** npm run evaluate: Dice and HD95 of a folder of masks against another. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { baseName, patientOf } from '../data/file-roles'
import { readMask, type Mask } from '../data/mask-file'
import { InputError } from '../data/input-error'
import { isPng, readPngVolume } from '../data/png-file'
import type { LabelMap } from '../image/raster'
import {
  borderDistance,
  diceOf,
  meanOf,
  outcomeOf,
  overlap,
  percentile,
  pool,
  type Outcome,
  type Overlap,
  type Spacing,
} from '../method/metrics'
import { runCommand, UsageError } from './arguments'
import { evaluate as command } from './commands'

/** One class in one case: an image, or a patient's images. NaN (null in JSON) where it is absent. HD95 in both definitions. */
interface Score {
  outcome: Outcome
  dice: number
  hd95Pooled: number
  hd95Larger: number
}
const measures = ['dice', 'hd95Pooled', 'hd95Larger'] as const
type Measure = (typeof measures)[number]

/** By value of the class. */
type Scores = Record<string, Score>

const absent: Score = { outcome: 'absent', dice: NaN, hd95Pooled: NaN, hd95Larger: NaN }

/** Over the cases that have the class in the reference or the prediction; missed and spurious ones are among the counted. */
interface Summary extends Record<Measure, { mean: number; median: number; worst: number; worstCase: string | null }> {
  counted: number
  missed: number
  spurious: number
}

/** PNG files of a folder by base name. @throws UsageError */
function masksIn(folder: string, option: string): Map<string, string> {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') throw new UsageError(`There is no folder "${folder}" (${option}).`)
    if (code === 'ENOTDIR') throw new UsageError(`"${folder}" (${option}) is not a folder.`)
    throw new UsageError(`The folder "${folder}" (${option}) cannot be read (${code}).`)
  }
  const masks = names.filter((name) => /\.png$/i.test(name) && !name.startsWith('.')).sort()
  const hint = names.includes('masks') ? ` itself; did you mean "${join(folder, 'masks')}"?` : '.'
  if (masks.length === 0) throw new UsageError(`There are no PNG masks in "${folder}" (${option})${hint}`)
  return new Map(masks.map((name) => [baseName(name), join(folder, name)]))
}

/** Index, name and value of each class, as our exports keep them in labels.json in or beside the folder of masks. */
type LabelTable = { index: number; name: string; value: string }[]

/** The label table of exported masks; null where there is none of ours. */
function labelTableOf(folder: string): { file: string; table: LabelTable } | null {
  for (const file of [join(folder, 'labels.json'), join(folder, '..', 'labels.json')]) {
    if (!existsSync(file)) continue
    try {
      const { classes } = JSON.parse(readFileSync(file, 'utf8')) as { classes?: Partial<LabelTable[number]>[] }
      if (classes?.every(({ index, name, value }) => typeof index === 'number' && typeof name === 'string' && typeof value === 'string'))
        return { file, table: classes as LabelTable }
    } catch {
      // Somebody else's labels.json.
    }
  }
  return null
}

/** @throws InputError */
function read(file: string): LabelMap & Pick<Mask, 'values'> {
  let bytes: Uint8Array<ArrayBuffer>
  try {
    bytes = new Uint8Array(readFileSync(file))
  } catch (error) {
    throw new InputError(`"${file}" cannot be read (${(error as NodeJS.ErrnoException).code}).`, file)
  }
  if (!isPng({ name: file, bytes })) throw new InputError(`"${file}" is not a PNG; masks that are compared here are PNG files.`, file)
  const { volume, labels, values } = readMask(readPngVolume({ name: file, bytes }))
  return { width: volume.size[0], height: volume.size[1], labels, values }
}

/** Class values of a mask by label, background (the first) as null; `table` turns class indices into values of the exemplar mask. */
const valuesOf = (mask: Pick<Mask, 'values'>, table: LabelTable): (string | null)[] =>
  mask.values.map(({ value }, i) => (i === 0 ? null : (table.find(({ index }) => String(index) === value)?.value ?? value)))

/**
 * Scores and pixel counts of every class in one image's two masks, by value: 255 in one is 255 in the other, whatever else they hold.
 * @throws InputError
 */
function compare(predictionFile: string, referenceFile: string, table: LabelTable, spacing: Spacing) {
  const prediction = read(predictionFile)
  const reference = read(referenceFile)
  if (prediction.width !== reference.width || prediction.height !== reference.height)
    throw new InputError(
      `"${predictionFile}" is ${prediction.width} x ${prediction.height} pixels, but its reference "${referenceFile}" is ` +
        `${reference.width} x ${reference.height}; masks of one image need the same size.`,
      predictionFile,
    )
  const ofPrediction = valuesOf(prediction, table)
  const ofReference = valuesOf(reference, [])
  const values = [...new Set([null, ...ofPrediction, ...ofReference])]
  const renumber = (mask: LabelMap, own: (string | null)[]) => {
    const numbers = own.map((value) => values.indexOf(value))
    return { ...mask, labels: mask.labels.map((label) => numbers[label]!) }
  }
  const p = renumber(prediction, ofPrediction)
  const r = renumber(reference, ofReference)

  const scores: Scores = {}
  const overlaps: Record<string, Overlap> = {}
  values.forEach((value, index) => {
    if (value === null) return
    const counts = (overlaps[value] = overlap(p.labels, r.labels, index))
    const { outcome, pooled95, larger95 } = borderDistance(p, r, index, spacing)
    scores[value] = { outcome, dice: diceOf(counts), hd95Pooled: pooled95, hd95Larger: larger95 }
  })
  return { scores, overlaps }
}

/** @throws InputError for a bad mask, UsageError for folders that do not belong together */
function evaluate(predictionFolder: string, referenceFolder: string, spacing: Spacing | null) {
  const predictions = masksIn(predictionFolder, '--pred')
  const references = masksIn(referenceFolder, '--reference')
  const names = [...references.keys()].filter((name) => predictions.has(name))
  if (names.length === 0)
    throw new UsageError(
      `No mask in "${predictionFolder}" has the name of one in "${referenceFolder}"; masks of one image need the same name.`,
    )
  const labels = labelTableOf(predictionFolder)
  const compared = names.map((name) => ({
    name,
    patient: patientOf(name),
    ...compare(predictions.get(name)!, references.get(name)!, labels?.table ?? [], spacing ?? [1, 1]),
  }))
  const values = foundValues(compared.map(({ overlaps }) => overlaps))

  const scoresOf = (score: (value: string) => Score): Scores => Object.fromEntries(values.map((value) => [value, score(value)]))
  const images = compared.map(({ name, patient, scores }) => ({ name, patient, scores: scoresOf((value) => scores[value] ?? absent) }))
  const patients = [...new Set(images.map(({ patient }) => patient))].map((patient) => {
    const own = images.filter((image) => image.patient === patient)
    const scores = scoresOf((value) => {
      const pooled = pool(compared.flatMap((image) => (image.patient === patient ? (image.overlaps[value] ?? []) : [])))
      const mean = (measure: Measure) => meanOf(own.map((image) => image.scores[value]![measure]))
      return { outcome: outcomeOf(pooled), dice: diceOf(pooled), hd95Pooled: mean('hd95Pooled'), hd95Larger: mean('hd95Larger') }
    })
    return { patient, images: own.length, scores }
  })
  const classes = values.map((value) => ({
    value,
    name: labels?.table.find((one) => one.value === value)?.name ?? null,
    perImage: summarise(images.map(({ name, scores }) => [name, scores[value]!])),
    perPatient: summarise(patients.map(({ patient, scores }) => [patient, scores[value]!])),
  }))
  const mean = (measure: Measure) => meanOf(classes.map(({ perPatient }) => perPatient[measure].mean))
  return {
    predictions: predictionFolder,
    references: referenceFolder,
    labels: labels?.file ?? null,
    spacing,
    unit: spacing ? 'unit of --spacing' : 'pixel',
    /** Over patients, then over classes. */
    mean: { dice: mean('dice'), hd95Pooled: mean('hd95Pooled'), hd95Larger: mean('hd95Larger') },
    classes,
    /** Dice of the pooled images, HD95 as the mean over the images. */
    patients,
    images,
    unmatched: {
      references: [...references.keys()].filter((name) => !predictions.has(name)),
      predictions: [...predictions.keys()].filter((name) => !references.has(name)),
    },
  }
}

/** All values of all images, sorted. @throws UsageError if predictions and references have none in common: then they are coded differently */
function foundValues(images: Record<string, Overlap>[]): string[] {
  const all = images.flatMap((overlaps) => Object.entries(overlaps))
  const having = (side: 'prediction' | 'reference') =>
    [...new Set(all.filter(([, counts]) => counts[side] > 0).map(([value]) => value))].sort(byValue)
  const predicted = having('prediction')
  const real = having('reference')
  if (predicted.length > 0 && real.length > 0 && !predicted.some((value) => real.includes(value)))
    throw new UsageError(
      `The values of the predictions (${predicted.join(', ')}) are none of the references' (${real.join(', ')}); ` +
        'the same structure needs the same value in both.',
    )
  return [...new Set([...predicted, ...real])].sort(byValue)
}

/** Numbers by size, then colours. */
const byValue = (a: string, b: string): number => (Number.isNaN(Number(a) - Number(b)) ? (a < b ? -1 : 1) : Number(a) - Number(b))

function summarise(cases: [name: string, score: Score][]): Summary {
  const counted = cases.filter(([, { outcome }]) => outcome !== 'absent')
  const of = (measure: Measure) => {
    const values = counted.map(([, score]) => score[measure])
    const worst = measure === 'dice' ? Math.min(...values) : Math.max(...values)
    const at = values.indexOf(worst)
    return { mean: meanOf(values), median: percentile(values, 50), worst: at < 0 ? NaN : worst, worstCase: counted[at]?.[0] ?? null }
  }
  const number = (wanted: Outcome) => counted.filter(([, { outcome }]) => outcome === wanted).length
  return {
    counted: counted.length,
    missed: number('missed'),
    spurious: number('spurious'),
    ...{ dice: of('dice'), hd95Pooled: of('hd95Pooled'), hd95Larger: of('hd95Larger') },
  }
}

// ---- as text -----------------------------------------------------------------------------------------------------------------

const digits: Record<Measure, number> = { dice: 3, hd95Pooled: 2, hd95Larger: 2 }
const titles: Record<Measure, string> = { dice: 'Dice', hd95Pooled: 'HD95 pooled', hd95Larger: 'HD95 larger' }
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
const show = (value: number, measure: Measure): string => (Number.isNaN(value) ? 'n/a' : value.toFixed(digits[measure]))

/** Lines with aligned columns: the first `words` to the left, numbers to the right. */
function align(rows: string[][], words: number): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: string[]) => row.map((text, i) => (i < words ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join('  ')
  return rows.map((row) => line(row).trimEnd() + '\n').join('')
}

function asText(report: ReturnType<typeof evaluate>): string {
  const { classes, images, patients, unmatched, mean } = report
  const named = ({ value, name }: { value: string; name: string | null }) => (name ? `${value} ${name}` : value)
  const rowsOf = (name: string, scores: Scores) =>
    classes.map((one) => {
      const score = scores[one.value]!
      return [name, named(one), ...measures.map((measure) => show(score[measure], measure)), score.outcome === 'found' ? '' : score.outcome]
    })
  const head = ['class', ...measures.map((measure) => titles[measure]), '']
  const summaries = (per: 'perImage' | 'perPatient') =>
    classes.flatMap((one) =>
      measures.map((measure) => {
        const { counted, missed, spurious, [measure]: m } = one[per]
        const numbers = [m.mean, m.median, m.worst].map((value) => show(value, measure))
        return [named(one), titles[measure], m.worstCase ?? '', ...numbers, ...[counted, missed, spurious].map(String)]
      }),
    )
  const summaryHead = ['class', 'measure', 'worst case', 'mean', 'median', 'worst', 'counted', 'missed', 'spurious']
  const lists = [
    ['No prediction, NOT counted above', unmatched.references],
    ['No reference, not counted above', unmatched.predictions],
  ] as const

  return `${plural(images.length, 'image')} of ${plural(patients.length, 'patient')}: ${report.predictions} against ${report.references}
${report.labels ? `Values of the predictions by ${report.labels}\n` : ''}
Each image
${align([['image', ...head], ...images.flatMap(({ name, scores }) => rowsOf(name, scores))], 2)}
Each patient: Dice of the pooled images, HD95 as the mean over the images
${align([['patient', ...head], ...patients.flatMap(({ patient, scores }) => rowsOf(patient, scores))], 2)}
Each class, over images
${align([summaryHead, ...summaries('perImage')], 3)}
Each class, over patients
${align([summaryHead, ...summaries('perPatient')], 3)}
Mean over patients, then classes: ${measures.map((measure) => `${titles[measure]} ${show(mean[measure], measure)}`).join(', ')}
${lists.map(([title, names]) => (names.length ? `${title} (${names.length}): ${names.join(', ')}\n` : '')).join('')}
HD95 in ${report.spacing ? 'the unit of --spacing' : 'pixels'}. Pooled: 95th percentile of both directions together, as in medpy. Larger: the larger of both directions' 95th
percentiles. A structure that is missed or spurious counts with Dice 0 and the image's diagonal; one in neither mask is n/a.
`
}

function readSpacing(text: string): Spacing {
  const parts = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)))
  if (parts.length !== 2 || !parts.every((part) => part > 0 && part < Infinity))
    throw new UsageError(`--spacing is "${text}", but must be the width and height of a pixel, two numbers above 0, as in 0.8,0.8.`)
  return [parts[0]!, parts[1]!]
}

await runCommand(command, ({ pred, reference, spacing, json }) => {
  const report = evaluate(pred, reference, spacing === undefined ? null : readSpacing(spacing))
  process.stdout.write(json ? JSON.stringify(report, null, 2) + '\n' : asText(report))
})

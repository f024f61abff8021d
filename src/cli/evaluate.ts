/** npm run evaluate: Dice, HD95 and surface Dice of the masks in one folder against those in another. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gridOfBoth, overlaps } from '../data/alignment'
import { arraysFor, caseNameOf, pairName, patientOf, tryMask } from '../data/file-roles'
import type { GivenFile } from '../data/given-file'
import { readMask, sizeText, unknownValueOf, type Mask } from '../data/mask-file'
import { InputError } from '../data/input-error'
import { familyOf, inFamily, masksTogether, type Family } from '../data/merged-masks'
import { pairUp } from '../data/pairs'
import { readFiles, samplesFiles } from '../data/read-files'
import { extentOf, labelsOf, planeOf, usualAxis } from '../data/slices'
import { isOfStructureSet, type Volume } from '../data/volume'
import { isZip } from '../data/zip-file'
import { maskNames } from '../export/archive'
import { numbersInNifti } from '../export/label-file'
import type { Spacing } from '../image/distance-transform'
import { unknown } from '../image/raster'
import {
  borderDistance,
  diceOf,
  meanOf,
  outcomeOf,
  overlap,
  percentile,
  pool,
  type Grid,
  type Outcome,
  type Overlap,
} from '../method/metrics'
import { labelsOn, liesOn } from '../session/annotations'
import { placeSegmentations, withoutSeries } from '../session/given-files'
import './pipelines'
import { runCommand, UsageError } from './arguments'
import { evaluate as command } from './commands'
import { filesAt } from './given-path'

/** One class in one case: an image, a volume, or a patient's images. NaN (null in JSON) where it is absent. HD95 in both definitions. */
interface Score {
  outcome: Outcome
  dice: number
  hd95Pooled: number
  hd95Larger: number
  surfaceDice: number
}
const measures = ['dice', 'hd95Pooled', 'hd95Larger', 'surfaceDice'] as const
type Measure = (typeof measures)[number]
const distances = ['hd95Pooled', 'hd95Larger', 'surfaceDice'] as const

/** By value of the class. */
type Scores = Record<string, Score>

const absent: Score = { outcome: 'absent', dice: NaN, hd95Pooled: NaN, hd95Larger: NaN, surfaceDice: NaN }

/** Over the cases that have the class in the reference or the prediction; missed and spurious ones are among the counted. */
interface Summary extends Record<Measure, { mean: number; median: number; worst: number; worstCase: string | null }> {
  counted: number
  missed: number
  spurious: number
}

/** What exports have beside the masks, and what people do. */
const noMask = /(^|[/\\])\.|\.(txt|md|json|csv|html?|log|ya?ml|py|safetensors|onnx)$/i

/** A mask of which only the header is held; `load` reads it again. */
interface Held {
  outline: Volume
  load: () => Promise<Volume>
}

/**
 * The masks in a folder and its subfolders, named by their paths in it, and what could not be read. Thousands may be larger than memory, so each is
 * read for its header, and again when its turn comes; but those in zips and DICOM files that are read together stay. Series under contours or segments
 * are images, not masks.
 * @throws UsageError
 */
async function masksIn(folder: string, option: string): Promise<{ masks: Held[]; problems: InputError[] }> {
  let isFolder: boolean
  try {
    isFolder = statSync(folder).isDirectory()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    throw new UsageError(
      code === 'ENOENT' ? `There is no folder "${folder}" (${option}).` : `The folder "${folder}" (${option}) cannot be read (${code}).`,
    )
  }
  if (!isFolder) throw new UsageError(`"${folder}" (${option}) is not a folder.`)
  const all = (await filesAt(folder)).map((file) => ({ ...file, name: relative(folder, file.name) }))
  const files = all.filter(({ name }) => !noMask.test(name))
  if (files.length === 0) throw new UsageError(`There are no masks in "${folder}" (${option}).`)

  const masks: Held[] = []
  const problems: InputError[] = []
  const together: GivenFile[] = []
  const samplesOf = await samplesFiles(files)
  const samples = new Set(samplesOf.values())
  for (const file of files) {
    const other = samplesOf.get(file)
    if (samples.has(file)) continue
    const unit = other ? [file, other] : [file]
    const found = (await holdsMany(file)) ? null : await masksOf(unit)
    if (!found || found.volumes.some((volume) => volume.kind === 'dicom' || isOfStructureSet(volume))) {
      together.push(...unit)
      continue
    }
    problems.push(...found.problems)
    for (const volume of found.volumes)
      masks.push({ outline: { ...volume, samples: volume.samples.slice(0, 0) }, load: again(unit, volume.name) })
  }
  const kept = together.length > 0 ? await masksOf(together) : { volumes: [], problems: [] }
  const placed = await placeSegmentations(kept.volumes, [])
  const apart = placed.filter((volume) => isOfStructureSet(volume) && kept.volumes.includes(volume))
  problems.push(...apart.map(withoutSeries))
  const drawn = [...masks.map(({ outline }) => outline), ...placed].filter(
    (volume) => volume.kind === 'dicom-seg' && !apart.includes(volume),
  )
  const isUnder = (volume: Volume) => volume.kind === 'dicom' && drawn.some((mask) => overlaps(mask, volume))
  for (const volume of placed)
    if (!apart.includes(volume) && !isUnder(volume)) masks.push({ outline: volume, load: () => Promise.resolve(volume) })
  return { masks, problems: [...problems, ...kept.problems] }
}

/** Reads one of the masks in a file again; holds nothing of it. */
const again = (files: readonly GivenFile[], name: string) => async (): Promise<Volume> => {
  const { volumes, problems } = await masksOf(files)
  const found = volumes.find((volume) => volume.name === name)
  if (!found) throw problems[0] ?? new InputError(`"${name}" has changed while it was compared; start again.`, name)
  return found
}

const holdsMany = async (file: GivenFile) => isZip(await file.read(0, 4).catch(() => new Uint8Array(0))) && !/\.npz$/i.test(file.name)

/** Of a file with image and label the label. */
async function masksOf(files: readonly GivenFile[]) {
  const { volumes, problems } = await readFiles(files)
  return { volumes: arraysFor('reference', volumes).volumes, problems }
}

/** A prediction, the references of its image, and what these are called after if they are several. */
interface Matched {
  prediction: Held
  references: Held[]
  family: Family | null
}

/**
 * The reference of each prediction that has one, by the rules by which masks belong to images; several that can be one label map, too.
 * @param table what classes of the predictions are called, if they say so
 */
async function pairsOf(predictions: readonly Held[], references: readonly Held[], table: LabelTable): Promise<Matched[]> {
  const outlines = (all: readonly Held[]) => all.map(({ outline }) => outline)
  const heldBy = new Map([...predictions, ...references].map((held) => [held.outline, held]))
  const pairing = pairUp(outlines(predictions), outlines(references))
  const groups = masksTogether(pairing)
  let family: Family | null = null
  if (groups.length > 0) {
    const read = new Map<Volume, Mask | null>()
    for (const mask of groups.flatMap(({ masks }) => masks)) {
      const whole = tryMask(await heldBy.get(mask)!.load())
      read.set(mask, whole && { ...whole, volume: mask, labels: new Uint8Array(0) })
    }
    const named = table.filter(({ index }) => index > 0).map(({ name, value }) => [name.toLowerCase(), Number(value)] as const)
    const own = familyOf(groups, (mask) => read.get(mask)!)
    family = own.values && !own.objects && named.length > 0 ? { values: new Map(named), objects: false, closed: true } : own
  }
  const of = (image: Volume, masks: readonly Volume[]) => ({
    prediction: heldBy.get(image)!,
    references: masks.map((mask) => heldBy.get(mask)!),
    family,
  })
  return [...pairing.pairs.map(({ image, mask }) => of(image, [mask])), ...groups.map(({ image, masks }) => of(image!, masks))]
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

/**
 * Class values of a mask by label, background (the first) as null. Exports hold indices, which `table` turns into values of the exemplar's mask;
 * but a NIfTI may hold those values themselves.
 */
function valuesOf({ volume, values }: Mask, table: LabelTable): (string | null)[] {
  const own = volume.kind === 'nifti' && numbersInNifti(table) ? [] : table
  return values.map(({ value }, i) => (i === 0 ? null : (own.find(({ index }) => String(index) === value)?.value ?? value)))
}

/** Both masks on one grid, in numbers of `values`, or unknown where the reference says so. */
interface Pair {
  prediction: Uint8Array
  reference: Uint8Array
  /** The grid; its frames are scored one by one. */
  volume: Volume
  /** The value of each number in the labels; null for background, and for what is left out. */
  values: (string | null)[]
  /** Frames of which the reference says something. */
  frames: number[]
}

/**
 * Two masks of one image on one grid, by value: 255 in one is 255 in the other, whatever else they hold.
 * @throws InputError where they do not fit
 */
function pairOf(predicted: Volume, referred: Volume, table: LabelTable): Pair {
  let predictionMask = maskOn(predicted, referred)
  let referenceMask = maskOn(referred, predicted)
  if (predictionMask.objects !== null || referenceMask.objects !== null) {
    predictionMask = readMask(predicted, { objects: true })
    referenceMask = readMask(referred, { objects: true })
  }
  const [p, r] = [predictionMask.volume, referenceMask.volume]
  // A DICOM SEG has the slices with something on them, and other files may be cropped: what is outside one is background there.
  const voxels = ({ size }: Volume) => size.reduce((a, b) => a * b)
  const volume = voxels(p) > voxels(r) ? gridOfBoth(p, r) : gridOfBoth(r, p)
  if (!volume || !liesOn(p, volume) || !liesOn(r, volume) || p.size[3] !== r.size[3])
    throw new InputError(
      `"${predicted.name}" is ${sizeText(p)} pixels, but its reference "${referred.name}" is ${sizeText(r)}; masks of one image need the same ${p.size.join() === r.size.join() ? 'place' : 'size'}.`,
      predicted.name,
    )
  const ofPrediction = valuesOf(predictionMask, table)
  const ofReference = valuesOf(referenceMask, [])
  const values = [...new Set([null, ...ofPrediction, ...ofReference])]
  const aside = unknownValueOf(referenceMask)
  const on = (mask: Mask, own: (string | null)[]) => {
    const numbers = own.map((value) => values.indexOf(value))
    return labelsOn(mask, volume).map((label) => (label === unknown ? 0 : numbers[label]!))
  }
  const prediction = on(predictionMask, ofPrediction)
  const reference = on(referenceMask, ofReference)
  const ignored = aside === null ? -1 : values.indexOf(aside)
  for (let i = 0; i < reference.length; i++) if (reference[i] === ignored) prediction[i] = reference[i] = unknown
  const each = voxels(volume) / volume.size[3]
  const frames = [...Array(volume.size[3]).keys()].filter(
    (t) => volume.size[3] === 1 || reference.subarray(t * each, (t + 1) * each).some((label) => label > 0),
  )
  return { prediction, reference, volume, values: values.map((value) => (value === aside ? null : value)), frames }
}

/** @throws InputError where the masks of one image cannot be one label map */
function labelMapOf(masks: readonly Volume[], image: Volume, family: Family): Volume {
  try {
    return inFamily(masks, image, family)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    throw new InputError(`${masks.map(({ name }) => `"${name}"`).join(', ')}: ${error.message}.`, error.file)
  }
}

/** A mask as it is on its own, unless only beside the other one it can be told what its axes are. */
function maskOn(volume: Volume, other: Volume): Mask {
  const image = { ...other, size: [other.size[0], other.size[1], other.size[2], 1] as const }
  const own = readMask(volume)
  return own.volume.size.join() === other.size.join() ? own : readMask(volume, { image })
}

/** Scores and counts of every class in one image or volume, by value. */
function compare(prediction: Grid, reference: Grid, values: (string | null)[], spacing: Spacing | undefined, tolerance: number) {
  const scores: Scores = {}
  const overlaps: Record<string, Overlap> = {}
  values.forEach((value, index) => {
    if (value === null) return
    const counts = (overlaps[value] = overlap(prediction.labels, reference.labels, index))
    const { outcome, pooled95, larger95, surfaceDice } = borderDistance(prediction, reference, index, spacing, tolerance)
    scores[value] = { outcome, dice: diceOf(counts), hd95Pooled: pooled95, hd95Larger: larger95, surfaceDice }
  })
  return { scores, overlaps }
}

/** One image, or one slice of a volume. */
interface Compared {
  name: string
  /** Whose images are pooled; null for a slice of a volume, which is scored whole. */
  patient: string | null
  spacing: Spacing | null
  scores: Scores
  overlaps: Record<string, Overlap>
}

/** How the masks of a pair compare, image by image and, of a volume, as a whole. */
function comparePair(pair: Pair, name: string, settings: Settings): { images: Compared[]; volumes: Omit<Compared, 'patient'>[] } {
  const { volume, prediction, reference, values, frames } = pair
  const [columns, rows, slices] = volume.size
  const axis = usualAxis(volume)
  const plane = planeOf(volume, axis)
  const extent = extentOf(volume, plane)
  const each = columns * rows * slices
  const deep = slices > 1
  const between = settings.spacing
  const flat = between && [between[0]!, between[1]!]
  const solid = (volume.stepKnown ? volume.spacing : null) ?? (between?.length === 3 ? between : null)
  const pad = (n: number, of: number) => String(n + 1).padStart(String(of).length, '0')
  const images: Compared[] = []
  const volumes: Omit<Compared, 'patient'>[] = []
  for (const frame of frames) {
    const own = volume.size[3] > 1 ? `${name}_t${pad(frame, volume.size[3])}` : name
    const patient = deep ? null : (volume.patient ?? patientOf(name))
    const spacing = (deep ? (extent.spacing ?? flat) : (flat ?? extent.spacing)) ?? null
    for (let slice = 0; slice < extent.slices; slice++) {
      const [p, r] = [prediction, reference].map((labels): Grid => {
        const map = labelsOf(volume, labels, plane, slice, frame)
        return { size: [map.width, map.height], labels: map.labels }
      }) as [Grid, Grid]
      const found = compare(p, r, values, spacing ?? undefined, settings.tolerance)
      images.push({ name: deep ? `${own}_${'xyz'[axis]}${pad(slice, extent.slices)}` : own, patient, spacing, ...found })
    }
    if (!deep) continue
    const [p, r] = [prediction, reference].map((labels): Grid => ({
      size: [columns, rows, slices],
      labels: labels.subarray(frame * each, (frame + 1) * each),
    })) as [Grid, Grid]
    volumes.push({ name: own, spacing: solid, ...compare(p, r, values, solid ?? undefined, settings.tolerance) })
  }
  return { images, volumes }
}

interface Settings {
  /** Of images, in place of their own; with a third number, of volumes that do not say theirs. */
  spacing: Spacing | null
  tolerance: number
}

/** @throws InputError for a mask that cannot be read, or if no pair can be compared, UsageError for folders that do not belong together */
async function evaluate(predictionFolder: string, referenceFolder: string, settings: Settings) {
  const predictions = await masksIn(predictionFolder, '--pred')
  const references = await masksIn(referenceFolder, '--reference')
  // What cannot be read is no matter if it is of none of the others.
  const known = (held: readonly Held[]) => new Set(held.map(({ outline }) => pairName(caseNameOf(outline))))
  const lost = (folder: string, { problems }: { problems: InputError[] }, others: readonly Held[]) => {
    const one = problems.find(({ file }) => known(others).has(pairName(file)))
    if (one) throw new InputError(`${folder}: ${one.message}`, one.file)
  }
  lost(predictionFolder, predictions, references.masks)
  lost(referenceFolder, references, predictions.masks)
  const labels = labelTableOf(predictionFolder)
  const pairs = await pairsOf(predictions.masks, references.masks, labels?.table ?? [])
  if (pairs.length === 0)
    throw new UsageError(
      `No mask in "${predictionFolder}" has the name of one in "${referenceFolder}"; masks of one image need the same name.`,
    )
  const names = maskNames(pairs.map(({ prediction }) => caseNameOf(prediction.outline)))
  const compared: ReturnType<typeof comparePair>[] = []
  const paired = new Set<Held>()
  const refused: InputError[] = []
  for (const [i, { prediction, references, family }] of pairs.entries()) {
    const [predicted, ...referred] = await Promise.all([prediction, ...references].map(({ load }) => load()))
    try {
      const reference = family ? labelMapOf(referred, predicted!, family) : referred[0]!
      compared.push(comparePair(pairOf(predicted!, reference, labels?.table ?? []), names[i]!, settings))
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      refused.push(error)
      continue
    }
    for (const held of [prediction, ...references]) paired.add(held)
  }
  if (compared.length === 0) throw refused[0]!
  const [{ family } = { family: null }] = pairs
  const told = new Map([...(family?.values ?? [])].map(([name, value]) => [String(value), name]))
  const allImages = compared.flatMap(({ images }) => images)
  const allVolumes = compared.flatMap(({ volumes }) => volumes)
  const values = foundValues(allImages.map(({ overlaps }) => overlaps))

  const scoresOf = (score: (value: string) => Score): Scores => Object.fromEntries(values.map((value) => [value, score(value)]))
  const images = allImages.map(({ name, patient, spacing, scores }) => ({
    ...{ name, patient, spacing },
    scores: scoresOf((value) => scores[value] ?? absent),
  }))
  const volumes = allVolumes.map(({ name, spacing, scores }) => ({
    ...{ name, spacing },
    scores: scoresOf((value) => scores[value] ?? absent),
  }))
  const pooled = [...new Set(allImages.flatMap(({ patient }) => patient ?? []))].map((patient) => {
    const own = images.filter((image) => image.patient === patient)
    const scores = scoresOf((value) => {
      const counts = pool(allImages.flatMap((image) => (image.patient === patient ? (image.overlaps[value] ?? []) : [])))
      const mean = (measure: Measure) => meanOf(own.map((image) => image.scores[value]![measure]))
      return {
        outcome: outcomeOf(counts),
        dice: diceOf(counts),
        ...(Object.fromEntries(distances.map((measure) => [measure, mean(measure)])) as Record<(typeof distances)[number], number>),
      }
    })
    return { patient, images: own.length, scores }
  })
  // A volume is scored whole.
  const patients = [...pooled, ...volumes.map(({ name, scores }) => ({ patient: name, images: 1, scores }))]
  const classes = values.map((value) => ({
    value,
    name: labels?.table.find((one) => one.value === value)?.name ?? told.get(value) ?? null,
    perImage: summarise(images.map(({ name, scores }) => [name, scores[value]!])),
    perPatient: summarise(patients.map(({ patient, scores }) => [patient, scores[value]!])),
  }))
  const mean = (measure: Measure) => meanOf(classes.map(({ perPatient }) => perPatient[measure].mean))
  const unpaired = (all: readonly Held[]) => maskNames(all.map(({ outline }) => caseNameOf(outline))).filter((_, i) => !paired.has(all[i]!))
  return {
    predictions: predictionFolder,
    references: referenceFolder,
    labels: labels?.file ?? null,
    spacing: settings.spacing,
    tolerance: settings.tolerance,
    unit: unitOf(settings, [...images.filter(({ patient }) => patient !== null), ...volumes]),
    /** Over patients and volumes, then over classes. */
    mean: Object.fromEntries(measures.map((measure) => [measure, mean(measure)])) as Record<Measure, number>,
    classes,
    /** Of images, Dice pooled and the others as the mean over the images; a volume is scored whole, in three dimensions. */
    patients,
    volumes,
    /** Images, and slices of volumes. */
    images,
    unmatched: { references: unpaired(references.masks), predictions: unpaired(predictions.masks) },
    unread: [...predictions.problems, ...references.problems, ...refused].map(({ message }) => message),
  }
}

/** What distances are in: that of --spacing, or millimetres where files say how far their voxels are apart. */
function unitOf(
  { spacing }: Settings,
  cases: readonly { spacing: Spacing | null }[],
): 'unit of --spacing' | 'mm' | 'pixel' | 'mm or pixel' {
  if (spacing) return 'unit of --spacing'
  const known = cases.filter((one) => one.spacing !== null).length
  return known === 0 ? 'pixel' : known === cases.length ? 'mm' : 'mm or pixel'
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
    const worst = measure === 'dice' || measure === 'surfaceDice' ? Math.min(...values) : Math.max(...values)
    const at = values.indexOf(worst)
    return { mean: meanOf(values), median: percentile(values, 50), worst: at < 0 ? NaN : worst, worstCase: counted[at]?.[0] ?? null }
  }
  const number = (wanted: Outcome) => counted.filter(([, { outcome }]) => outcome === wanted).length
  return {
    counted: counted.length,
    missed: number('missed'),
    spurious: number('spurious'),
    ...{ dice: of('dice'), hd95Pooled: of('hd95Pooled'), hd95Larger: of('hd95Larger'), surfaceDice: of('surfaceDice') },
  }
}

// ---- as text -----------------------------------------------------------------------------------------------------------------

const digits: Record<Measure, number> = { dice: 3, hd95Pooled: 2, hd95Larger: 2, surfaceDice: 3 }
const titles: Record<Measure, string> = { dice: 'Dice', hd95Pooled: 'HD95 pooled', hd95Larger: 'HD95 larger', surfaceDice: 'Surface Dice' }
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
const show = (value: number, measure: Measure): string => (Number.isNaN(value) ? 'n/a' : value.toFixed(digits[measure]))

/** Lines with aligned columns: the first `words` to the left, numbers to the right. */
function align(rows: string[][], words: number): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: string[]) => row.map((text, i) => (i < words ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join('  ')
  return rows.map((row) => line(row).trimEnd() + '\n').join('')
}

function asText(report: Awaited<ReturnType<typeof evaluate>>): string {
  const { classes, images, patients, volumes, unmatched, unread, mean, unit, tolerance } = report
  const named = ({ value, name }: { value: string; name: string | null }) => (name ? `${value} ${name}` : value)
  const rowsOf = (name: string, scores: Scores) =>
    classes.map((one) => {
      const score = scores[one.value]!
      return [name, named(one), ...measures.map((measure) => show(score[measure], measure)), score.outcome === 'found' ? '' : score.outcome]
    })
  const head = ['class', ...measures.map((measure) => titles[measure]), '']
  const table = (what: string, rows: { name: string; scores: Scores }[]) =>
    align([[what, ...head], ...rows.flatMap(({ name, scores }) => rowsOf(name, scores))], 2)
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
  // Those of volumes are many, and in the summary.
  const pictures = images.filter(({ patient }) => patient !== null)
  const pooled = patients.slice(0, patients.length - volumes.length).map(({ patient, scores }) => ({ name: patient, scores }))
  const counted = [
    ...(pictures.length > 0 ? [`${plural(pictures.length, 'image')} of ${plural(pooled.length, 'patient')}`] : []),
    ...(volumes.length > 0 ? [plural(volumes.length, 'volume')] : []),
  ]
  const cases = [...(pictures.length > 0 ? ['patients'] : []), ...(volumes.length > 0 ? ['volumes'] : [])].join(' and ')
  const parts = [
    ...(pictures.length > 0
      ? [
          `Each image\n${table('image', pictures)}`,
          `Each patient: Dice of the pooled images, the others as the mean over the images\n${table('patient', pooled)}`,
        ]
      : []),
    ...(volumes.length > 0 ? [`Each volume, in three dimensions\n${table('volume', volumes)}`] : []),
    `Each class, over ${[...(pictures.length > 0 ? ['images'] : []), ...(volumes.length > 0 ? ['slices, in two dimensions'] : [])].join(' and ')}\n${align([summaryHead, ...summaries('perImage')], 3)}`,
    `Each class, over ${cases}\n${align([summaryHead, ...summaries('perPatient')], 3)}`,
  ]
  const units = {
    'unit of --spacing': 'the unit of --spacing',
    mm: 'mm',
    pixel: 'pixels',
    'mm or pixel': 'mm, or pixels of files without spacing',
  }
  return `${counted.join(', ')}: ${report.predictions} against ${report.references}
${report.labels ? `Values of the predictions by ${report.labels}\n` : ''}
${parts.join('\n')}
Mean over ${cases}, then classes: ${measures.map((measure) => `${titles[measure]} ${show(mean[measure], measure)}`).join(', ')}
${lists.map(([title, names]) => (names.length ? `${title} (${names.length}): ${names.join(', ')}\n` : '')).join('')}${unread.map((message) => `Left out: ${message}\n`).join('')}
HD95 and tolerance in ${units[unit]}. Pooled: 95th percentile of both directions together, as in medpy. Larger: the larger of both directions'
95th percentiles. Surface Dice: the share of both borders within ${tolerance} of the other one. A structure that is missed or spurious counts
with Dice 0, surface Dice 0 and the diagonal of the whole; one in neither mask is n/a.
`
}

function readSpacing(text: string): Spacing {
  const parts = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)))
  if (!(parts.length === 2 || parts.length === 3) || !parts.every((part) => part > 0 && part < Infinity))
    throw new UsageError(`--spacing is "${text}", but must be the width and height of a pixel, two numbers above 0, as in 0.8,0.8.`)
  return parts
}

function readTolerance(text: string): number {
  const tolerance = text.trim() === '' ? NaN : Number(text)
  if (!(tolerance >= 0 && tolerance < Infinity)) throw new UsageError(`--tolerance is "${text}", but must be a number, at least 0.`)
  return tolerance
}

await runCommand(command, async ({ pred, reference, spacing, tolerance, json }) => {
  const settings = { spacing: spacing === undefined ? null : readSpacing(spacing), tolerance: readTolerance(tolerance) }
  const report = await evaluate(pred, reference, settings)
  process.stdout.write(json ? JSON.stringify(report, null, 2) + '\n' : asText(report))
})

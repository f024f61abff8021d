import { alignment } from '../data/alignment'
import { assignRoles, baseName, fullPairName, pairName, patientOf, type FileRole } from '../data/file-roles'
import { checkExemplar, matchValues, readMask, sizeText, type Mask } from '../data/mask-file'
import { InputError } from '../data/named-file'
import { makePhantoms, type PhantomKind } from '../data/phantom'
import { extentOf, labelsOf, planeOf, sliceOf, usualAxis, type Plane } from '../data/slices'
import { makeVolume, type Volume } from '../data/volume'
import { unknown, type LabelMap, type Raster } from '../lib/raster'
import type { Config } from '../method/config'
import { emptyOut, type TrainingData } from '../method/synthesis'
import { fieldOf, frameOf, prepareImage, prepareLabels, type Extent, type Frame } from './preparation'
import type { ClassInfo, SampleName } from './reports'

/** A volume of the user's, and which of its slices are images. */
export interface Source {
  /** Stays the same as long as the volume is there. */
  id: number
  volume: Volume
  /** Slices follow each other along it: 0 columns, 1 rows, 2 slices as stored. */
  axis: 0 | 1 | 2
  /** The one time point or echo that is used, or null for all. */
  frame: number | null
  /** Every n-th slice is used. */
  every: number
}

/** One image: a slice of a volume. */
export interface Picture extends Extent {
  name: string
  patient: string
  source: Source
  plane: Plane
  slice: number
  frame: number
}

/** An annotated image, or one that is still to be annotated. */
export interface Exemplar {
  picture: Picture
  /** What the user drew: classes of the data set, or unknown. */
  drawn: LabelMap | null
  /** From the mask file: numbers of `mask.values`. */
  given: LabelMap | null
}

/** Where a value of the mask file goes instead of being a class of its own: another value, or nowhere. */
export type Target = { value: string } | 'background' | 'unknown'

/** All that a run learns from and is scored on. Never changed in place. */
export interface Dataset {
  sample: SampleName | null
  /** The volume that came as exemplar image. */
  exemplarSource: Source | null
  exemplarMask: Mask | null
  exemplars: Exemplar[]
  /** Values of the mask file that are no class of their own. */
  mapping: ReadonlyMap<string, Target>
  /** Background first; empty without an annotation. `pixels` counts those of all exemplars. */
  classes: ClassInfo[]
  /** Where the unlabelled images come from. */
  sources: Source[]
  /** The slices of `sources` that are used. */
  unlabeled: Picture[]
  /** Whether or not their image is there yet. */
  references: Mask[]
}

export const emptyDataset: Dataset = {
  sample: null,
  exemplarSource: null,
  exemplarMask: null,
  exemplars: [],
  mapping: new Map(),
  classes: [],
  sources: [],
  unlabeled: [],
  references: [],
}

/** Okabe and Ito's hues, which stay apart for colour-blind eyes; used again from the start after eight classes. */
const hues = ['#e69f00', '#56b4e9', '#009e73', '#f0e442', '#cc79a7', '#d55e00', '#0072b2', '#999999']

/** The colour of a class that nobody has given one. */
export const hueOf = (index: number): string => (index === 0 ? '#000000' : hues[(index - 1) % hues.length]!)

// ---- images ----------------------------------------------------------------------------------------------------------------------

const letters = ['x', 'y', 'z'] as const

/** A source with the slices that most users want; of a series of DICOM files every phase, of other time series the first frame. */
function makeSource(volume: Volume, id: number): Source {
  return { id, volume, axis: usualAxis(volume), frame: volume.size[3] === 1 || volume.kind === 'dicom' ? null : 0, every: 1 }
}

/** The images of a source, slice by slice. A volume of one slice keeps its name; the others are numbered from 1. */
export function picturesOf(source: Source): Picture[] {
  const { volume, axis, every } = source
  const plane = planeOf(volume, axis)
  const { width, height, slices, spacing } = extentOf(volume, plane)
  const frames = volume.size[3]
  const patient = volume.patient ?? patientOf(volume.name)
  const pictures: Picture[] = []
  const pad = (n: number, of: number) => String(n + 1).padStart(String(of).length, '0')
  const folder = volume.name.slice(0, volume.name.search(/[^/\\]*$/))
  // Dots would be taken for an ending.
  const base = folder + baseName(volume.name).replaceAll('.', '-')
  for (let slice = 0; slice < slices; slice += every)
    for (let frame = source.frame ?? 0; frame < (source.frame === null ? frames : source.frame + 1); frame++) {
      const place = `_${letters[axis]}${pad(slice, slices)}${frames > 1 ? `_t${pad(frame, frames)}` : ''}`
      const name = slices * frames === 1 ? volume.name : base + place
      pictures.push({ name, patient, source, plane, slice, frame, width, height, spacing })
    }
  return pictures
}

/** The image itself, in the units of its file. */
export const rasterOf = ({ source, plane, slice, frame }: Picture): Raster => sliceOf(source.volume, plane, slice, frame)

/** Whether two volumes of one name hold the same; each pair is compared once. */
const copies = new WeakMap<Volume, WeakMap<Volume, boolean>>()

/** An image may come both as exemplar and among the others. Names alone do not tell: files of two patients are often named alike. */
function isCopy(a: Volume, b: Volume): boolean {
  if (a === b) return true
  if (a.name !== b.name || a.size.join() !== b.size.join() || a.samples.length !== b.samples.length) return false
  let known = copies.get(a)
  if (!known) copies.set(a, (known = new WeakMap()))
  let same = known.get(b)
  if (same === undefined) {
    const { samples } = b
    // NaN is itself here.
    same = a.samples.every((v: number, i: number) => Object.is(v, samples[i]) || v === samples[i])
    known.set(b, same)
  }
  return same
}

const samePicture = (a: Picture, b: Picture): boolean =>
  a.plane.axis === b.plane.axis && a.slice === b.slice && a.frame === b.frame && isCopy(a.source.volume, b.source.volume)

// ---- samples ---------------------------------------------------------------------------------------------------------------------

const samples: Record<SampleName, { kind: PhantomKind; patients: number; slicesPerPatient: number; size: number }> = {
  'Cardiac phantom': { kind: 'cardiac', patients: 16, slicesPerPatient: 3, size: 128 },
  'Abdominal phantom': { kind: 'abdominal', patients: 16, slicesPerPatient: 3, size: 128 },
}

/** A phantom with its truth: the middle slice of the first patient is the exemplar, all others are unlabelled and scored. */
export function sampleDataset(sample: SampleName): Dataset {
  const { kind, ...options } = samples[sample]
  const { classes, slices } = makePhantoms(kind, { seed: 1, ...options })
  const sourceOf = ({ name, patient, image: { width, height, pixels } }: (typeof slices)[number], id: number) =>
    makeSource(makeVolume({ name, kind: 'png', patient, size: [width, height, 1, 1], samples: pixels }), id)
  const maskOf = ({ name, labels: { width, height, labels } }: (typeof slices)[number]) =>
    readMask(makeVolume({ name, kind: 'png', size: [width, height, 1, 1], samples: labels }))
  const middle = Math.floor(options.slicesPerPatient / 2)
  const others = slices.filter((_, i) => i !== middle)
  const source = sourceOf(slices[middle]!, 0)
  const exemplarMask = maskOf(slices[middle]!)
  const sources = others.map((slice, i) => sourceOf(slice, i + 1))
  const dataset = {
    ...emptyDataset,
    sample,
    exemplarSource: source,
    exemplarMask,
    exemplars: exemplarsFrom(source, exemplarMask),
    classes: classesFrom(exemplarMask, new Map()).map((info, index) => ({ ...info, ...classes[index] })),
    sources,
    unlabeled: sources.flatMap(picturesOf),
    references: others.map(maskOf),
  }
  return counted(dataset)
}

// ---- annotations -----------------------------------------------------------------------------------------------------------------

const colorText = (color: readonly number[]): string => `#${color.map((v) => v.toString(16).padStart(2, '0')).join('')}`

/** One class for each value of a mask that is not mapped to something else; counts are filled in by `counted`. */
function classesFrom({ values }: Mask, mapping: Dataset['mapping']): ClassInfo[] {
  return values
    .filter(({ value }, i) => i === 0 || !mapping.has(value))
    .map(({ value, color, name }, index) => ({
      index,
      name: name ?? (index === 0 ? 'background' : `class ${index}`),
      color: index === 0 ? '#000000' : color ? colorText(color) : hueOf(index),
      value,
      pixels: 0,
    }))
}

/** The class of every value that the exemplar's mask has, mapped ones included. */
function tableOf({ classes, mapping }: Dataset): Map<string, number> {
  const table = new Map(classes.map(({ value, index }) => [value, index]))
  for (const [value, target] of mapping)
    table.set(value, target === 'background' ? 0 : target === 'unknown' ? unknown : (table.get(target.value) ?? 0))
  return table
}

/**
 * A mask's labels on the voxels of an image; unknown in the frames that it says nothing of: those beyond its own, and of several those without
 * any label, for often two phases of a beating heart are annotated and no more.
 * @throws InputError when they do not fit
 */
function labelsOn(mask: Mask, image: Volume): Uint8Array {
  const { volume, labels } = mask
  const place = alignment(volume, image)
  if (!place)
    throw new InputError(
      `The mask "${volume.name}" is ${sizeText(volume)} pixels, but its image "${image.name}" is ${sizeText(image)}; give a mask of the same size and place.`,
      volume.name,
    )
  const [columns, rows, slices] = image.size
  const each = columns * rows * slices
  const out = new Uint8Array(each * image.size[3])
  const told = framesOf(mask)
  for (let t = 0; t < image.size[3]; t++) if (!told.has(t)) out.fill(unknown, t * each, (t + 1) * each)
  for (let t = 0, at = 0; t < Math.min(volume.size[3], image.size[3]); t++)
    for (let k = 0; k < volume.size[2]; k++)
      for (let j = 0; j < volume.size[1]; j++)
        for (let i = 0; i < volume.size[0]; i++, at++) {
          if (labels[at] === 0) continue
          const [x, y, z] = place(i, j, k)
          if (x >= 0 && y >= 0 && z >= 0 && x < columns && y < rows && z < slices)
            out[x + columns * (y + rows * z) + each * t] = labels[at]!
        }
  return out
}

/** Every image of a volume on which its mask marks something; of a volume of one slice, that slice. */
function exemplarsFrom(source: Source, mask: Mask): Exemplar[] {
  const labels = labelsOn(mask, source.volume)
  return picturesOf(source)
    .map((picture) => ({ picture, drawn: null, given: labelsOf(source.volume, labels, picture.plane, picture.slice, picture.frame) }))
    .filter(({ given }, _, { length }) => length === 1 || given.labels.some((l) => l > 0 && l !== unknown))
}

/** What an exemplar teaches: classes of the data set, or unknown; null until it is annotated. */
export function annotationOf(dataset: Dataset, { drawn, given }: Exemplar): LabelMap | null {
  if (drawn || !given || !dataset.exemplarMask) return drawn
  const table = tableOf(dataset)
  const classOf = dataset.exemplarMask.values.map(({ value }) => table.get(value)!)
  return { ...given, labels: given.labels.map((l) => classOf[l] ?? unknown) }
}

/** The data set with each class's pixels counted. */
function counted(dataset: Dataset): Dataset {
  const counts = new Array<number>(256).fill(0)
  for (const exemplar of dataset.exemplars) for (const l of annotationOf(dataset, exemplar)?.labels ?? []) counts[l]!++
  return { ...dataset, classes: dataset.classes.map((info) => ({ ...info, pixels: counts[info.index]! })) }
}

/** Exemplars that teach something. */
export const annotated = ({ exemplars }: Dataset): Exemplar[] => exemplars.filter(({ drawn, given }) => drawn ?? given)

/** The exemplar that a picture is, or undefined. */
export const exemplarAt = ({ exemplars }: Dataset, picture: Picture): Exemplar | undefined =>
  exemplars.find((exemplar) => samePicture(exemplar.picture, picture))

/**
 * Adds what the user drew on a picture, in place of what was known of it.
 * @param labels class indices or unknown, in the size of the picture @param classes the label list, background first
 */
export function withAnnotation(
  dataset: Dataset,
  picture: Picture,
  labels: LabelMap,
  classes: readonly Pick<ClassInfo, 'name' | 'color'>[],
): Dataset {
  const others = dataset.exemplars.filter((exemplar) => !samePicture(exemplar.picture, picture) && (exemplar.drawn ?? exemplar.given))
  const exemplar: Exemplar = { picture, drawn: labels, given: null }
  const taken = new Set(dataset.classes.map(({ value }) => value))
  const places = placesOf(classes, dataset.classes)
  // Labels that others use stay, whatever list a drawing that was kept since earlier brings.
  const list = others.length > 0 ? [...classes, ...dataset.classes.slice(classes.length)] : classes
  const table = list.map(({ name, color }, index): ClassInfo => {
    const before = dataset.classes[others.length > 0 ? index : (places[index] ?? -1)]
    let value = index
    while (!before && taken.has(String(value))) value++
    taken.add(before?.value ?? String(value))
    return { index, name, color, value: before?.value ?? String(value), pixels: 0 }
  })
  return counted({ ...dataset, exemplars: [...others, exemplar], classes: table })
}

/**
 * Which of `known` each label of a list is: the one of its name, else the one at its place if no other label has that one's name. So a label keeps
 * its value when one before it is removed, and when it is given another name.
 */
function placesOf(list: readonly { name: string }[], known: readonly { name: string }[]): (number | null)[] {
  const byName = list.map(({ name }) => known.findIndex((other) => other.name === name))
  return byName.map((place, index) => (place >= 0 ? place : index < known.length && !byName.includes(index) ? index : null))
}

/** The data set without an annotation. A mask file of which nothing is left goes too: it must not come back with other slices. */
export function withoutExemplar(dataset: Dataset, index: number): Dataset {
  const exemplars = dataset.exemplars.filter((_, i) => i !== index)
  const classes = exemplars.some(({ drawn, given }) => drawn ?? given) ? dataset.classes : []
  const mask = exemplars.some(({ given }) => given) ? {} : { exemplarMask: null, mapping: new Map<string, Target>() }
  return counted({ ...dataset, ...mask, exemplars, classes })
}

/**
 * The data set with a value of the exemplar's mask counted as something else; null makes it a class of its own again.
 * @throws InputError when no class would be left, or when drawings use the classes as they are
 */
export function withMapping(dataset: Dataset, value: string, target: Target | null): Dataset {
  const { exemplarMask, exemplars } = dataset
  if (!exemplarMask) return dataset
  if (exemplars.some(({ drawn }) => drawn))
    throw new InputError(
      'Labels can be mapped before anything is drawn with them: remove the drawn exemplars first.',
      exemplarMask.volume.name,
    )
  const mapping = new Map(dataset.mapping)
  if (target === null) mapping.delete(value)
  else mapping.set(value, target)
  // A value that others were counted as must stay a class.
  for (const [other, to] of mapping) if (typeof to === 'object' && mapping.has(to.value)) mapping.delete(other)
  const known = new Map(dataset.classes.map((info) => [info.value, info]))
  const classes = classesFrom(exemplarMask, mapping).map((info) => {
    const before = known.get(info.value)
    return before ? { ...info, name: before.name, color: before.color } : info
  })
  const next = counted({ ...dataset, mapping, classes })
  if (!next.classes.some(({ index, pixels }) => index > 0 && pixels > 0))
    throw new InputError('At least one label has to stay a class, or there is nothing to learn.', exemplarMask.volume.name)
  return next
}

/** Which slices of a source are used. @throws InputError when something was drawn on the present ones */
export function withSlices(dataset: Dataset, id: number, choice: Pick<Source, 'axis' | 'frame' | 'every'>): Dataset {
  const change = (source: Source): Source => (source.id === id ? { ...source, ...choice } : source)
  const before = [...dataset.sources, ...(dataset.exemplarSource ? [dataset.exemplarSource] : [])].find((source) => source.id === id)
  if (!before) return dataset
  const axisChanges = before.axis !== choice.axis
  if (axisChanges && dataset.exemplars.some(({ drawn, picture }) => drawn && picture.source.id === id))
    throw new InputError(`You drew on slices of ${before.volume.name} cut the other way: remove those exemplars first.`, before.volume.name)
  const sources = dataset.sources.map(change)
  const exemplarSource = dataset.exemplarSource && change(dataset.exemplarSource)
  const next = { ...dataset, sources, exemplarSource, unlabeled: sources.flatMap(picturesOf) }
  // Of every slice that the mask marks, used or not, so these change with the axis only; some may have been removed since.
  if (!axisChanges || dataset.exemplarSource?.id !== id || !dataset.exemplarMask) return next
  const drawn = dataset.exemplars.filter((exemplar) => exemplar.drawn)
  const given = exemplarsFrom({ ...dataset.exemplarSource, ...choice, every: 1, frame: null }, dataset.exemplarMask)
  return counted({ ...next, exemplars: [...given, ...drawn] })
}

// ---- files -----------------------------------------------------------------------------------------------------------------------

/** Adds the user's images and masks, decoded. One that cannot be used becomes a problem, and what was there before stays. */
export function withVolumes(
  before: Dataset,
  given: readonly { role: FileRole | null; volume: Volume }[],
): { dataset: Dataset; problems: InputError[] } {
  const problems: InputError[] = []
  const attempt = <T>(work: () => T): T | null => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      problems.push(error)
      return null
    }
  }
  const sorted = new Map(
    assignRoles(given.filter(({ role }) => role === null).map(({ volume }) => volume)).map(({ volume, role }) => [volume, role]),
  )
  // Where somebody has drawn exemplars, a pair of image and mask that is dropped is more to learn from and to compare with.
  const drawn = before.exemplars.some((exemplar) => exemplar.drawn)
  const roleOf = (volume: Volume): FileRole => {
    const role = sorted.get(volume)!
    return drawn && role === 'exemplar-image' ? 'unlabeled' : drawn && role === 'exemplar-mask' ? 'reference' : role
  }
  const inRole = (role: FileRole) => given.filter((g) => (g.role ?? roleOf(g.volume)) === role).map(({ volume }) => volume)
  const refuse = ({ name }: Volume) =>
    problems.push(new InputError(`"${name}" was not used, for it would replace the exemplars that you drew: remove those first.`, name))

  // The user's first own file replaces the sample.
  let next = before.sample ? emptyDataset : before
  let taken = false
  let id = Math.max(-1, ...next.sources.map((source) => source.id), next.exemplarSource?.id ?? -1) + 1
  const pile = (volumes: Source[]) => {
    const kept = next.sources.filter(({ volume: { name } }) => !volumes.some(({ volume }) => volume.name === name))
    const sources = [...kept, ...volumes]
    next = { ...next, sources, unlabeled: sources.flatMap(picturesOf) }
  }

  for (const volume of inRole('exemplar-image')) {
    if (drawn) {
      refuse(volume)
      continue
    }
    const source = makeSource(volume, id++)
    const pictures = picturesOf(source)
    const stack = pictures.length > 1
    // The old mask is of another picture, even where the size is the same.
    const exemplars = stack ? [] : [{ picture: pictures[0]!, drawn: null, given: null }]
    next = { ...next, exemplarSource: source, exemplarMask: null, exemplars, mapping: new Map(), classes: [], references: [] }
    // The other slices of a stack are what there is to learn from.
    if (stack) pile([source])
    taken = true
  }
  for (const volume of inRole('exemplar-mask')) {
    if (drawn) {
      refuse(volume)
      continue
    }
    const done = attempt(() => {
      const mask = readMask(volume)
      const source = next.exemplarSource
      if (!source) throw new InputError(`${volume.name} was not used: choose the exemplar image first, then its mask.`, volume.name)
      const exemplars = exemplarsFrom({ ...source, every: 1, frame: null }, mask)
      checkExemplar(mask)
      if (exemplars.length === 0)
        throw new InputError(`"${volume.name}" marks nothing inside "${source.volume.name}"; is it the mask of another image?`, volume.name)
      return counted({ ...next, exemplarMask: mask, exemplars, mapping: new Map(), classes: classesFrom(mask, new Map()), references: [] })
    })
    if (!done) {
      // An image that came with a mask that cannot be used does not replace an exemplar that can.
      if (annotated(before).length > 0 && next.exemplarSource !== before.exemplarSource) return { dataset: before, problems }
      continue
    }
    next = done
    taken = true
  }
  const images = inRole('unlabeled').map((volume) => makeSource(volume, id++))
  if (images.length > 0) {
    pile(images)
    taken = true
  }

  const added: Mask[] = []
  for (const volume of inRole('reference')) {
    const mask = attempt(() => {
      if (next.classes.length === 0)
        throw new InputError(
          `${volume.name} was not used: choose the exemplar and its mask first, they say which labels there are.`,
          volume.name,
        )
      const read = readMask(volume)
      matchValues(read, tableOf(next))
      return read
    })
    if (mask) added.push(mask)
  }
  const own = { ...next, references: added }
  const unlike = new Set<Mask>()
  for (const source of own.sources) {
    const reference = partnerOf(own, source)
    if (!reference || alignment(reference.volume, source.volume)) continue
    unlike.add(reference)
    const { name } = reference.volume
    problems.push(
      new InputError(
        `${name} is ${sizeText(reference.volume)}, but its image is ${sizeText(source.volume)}: a reference mask must have the size and place of its image.`,
        name,
      ),
    )
  }
  const usable = added.filter((mask) => !unlike.has(mask))
  const first = usable[0]?.volume.name
  if (first !== undefined && own.sources.length > 0 && !own.sources.some((source) => partnerOf(own, source)))
    problems.push(
      new InputError(
        `${first} was not used: no unlabelled image has its name; a reference mask is named like its image, e.g. ${baseName(own.sources[0]!.volume.name)}.png.`,
        first,
      ),
    )
  else if (usable.length > 0) {
    const names = new Set(usable.map(({ volume }) => volume.name))
    next = { ...next, references: [...next.references.filter(({ volume }) => !names.has(volume.name)), ...usable] }
    taken = true
  }
  if (!taken) return { dataset: before, problems }
  return { dataset: next, problems }
}

/** Names of a data set's sources and references, each worked out once: there may be thousands. */
const named = new WeakMap<Dataset['sources'], WeakMap<Dataset['references'], ReturnType<typeof index>>>()

function index({ sources, references }: Dataset) {
  const group = <T>(items: readonly T[], key: (item: T) => string) => {
    const groups = new Map<string, T[]>()
    for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
    return groups
  }
  return {
    exact: group(references, ({ volume }) => fullPairName(volume.name)),
    alike: group(references, ({ volume }) => pairName(volume.name)),
    rivals: group(sources, ({ volume }) => pairName(volume.name)),
  }
}

/**
 * The reference mask of a source: named like it with its folders, else by what the names have in common if that is true of one only, else,
 * of a stack, the one mask that lies on it.
 */
function partnerOf(dataset: Dataset, { volume }: Source): Mask | null {
  const { sources, references } = dataset
  if (references.length === 0) return null
  let byReferences = named.get(sources)
  if (!byReferences) named.set(sources, (byReferences = new WeakMap()))
  let names = byReferences.get(references)
  if (!names) byReferences.set(references, (names = index(dataset)))
  const exact = names.exact.get(fullPairName(volume.name))
  if (exact) return exact[0]!
  const pair = pairName(volume.name)
  const alike = names.alike.get(pair)
  if (alike?.length === 1 && names.rivals.get(pair)?.length === 1) return alike[0]!
  if (volume.size[2] === 1 || !volume.affine) return null
  const placed = references.filter((mask) => mask.volume.affine && alignment(mask.volume, volume))
  return placed.length === 1 ? placed[0]! : null
}

/** References by source, on its voxels and in classes of the exemplar, and which frames they are of; found once for each data set. */
const matched = new WeakMap<Dataset, Map<Source, Matched | null>>()

interface Matched {
  labels: Uint8Array
  frames: ReadonlySet<number>
}

function referencesOn(dataset: Dataset, source: Source): Matched | null {
  let maps = matched.get(dataset)
  if (!maps) matched.set(dataset, (maps = new Map()))
  if (!maps.has(source)) {
    const mask = partnerOf(dataset, source)
    const fits = mask && alignment(mask.volume, source.volume)
    const classOf = fits && classesOf(mask, dataset)
    maps.set(source, classOf ? { labels: labelsOn(mask, source.volume).map((l) => classOf[l] ?? unknown), frames: framesOf(mask) } : null)
  }
  return maps.get(source)!
}

/** The class of each value of a reference; null where it has one that is no class any more: labels may have changed since it was loaded. */
function classesOf(reference: Mask, dataset: Dataset): number[] | null {
  try {
    return dataset.classes.length > 0 ? matchValues(reference, tableOf(dataset)) : null
  } catch (error) {
    if (error instanceof InputError) return null
    throw error
  }
}

/** The frames that a mask says something of; see `labelsOn`. */
function framesOf({ volume: { size }, labels }: Mask): Set<number> {
  const each = size[0] * size[1] * size[2]
  const frames = Array.from({ length: size[3] }, (_, t) => t)
  return new Set(frames.filter((t) => size[3] === 1 || labels.subarray(t * each, (t + 1) * each).some((l) => l > 0)))
}

/** The reference mask of unlabelled image `i`, unknown pixels included; null without one. */
export function referenceOf(dataset: Dataset, i: number): LabelMap | null {
  const { source, plane, slice, frame } = dataset.unlabeled[i]!
  const reference = referencesOn(dataset, source)
  return reference?.frames.has(frame) ? labelsOf(source.volume, reference.labels, plane, slice, frame) : null
}

/** Whether unlabelled image `i` has a reference mask. */
export function hasReference(dataset: Dataset, i: number): boolean {
  const { source, frame } = dataset.unlabeled[i]!
  return referencesOn(dataset, source)?.frames.has(frame) ?? false
}

/** What is still missing before a run can start, in words. */
export function missingOf(dataset: Dataset): string[] {
  const { exemplarSource, exemplars, unlabeled } = dataset
  return [
    ...(exemplarSource || exemplars.length > 0 ? [] : ['an exemplar image']),
    ...(annotated(dataset).length > 0 ? [] : ['an exemplar mask']),
    ...(unlabeled.length > 0 ? [] : ['unlabelled images']),
  ]
}

/** The scale that all pictures of a data set share; see `fieldOf`. */
export const fieldOfAll = ({ exemplars, unlabeled }: Dataset, config: Config): number | null =>
  fieldOf([...exemplars.map(({ picture }) => picture), ...unlabeled], config)

/** Prepares a complete data set. @throws InputError when a class of the exemplars vanishes at this size and crop. */
export function prepare(dataset: Dataset, config: Config): TrainingData {
  const field = fieldOfAll(dataset, config)
  const frame = (picture: Picture): Frame => frameOf(picture, config, field)
  const exemplars = annotated(dataset).map((exemplar) => ({
    image: prepareImage(rasterOf(exemplar.picture), frame(exemplar.picture), config),
    labels: prepareLabels(annotationOf(dataset, exemplar)!, frame(exemplar.picture), config),
  }))
  const seen = new Set(exemplars.flatMap(({ labels }) => [...new Set(labels)]))
  const lost = dataset.classes.filter(({ index, pixels }) => index > 0 && pixels > 0 && !seen.has(index))
  if (lost.length > 0) {
    const names = lost.map(({ name }) => `"${name}"`).join(', ')
    const { name } = annotated(dataset)[0]!.picture
    throw new InputError(
      `${dataset.exemplarMask?.volume.name ?? name}: nothing is left of ${names} at ${config.size} pixels and central crop ${config.crop}; choose a larger size, crop or region.`,
      name,
    )
  }
  return {
    size: config.size,
    classes: dataset.classes.length,
    exemplars,
    emptied: exemplars.map(({ image, labels }) => emptyOut(image, labels, config.size)),
    unlabeled: dataset.unlabeled.map((picture) => prepareImage(rasterOf(picture), frame(picture), config)),
  }
}

/**
 * Images that are scored: those with a reference mask, without the exemplars, and without their patients where there are others, for
 * slices of one patient are near copies of each other.
 */
export function scoredImages(dataset: Dataset): number[] {
  const own = annotated(dataset).map(({ picture }) => picture)
  const all = dataset.unlabeled
    .map((_, i) => i)
    .filter((i) => {
      const picture = dataset.unlabeled[i]!
      const same = (p: Picture) => samePicture(p, picture) || baseName(p.name) === baseName(picture.name)
      return hasReference(dataset, i) && !own.some(same)
    })
  const others = all.filter((i) => !own.some(({ patient }) => patient === dataset.unlabeled[i]!.patient))
  return others.length > 0 ? others : all
}

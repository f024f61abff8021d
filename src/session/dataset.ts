import { assignRoles, baseName, fullPairName, pairName, patientOf, type FileRole } from '../data/file-roles'
import { readImage } from '../data/image-file'
import { checkExemplar, matchLabels, readMask, type MaskFile } from '../data/mask-file'
import { InputError, type NamedFile } from '../data/named-file'
import { makePhantoms, type PhantomKind } from '../data/phantom'
import { centralCrop, crop, cropLabels, normalise, resizeLabels, resizeLinear, type LabelMap, type Raster, type Rect } from '../lib/raster'
import type { Config } from '../method/config'
import { emptyOut, type TrainingData } from '../method/synthesis'
import type { ClassInfo, DatasetSummary, SampleName } from './reports'

/** An image with its name. */
export interface Named {
  name: string
  image: Raster
}

/** All that a run learns from and is scored on, in source sizes. Never changed in place. */
export interface Dataset {
  sample: SampleName | null
  exemplarImage: Named | null
  exemplarMask: { name: string; map: LabelMap } | null
  /** Background first; empty without an exemplar mask. */
  classes: ClassInfo[]
  unlabeled: Named[]
  /** Reference masks by the exemplar's classes, whether or not their image is there yet. */
  references: { name: string; map: LabelMap }[]
}

export const emptyDataset: Dataset = {
  sample: null,
  exemplarImage: null,
  exemplarMask: null,
  classes: [],
  unlabeled: [],
  references: [],
}

/** Okabe and Ito's hues, which stay apart for colour-blind eyes; used again from the start after eight classes. */
const hues = ['#e69f00', '#56b4e9', '#009e73', '#f0e442', '#cc79a7', '#d55e00', '#0072b2', '#999999']

const samples: Record<SampleName, { kind: PhantomKind; patients: number; slicesPerPatient: number; size: number }> = {
  'Cardiac phantom': { kind: 'cardiac', patients: 16, slicesPerPatient: 3, size: 128 },
  'Abdominal phantom': { kind: 'abdominal', patients: 16, slicesPerPatient: 3, size: 128 },
}

/** A phantom with its truth: the middle slice of the first patient is the exemplar, all others are unlabelled and scored. */
export function sampleDataset(sample: SampleName): Dataset {
  const { kind, ...options } = samples[sample]
  const { classes, slices } = makePhantoms(kind, { seed: 1, ...options })
  const middle = Math.floor(options.slicesPerPatient / 2)
  const exemplar = slices[middle]!
  const others = slices.filter((slice) => slice !== exemplar)
  const counts = countLabels(exemplar.labels, classes.length)
  return {
    sample,
    exemplarImage: exemplar,
    exemplarMask: { name: exemplar.name, map: exemplar.labels },
    classes: classes.map(({ name, color }, index) => ({ index, name, color, value: String(index), pixels: counts[index]! })),
    unlabeled: others,
    references: others.map(({ name, labels }) => ({ name, map: labels })),
  }
}

function countLabels({ labels }: LabelMap, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0)
  for (const l of labels) counts[l]!++
  return counts
}

function classesOf(mask: MaskFile): ClassInfo[] {
  return mask.values.map(({ value, count, color }, index) => ({
    index,
    name: index === 0 ? 'background' : `class ${index}`,
    color:
      index === 0 ? '#000000' : color ? `#${color.map((v) => v.toString(16).padStart(2, '0')).join('')}` : hues[(index - 1) % hues.length]!,
    value,
    pixels: count,
  }))
}

/** Adds the user's files. A file that cannot be used becomes a problem, and what was there before stays. */
export function withFiles(
  before: Dataset,
  given: { role: FileRole | null; file: NamedFile }[],
): { dataset: Dataset; problems: InputError[] } {
  const problems: InputError[] = []
  const attempt = <T>(read: () => T): T | null => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      problems.push(error)
      return null
    }
  }
  const sorted = new Map(
    assignRoles(given.filter(({ role }) => role === null).map(({ file }) => file)).map(({ file, role }) => [file, role]),
  )
  const files = given.map(({ role, file }) => ({ file, role: role ?? sorted.get(file)! }))
  const named = (role: FileRole) => files.filter((f) => f.role === role).map(({ file }) => file)

  // The user's first own file replaces the sample.
  let next = before.sample ? emptyDataset : before
  let taken = false
  for (const file of named('exemplar-image')) {
    const image = attempt(() => readImage(file))
    if (!image) continue
    // The old mask is of another picture, even where the size is the same.
    next = { ...next, exemplarImage: { name: file.name, image }, exemplarMask: null, classes: [], references: [] }
    taken = true
  }
  for (const file of named('exemplar-mask')) {
    const mask = attempt(() => {
      const read = readMask(file)
      const exemplar = next.exemplarImage
      if (!exemplar) throw new InputError(`${file.name} was not used: choose the exemplar image first, then its mask.`, file.name)
      checkExemplar(exemplar.image, exemplar.name, read, file.name)
      return read
    })
    if (!mask) {
      // An image that came with a mask that cannot be used does not replace an exemplar that can.
      if (before.exemplarMask && next.exemplarImage !== before.exemplarImage) return { dataset: before, problems }
      continue
    }
    const { width, height, labels } = mask
    const classes = classesOf(mask)
    const sameValues = classes.map(({ value }) => value).join() === next.classes.map(({ value }) => value).join()
    next = {
      ...next,
      exemplarMask: { name: file.name, map: { width, height, labels } },
      classes,
      // References are kept by class, so they go with the table that they were read by.
      references: sameValues ? next.references : [],
    }
    taken = true
  }
  const images = named('unlabeled').flatMap((file) => {
    const image = attempt(() => readImage(file))
    return image ? [{ name: file.name, image }] : []
  })
  if (images.length > 0) {
    const kept = next.unlabeled.filter(({ name }) => !images.some((image) => image.name === name))
    next = { ...next, unlabeled: [...kept, ...images] }
    taken = true
  }
  const added: Dataset['references'] = []
  for (const file of named('reference')) {
    const map = attempt(() => {
      if (next.classes.length === 0)
        throw new InputError(
          `${file.name} was not used: choose the exemplar and its mask first, they say which labels there are.`,
          file.name,
        )
      return matchLabels(
        readMask(file),
        next.classes.map(({ value }) => value),
        file.name,
      )
    })
    if (map) added.push({ name: file.name, map })
  }
  const own = { ...next, references: added }
  const unlike = new Set<string>()
  own.unlabeled.forEach(({ image }, i) => {
    const reference = partnerOf(own, i)
    if (!reference || fits(reference.map, image)) return
    const { width, height } = reference.map
    unlike.add(reference.name)
    problems.push(
      new InputError(
        `${reference.name} is ${width} x ${height}, but its image is ${image.width} x ${image.height}: a reference mask must have the size of its image.`,
        reference.name,
      ),
    )
  })
  const usable = added.filter(({ name }) => !unlike.has(name))
  if (usable.length > 0 && own.unlabeled.length > 0 && !own.unlabeled.some((_, i) => partnerOf(own, i)))
    problems.push(
      new InputError(
        `${usable[0]!.name} was not used: no unlabelled image has its name; a reference mask is named like its image, e.g. ${baseName(own.unlabeled[0]!.name)}.png.`,
        usable[0]!.name,
      ),
    )
  else if (usable.length > 0) {
    const names = new Set(usable.map(({ name }) => name))
    next = { ...next, references: [...next.references.filter(({ name }) => !names.has(name)), ...usable] }
    taken = true
  }
  if (!taken) return { dataset: before, problems }
  return { dataset: next, problems }
}

const fits = (map: LabelMap, image: Raster): boolean => map.width === image.width && map.height === image.height

/** The reference named like unlabelled image `i`: with its folders, else by what the names have in common if that is true of one only. */
function partnerOf({ unlabeled, references }: Dataset, i: number): { name: string; map: LabelMap } | null {
  const { name } = unlabeled[i]!
  const exact = references.find((reference) => fullPairName(reference.name) === fullPairName(name))
  if (exact) return exact
  const alike = references.filter((reference) => pairName(reference.name) === pairName(name))
  const rivals = unlabeled.filter((image) => pairName(image.name) === pairName(name))
  return alike.length === 1 && rivals.length === 1 ? alike[0]! : null
}

/** Reference masks by unlabelled image, found once for each dataset. */
const matched = new WeakMap<Dataset, (LabelMap | null)[]>()

/** What is still missing before a run can start, in words. */
export function missingOf({ exemplarImage, exemplarMask, unlabeled }: Dataset): string[] {
  return [
    ...(exemplarImage ? [] : ['an exemplar image']),
    ...(exemplarMask ? [] : ['an exemplar mask']),
    ...(unlabeled.length > 0 ? [] : ['unlabelled images']),
  ]
}

/** Cut, resampled and normalised as the networks see it: size x size, [0, 1]. */
export function prepareImage(image: Raster, { crop: share, size }: Config): Float32Array<ArrayBuffer> {
  const rect = centralCrop(image.width, image.height, share)
  return normalise(resizeLinear(crop(image, rect), size, size)).pixels
}

function prepareLabels(map: LabelMap, { crop: share, size }: Config): Uint8Array<ArrayBuffer> {
  return resizeLabels(cropLabels(map, centralCrop(map.width, map.height, share)), size, size).labels
}

/** `prepareImage` and `prepareLabels` in words, for whoever uses the weights elsewhere. */
export const preprocessingText = ({ crop: share, size }: Config): string =>
  `${share < 1 ? `Central square of ${share} times the shorter side; ` : ''}resampled to ${size} x ${size} (bilinear, antialiased); ` +
  `quantiles 0.01 and 0.995 mapped to 0 and 1, values beyond cut off. Masks: nearest neighbour.`

/** Prepares a complete dataset. @throws InputError when a class of the exemplar vanishes at this size and crop. */
export function prepare(dataset: Dataset, config: Config): TrainingData {
  const image = prepareImage(dataset.exemplarImage!.image, config)
  const labels = prepareLabels(dataset.exemplarMask!.map, config)
  const counts = countLabels({ width: config.size, height: config.size, labels }, dataset.classes.length)
  const lost = dataset.classes.filter(({ index, pixels }) => index > 0 && pixels > 0 && counts[index] === 0)
  if (lost.length > 0) {
    const names = lost.map(({ name }) => `"${name}"`).join(', ')
    throw new InputError(
      `${dataset.exemplarMask!.name}: nothing is left of ${names} at ${config.size} pixels and central crop ${config.crop}; choose a larger size or crop.`,
      dataset.exemplarMask!.name,
    )
  }
  return {
    size: config.size,
    classes: dataset.classes.length,
    exemplar: { image, labels },
    emptied: emptyOut(image, labels, config.size),
    unlabeled: dataset.unlabeled.map(({ image }) => prepareImage(image, config)),
  }
}

/** Values in [0, 1] as 0..255. */
export const toBytes = (pixels: Float32Array): Uint8Array<ArrayBuffer> => Uint8Array.from(pixels, (v) => Math.round(v * 255))

/** Class per pixel in the size of the source, from class probabilities size x size x C; background outside the crop. */
export function toSource(probabilities: Float32Array, source: Raster, classes: number, { crop: share, size }: Config): LabelMap {
  const { width, height } = source
  const rect: Rect = centralCrop(width, height, share)
  const best = new Float32Array(rect.width * rect.height).fill(-1)
  const labels = new Uint8Array(width * height)
  for (let c = 0; c < classes; c++) {
    const plane = new Float32Array(size * size)
    for (let i = 0; i < plane.length; i++) plane[i] = probabilities[i * classes + c]!
    const { pixels } = resizeLinear({ width: size, height: size, pixels: plane }, rect.width, rect.height)
    for (let y = 0, i = 0; y < rect.height; y++) {
      const row = (rect.y + y) * width + rect.x
      for (let x = 0; x < rect.width; x++, i++)
        if (pixels[i]! > best[i]!) {
          best[i] = pixels[i]!
          labels[row + x] = c
        }
    }
  }
  return { width, height, labels }
}

/** The reference mask of unlabelled image `i`; null without one of its size. */
export function referenceOf(dataset: Dataset, i: number): LabelMap | null {
  let maps = matched.get(dataset)
  if (!maps) {
    maps = dataset.unlabeled.map(({ image }, n) => {
      const map = partnerOf(dataset, n)?.map
      return map && fits(map, image) ? map : null
    })
    matched.set(dataset, maps)
  }
  return maps[i] ?? null
}

/**
 * Images that are scored: those with a reference mask, without the exemplar, and without its patient where there are others, for
 * slices of one patient are near copies of each other.
 */
export function scoredImages(dataset: Dataset): number[] {
  const own = dataset.exemplarImage?.name ?? ''
  const all = dataset.unlabeled
    .map((_, i) => i)
    .filter((i) => {
      const { name } = dataset.unlabeled[i]!
      return referenceOf(dataset, i) && baseName(name) !== baseName(own)
    })
  const others = all.filter((i) => patientOf(dataset.unlabeled[i]!.name) !== patientOf(own))
  return others.length > 0 ? others : all
}

/** What the page shows of a dataset; with `prepared` null (something is missing) each picture is prepared on its own. */
export function summarise(dataset: Dataset, config: Config, prepared: TrainingData | null): DatasetSummary {
  const { exemplarImage, exemplarMask, unlabeled } = dataset
  return {
    sample: dataset.sample,
    size: config.size,
    classes: dataset.classes,
    exemplar: exemplarImage && {
      name: exemplarImage.name,
      width: exemplarImage.image.width,
      height: exemplarImage.image.height,
      pixels: toBytes(prepared?.exemplar.image ?? prepareImage(exemplarImage.image, config)),
      labels: exemplarMask ? prepareLabels(exemplarMask.map, config) : new Uint8Array(config.size * config.size),
    },
    unlabeled: unlabeled.map(({ name, image }, i) => ({
      name,
      patient: patientOf(name),
      width: image.width,
      height: image.height,
      hasReference: referenceOf(dataset, i) !== null,
      pixels: toBytes(prepared?.unlabeled[i] ?? prepareImage(image, config)),
    })),
    references: unlabeled.filter((_, i) => referenceOf(dataset, i)).length,
    missing: missingOf(dataset),
  }
}

/**
 * What somebody chose about a data set, without the bytes of any file: which images, how they are cut, what is annotated, labels and pairs. An export,
 * a kept run and a worker that takes the place of a dead one have it from here.
 */
import { baseName } from '../data/file-roles'
import { InputError } from '../data/input-error'
import { maxClasses } from '../data/mask-file'
import type { Volume } from '../data/volume'
import { unknown } from '../image/raster'
import { either, listLike, listOf, oneOf, orNull, record, text, whole, type Shape, type Shaped } from '../lib/shape'
import { counted, exemplarsFrom } from './annotations'
import {
  digestOfVolume,
  emptyDataset,
  hasChannels,
  maskId,
  picturesOf,
  type Dataset,
  type Exemplar,
  type Source,
  type Target,
} from './dataset'
import type { PictureId, SampleName } from './events'
import { keptMasks, type KeptExemplars } from './exemplar-file'
import { withVolumes } from './given-volumes'
import { imagesOf, readBeside, withReferences } from './pairs'

/** Counts up when a reader of the former one would misunderstand it. */
const formatNumber = 1
const format = (number: number) => `exemplar-lab-choices-${number}`

const pictureName: Shape<PictureId> = (value): value is PictureId => text(value) && /^.+\/[012]\/\d+\/\d+$/.test(value)
const oneClass = record({ name: text, color: text, value: text })
const target: Shape<Target> = either(oneOf('background', 'unknown'), record({ value: text }))
const mapped = listLike<[string, Target]>(text, target)
/** Of an image; without a mask where nothing was chosen. */
const chosenMask = record<{ image: string; mask?: string | null }>({ image: text, mask: either(orNull(text), isUndefined) })

const isChoices = record({
  format: oneOf(format(formatNumber)),
  sample: orNull(oneOf<SampleName>('Cardiac phantom', 'Abdominal phantom')),
  /** All volumes that are or may be of use, by the ids that tell their content. */
  images: listOf(
    record({
      id: text,
      name: text,
      size: listOf(whole(1)),
      axis: oneOf(0, 1, 2),
      frame: orNull(whole(0)),
      every: whole(1),
    }),
  ),
  /** The exemplar as files say, and as it is: ids of images, and numbers of kept masks. */
  given: record({ exemplar: orNull(text), mask: orNull(whole(0)), why: text, pile: listOf(text) }),
  used: record({ exemplar: orNull(text), mask: orNull(whole(0)), pile: listOf(text) }),
  exemplars: listOf(record({ picture: pictureName, name: text, from: orNull(oneOf('drawing', 'file')) })),
  classes: listOf(oneClass),
  /** Values of the exemplar's mask that are not classes of their own. */
  mapping: listOf(mapped),
  /** All masks beside the exemplar's; of one that was put together, the names of its parts. */
  masks: listOf(record({ id: text, name: text, from: listOf(text) })),
  chosen: listOf(chosenMask),
  /** The image whose mask was chosen to be learnt from; runs of before have none. */
  teacher: either(orNull(text), isUndefined),
  earlier: listOf(record({ what: text, chosen: listOf(chosenMask), mapping: listOf(mapped), classes: listOf(oneClass) })),
  modality: orNull(record({ known: listOf(text), used: orNull(text) })),
  watched: orNull(pictureName),
})

function isUndefined(value: unknown): value is undefined {
  return value === undefined
}

export type Choices = Shaped<typeof isChoices>

const classList = (classes: Dataset['classes']) => classes.map(({ name, color, value }) => ({ name, color, value }))

/** All images that a run is continued from: of those that were only segmented, the ones that were drawn on since. */
const neededOf = (dataset: Dataset): Source[] => {
  const drawn = new Set(dataset.exemplars.map(({ picture }) => picture.source))
  return [...imagesOf(dataset), ...dataset.further.filter((source) => drawn.has(source))]
}

/** @param watched the image that the live view follows */
export function choicesOf(dataset: Dataset, watched: PictureId | null): Choices {
  const { sample, given, exemplarSource, exemplarMask, exemplars, sources, masks, modality } = dataset
  const kept = keptMasks(dataset)
  const numberOf = (mask: Volume | undefined | null) => (mask ? kept.indexOf(mask) : null)
  const ids = (all: readonly Source[]) => all.map(({ id }) => id)
  return {
    format: format(formatNumber),
    sample,
    images: neededOf(dataset).map(({ id, volume: { name, size }, axis, frame, every }) => ({
      id,
      name,
      size: [...size],
      axis,
      frame,
      every,
    })),
    given: { exemplar: given.exemplar?.id ?? null, mask: numberOf(given.mask), why: given.why, pile: ids(given.pile) },
    used: { exemplar: exemplarSource?.id ?? null, mask: numberOf(exemplarMask?.given), pile: ids(sources) },
    exemplars: exemplars.map(({ picture: { id, name }, drawn, given: own }) => ({
      ...{ picture: id, name },
      from: drawn ? 'drawing' : own ? 'file' : null,
    })),
    classes: classList(dataset.classes),
    mapping: [...dataset.mapping],
    masks: masks.map((mask) => ({ id: maskId(mask), name: mask.name, from: mask.merged?.from ?? [] })),
    chosen: [...dataset.chosen].map(([image, mask]) => ({ image, mask })),
    teacher: dataset.teacher,
    earlier: dataset.earlier.map(({ what, chosen, mapping, classes }) => ({
      what,
      chosen: chosen.map(([image, mask]) => (mask === undefined ? { image } : { image, mask })),
      mapping: [...mapping],
      classes: classList(classes),
    })),
    modality,
    watched,
  }
}

/**
 * Reads what `choicesOf` gave, from JSON.
 * @param file whose it is, for the message @throws InputError for anything else
 */
export function readChoices(json: unknown, file: string): Choices {
  if (isChoices(json)) return json
  const number = record({ format: text })(json) ? Number(/^exemplar-lab-choices-(\d+)$/.exec(json.format)?.[1]) : NaN
  throw new InputError(
    number > formatNumber
      ? `"${file}" was saved by a newer version of Exemplar Lab than this one: open it with that version, or reload the page to get the newest.`
      : `The choices in "${file}" are damaged; export the run again.`,
    file,
  )
}

/** The digest of a volume in the id of its source. */
const digestIn = (id: string) => id.replace(/-\d+$/, '')

/** The same in the id of a mask, which ends with its name. */
const maskDigest = (id: string) => id.slice(0, id.indexOf('/'))

/** The volumes for the images of a run, by its ids: the same content, and of those the same name, where there is one. */
function found({ images }: Choices, volumes: readonly Volume[]): Map<string, Volume> {
  const byDigest = new Map<string, Map<string, Volume>>()
  for (const volume of volumes) {
    const digest = digestOfVolume(volume)
    byDigest.set(digest, (byDigest.get(digest) ?? new Map<string, Volume>()).set(volume.name, volume))
  }
  const known = new Map<string, Volume>()
  const rules: ((name: string, other: string) => boolean)[] = [
    (name, other) => name === other,
    (name, other) => baseName(name) === baseName(other),
    () => true,
  ]
  for (const same of rules)
    for (const { id, name } of images) {
      const alike = byDigest.get(digestIn(id))
      const match = known.has(id) ? undefined : [...(alike?.keys() ?? [])].find((other) => same(name, other))
      if (match === undefined) continue
      known.set(id, alike!.get(match)!)
      alike!.delete(match)
    }
  return known
}

/** Whether a volume is an image or a mask of a run. */
export function belongsTo({ images, masks }: Choices, kept: KeptExemplars): (volume: Volume) => boolean {
  const digests = new Set([
    ...images.map(({ id }) => digestIn(id)),
    ...[...masks.map(({ id }) => id), ...kept.masks.map(maskId)].map(maskDigest),
  ])
  const parts = new Set([...masks.flatMap(({ from }) => from), ...kept.masks.flatMap(({ merged }) => merged?.from ?? [])])
  return (volume) => digests.has(digestOfVolume(volume)) || parts.has(volume.name)
}

/** The names of the images that are not among these volumes. */
export function lackingOf(choices: Choices, volumes: readonly Volume[]): string[] {
  const known = found(choices, volumes)
  return choices.images.filter(({ id }) => !known.has(id)).map(({ name }) => name)
}

/**
 * The data set as it was, from the same images; of the other volumes, those that were its references are taken.
 * @param file whose choices they are, for messages @throws InputError for choices that cannot be of these images
 */
export function datasetFrom(choices: Choices, { labels, masks }: KeptExemplars, volumes: readonly Volume[], file: string): Dataset {
  const damaged = new InputError(`The choices in "${file}" do not fit its images; export the run again.`, file)
  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw damaged
    return value
  }
  const known = found(choices, volumes)
  const sources = new Map(
    choices.images.map(({ id, axis, frame, every }) => [id, { id, volume: there(known.get(id)), axis, frame, every }]),
  )
  for (const { frame, volume } of sources.values()) if (frame !== null && frame >= volume.size[3]) throw damaged
  const sourceOf = (id: string | null) => (id === null ? null : there(sources.get(id)))
  const maskOf = (number: number | null) => (number === null ? null : there(masks[number]))
  const pileOf = (ids: readonly string[]) => ids.map((id) => there(sources.get(id)))
  const { given, used } = choices
  const [exemplarSource, mask] = [sourceOf(used.exemplar), maskOf(used.mask)]
  const exemplarMask = exemplarSource && mask && readBeside(mask, exemplarSource.volume)
  if (mask && !exemplarMask) throw damaged
  const fromFile = new Map(
    exemplarMask ? exemplarsFrom(exemplarSource, exemplarMask).map((exemplar) => [exemplar.picture.id as string, exemplar]) : [],
  )
  const exemplars = choices.exemplars.map(({ picture: id, name, from }, n): Exemplar => {
    if (from === 'file') return there(fromFile.get(id))
    const source = there(sources.get(id.slice(0, id.indexOf('/'))))
    const picture = there(cutFully(source).find((one) => one.id === id))
    if (from === null) return { picture, drawn: null, given: null }
    const drawn = there(labels[n] ?? undefined)
    if (drawn.width !== picture.width || drawn.height !== picture.height)
      throw new InputError(
        `In "${file}" the drawing on "${name}" is ${drawn.width} x ${drawn.height} pixels, but the image is ${picture.width} x ${picture.height}; export the run again.`,
        file,
      )
    if (drawn.labels.some((label) => label !== unknown && label >= choices.classes.length)) throw damaged
    return { picture, drawn, given: null }
  })
  if (choices.classes.length > maxClasses) throw damaged
  const own = new Map(masks.map((one) => [maskId(one), one]))
  const all = new Map([...volumes.map((one) => [maskId(one), one] as const), ...own])
  // Names may have been changed since, or left out of the zip.
  const byContent = new Map([...all].map(([id, one]) => [maskDigest(id), one]))
  const masksById = new Map(
    choices.masks.flatMap(({ id }) => {
      const mask = all.get(id) ?? byContent.get(maskDigest(id))
      return mask ? [[id, mask] as const] : []
    }),
  )
  const idNow = (id: string) => (masksById.has(id) ? maskId(masksById.get(id)!) : id)
  const classesFrom = (list: Choices['classes']) => list.map((info, index) => ({ ...info, index, pixels: 0 }))
  const chosenOf = (list: Choices['chosen']) => list.map(({ image, mask }) => [image, mask && idNow(mask)] as const)
  const dataset: Dataset = {
    ...emptyDataset,
    sample: choices.sample,
    given: { exemplar: sourceOf(given.exemplar), mask: maskOf(given.mask), why: given.why, pile: pileOf(given.pile) },
    ...{ exemplarSource, exemplarMask, exemplars, mapping: new Map(choices.mapping), classes: classesFrom(choices.classes) },
    ...{ sources: pileOf(used.pile), unlabeled: pileOf(used.pile).flatMap(picturesOf), modality: choices.modality },
    masks: [...new Set(masksById.values())],
    chosen: new Map(chosenOf(choices.chosen).map(([image, mask]) => [image, mask ?? null])),
    teacher: choices.teacher ?? null,
    earlier: choices.earlier.map(({ what, chosen, mapping, classes }) => ({
      what,
      chosen: chosenOf(chosen).map(([image, mask]) => [image, mask]),
      mapping: new Map(mapping),
      classes: classesFrom(classes),
    })),
  }
  const parts = new Set(choices.masks.flatMap(({ from }) => from))
  const missing = choices.masks.some(({ id }) => !masksById.has(id))
  const unmerged = missing ? volumes.filter(({ name, merged }) => !merged && parts.has(name)) : []
  const next = withReferences(counted(dataset)).dataset
  if (unmerged.length === 0) return next
  return withVolumes(
    next,
    unmerged.map((volume) => ({ role: 'reference' as const, volume })),
  ).dataset
}

/** Every picture of a source, used or not. */
const cutFully = (source: Source) => picturesOf({ ...source, every: 1, frame: hasChannels(source.volume) ? source.frame : null })

/**
 * Which mask is of which image. Files say it by their names and by the inputs they came through, and a person may say otherwise. What follows for
 * the exemplar, the pile and the references depends on what was chosen, not on the way there.
 */
import { checkExemplar, matchValues, needsImage, readMask, sizeText, unknownValueOf, type Mask } from '../data/mask-file'
import { InputError } from '../data/input-error'
import { pairUp, type Chosen, type Pairing, type Unpaired } from '../data/pairs'
import type { Volume } from '../data/volume'
import { checkFrame, classesFrom, counted, exemplarsFrom, liesOn, tableOf } from './annotations'
import { maskId, picturesOf, type Dataset, type Earlier, type Partner, type Source, type Target } from './dataset'

const reads = new WeakMap<Volume, { mask: Mask; image: Volume | null; objects: boolean }>()

/** A mask beside its image; decoded again only where it means another thing there. */
export function readBeside(volume: Volume, image: Volume | null, objects = false): Mask {
  const known = reads.get(volume)
  if (known?.objects === objects && (known.image === image || !needsImage(volume, image))) return known.mask
  const mask = readMask(volume, { image, objects })
  keepRead(mask, image, objects)
  return mask
}

/** Keeps a mask that was decoded elsewhere. */
export const keepRead = (mask: Mask, image: Volume | null = null, objects = false): void =>
  void reads.set(mask.given, { mask, image, objects })

/** All images that have or may have a mask, each once. */
export const imagesOf = ({ given, exemplarSource, sources }: Dataset): Source[] => [
  ...new Map(
    [given.exemplar, exemplarSource, ...given.pile, ...sources].flatMap((source) => (source ? [[source.id, source]] : [])),
  ).values(),
]

/** All masks by their ids; of equal ones the exemplar's. */
export const masksOf = ({ given, masks }: Dataset): Map<string, Volume> =>
  new Map([...masks, ...(given.mask ? [given.mask] : [])].map((mask) => [maskId(mask), mask]))

/** The data set without choices of what is no longer there. */
function stillThere(dataset: Dataset): Dataset {
  if (dataset.chosen.size === 0) return dataset
  const [images, masks] = [new Set(imagesOf(dataset).map(({ id }) => id)), masksOf(dataset)]
  return {
    ...dataset,
    chosen: new Map([...dataset.chosen].filter(([image, mask]) => images.has(image) && (mask === null || masks.has(mask)))),
  }
}

/** What was chosen for these images, among these masks. */
export function chosenFor({ chosen }: Dataset, images: readonly Source[], masks: readonly Volume[]): Chosen {
  if (chosen.size === 0) return new Map()
  const byId = new Map(masks.map((mask) => [maskId(mask), mask]))
  const own = images.filter(({ id }) => chosen.has(id))
  return new Map(own.map(({ id, volume }) => [volume, [byId.get(chosen.get(id) ?? '') ?? []].flat()]))
}

/** Pairs of all images with all masks, as names, places and choices tell. @param taught a pair whatever names say */
export function pairAll(dataset: Dataset, taught: Teaching = nothing): Pairing {
  const [images, masks] = [imagesOf(dataset), [...masksOf(dataset).values()]]
  const chosen = new Map(chosenFor(dataset, images, masks))
  if (taught.source && taught.mask) chosen.set(taught.source.volume, [taught.mask])
  return pairUp(
    images.map(({ volume }) => volume),
    masks,
    { chosen },
  )
}

/** The pair that is learnt from; without a source there is none, without a mask it waits for one. */
interface Teaching {
  source: Source | null
  mask: Volume | null
  why: string
}

const nothing: Teaching = { source: null, mask: null, why: '' }

/** Of these pairs the one whose mask shows the most classes, the first of equal ones. */
function richest(pairs: readonly Teaching[], least: Teaching = nothing): Teaching {
  let [best, most] = [least, 0]
  for (const pair of pairs) {
    const classes = classCount(pair.mask!, pair.source!.volume)
    if (classes > most) [best, most] = [pair, classes]
  }
  return best
}

/**
 * The exemplar as files say, unless its image was given another mask or its mask another image, or a mask with more classes was chosen for any. If its
 * image has lost its mask, it is the pair whose mask shows the most classes, as in a drop. But what was drawn is exemplar enough.
 */
export function teachingPair(dataset: Dataset): Teaching {
  const { given, chosen, exemplars, teacher } = dataset
  const own = given.exemplar
  const asGiven = { source: own, mask: given.mask, why: given.why }
  if (teacher !== null) {
    const source = imagesOf(dataset).find(({ id }) => id === teacher)
    const mask = source && maskOfImage(dataset, source)
    if (source && mask) return { source, mask, why: 'you chose' }
  }
  if (chosen.size === 0) return asGiven
  const masks = masksOf(dataset)
  const pairs = imagesOf(dataset).flatMap((source): Teaching[] => {
    const mask = masks.get(chosen.get(source.id) ?? '')
    return mask ? [{ source, mask, why: 'you chose' }] : []
  })
  const isLeft = own !== null && !chosen.has(own.id)
  const moved = pairs.find(({ mask }) => mask === given.mask)
  const first = isLeft && given.mask && !moved ? asGiven : pairs.find(({ source }) => source?.id === own?.id)
  const drawn = exemplars.some((exemplar) => exemplar.drawn)
  const nearest = [first ?? [], moved ?? []].flat()
  if (nearest.length > 0) return richest([...nearest, ...(drawn ? [] : pairs)])
  if (drawn) return isLeft ? asGiven : nothing
  const byVolume = new Map(imagesOf(dataset).map((source) => [source.volume, source]))
  return richest(
    pairAll(dataset).pairs.map(({ image, mask, why }) => ({ source: byVolume.get(image)!, mask, why })),
    { ...nothing, source: own },
  )
}

/** The mask that files or choices give an image, exemplar or not; null without one. */
function maskOfImage(dataset: Dataset, { id, volume }: Source): Volume | null {
  const { given } = dataset
  if (given.exemplar?.id === id && given.mask && !dataset.chosen.has(id)) return given.mask
  return pairAll(dataset).pairs.find(({ image }) => image === volume)?.mask ?? null
}

function classCount(mask: Volume, image: Volume): number {
  try {
    return readBeside(mask, image).values.filter(({ count }) => count > 0).length
  } catch (error) {
    if (error instanceof InputError) return 0
    throw error
  }
}

/** Whether a volume gives several images, of which those without a mask are there to learn from. */
export const isStack = (source: Source): boolean => picturesOf({ ...source, every: 1 }).length > 1

/** The pile when this is the exemplar: of single pictures it lacks that one and has the one that files say instead. */
function pileFor({ given: { exemplar: own, pile } }: Dataset, source: Source | null): Source[] {
  if (own?.id === source?.id) return pile
  const lost = own && !pile.some(({ id }) => id === own.id) ? [own] : []
  const swapped = pile.flatMap((one) => (one.id !== source?.id || isStack(one) ? [one] : lost.splice(0)))
  return [...swapped, ...lost]
}

/** An exemplar and its mask from files. @throws InputError when the mask cannot teach there; nothing has changed then */
export function withExemplar(dataset: Dataset, source: Source, volume: Volume): Dataset {
  const mask = readBeside(volume, source.volume)
  const found = exemplarsFrom(source, mask)
  checkExemplar(mask)
  if (found.length === 0)
    throw new InputError(`"${volume.name}" marks nothing inside "${source.volume.name}"; is it the mask of another image?`, volume.name)
  const drawn = dataset.exemplars.filter((exemplar) => exemplar.drawn)
  const exemplars = [...found.filter(({ picture }) => !drawn.some((other) => other.picture.id === picture.id)), ...drawn]
  const next = { ...dataset, exemplarSource: source, exemplarMask: mask, exemplars }
  const valuesOf = (of: Mask | null) => of?.values.map(({ value }) => value).join()
  if (dataset.exemplarMask?.given === volume && valuesOf(dataset.exemplarMask) === valuesOf(mask)) return counted(next)
  if (drawn.length > 0) {
    const table = tableOf(dataset)
    const other = mask.values.find(({ value, count }) => count > 0 && !table.has(value))
    if (other)
      throw new InputError(
        `"${volume.name}" holds the value ${other.value}, which the labels that you drew with lack: remove the drawn exemplars first.`,
        volume.name,
      )
    return counted(next)
  }
  const aside = unknownValueOf(mask)
  const mapping = new Map<string, Target>(aside === null ? [] : [[aside, 'unknown']])
  return counted({ ...next, mapping, classes: classesFrom(mask, mapping) })
}

/** The data set with the exemplar's labels called as they were, where its file has no names for them. */
function calledAs(dataset: Dataset, before: Dataset): Dataset {
  const known = new Map(before.classes.map((info) => [info.value, info]))
  const names = new Map(dataset.exemplarMask?.values.map(({ value, name }) => [value, name]))
  const classes = dataset.classes.map((info) => {
    const same = names.get(info.value) == null ? known.get(info.value) : undefined
    return same ? { ...info, name: same.name, color: same.color } : info
  })
  return { ...dataset, classes }
}

/** Without an exemplar from a file: what was drawn stays, and an image that files call the exemplar waits for its mask. */
function withoutMask(dataset: Dataset, source: Source | null): Dataset {
  const drawn = dataset.exemplars.filter((exemplar) => exemplar.drawn)
  const waiting = source && drawn.length === 0 && !isStack(source) ? [{ picture: picturesOf(source)[0]!, drawn: null, given: null }] : []
  const classes = drawn.length > 0 ? dataset.classes : []
  return counted({ ...dataset, exemplarSource: source, exemplarMask: null, exemplars: [...waiting, ...drawn], mapping: new Map(), classes })
}

/**
 * Exemplar, pile and references as files and choices say; what stays as it is is the same object.
 * @throws InputError when the exemplar's mask cannot teach
 */
export function withPairs(before: Dataset): Dataset {
  const dataset = stillThere(before)
  const { source, mask } = teachingPair(dataset)
  const { exemplarSource, exemplarMask } = dataset
  let next = dataset
  if (source?.id !== exemplarSource?.id || mask !== (exemplarMask?.given ?? null))
    next = source && mask ? calledAs(withExemplar(dataset, source, mask), dataset) : withoutMask(dataset, source)
  const pile = pileFor(next, source)
  const same = pile.length === next.sources.length && pile.every(({ id }, i) => id === next.sources[i]!.id)
  if (!same) next = { ...next, sources: pile, unlabeled: pile.flatMap(picturesOf) }
  return withReferences(next).dataset
}

/** Gives every mask beside the exemplar's to its image, as far as it can be used there. */
export function withReferences(dataset: Dataset): { dataset: Dataset; unpaired: Unpaired[] } {
  const { sources, exemplarSource, exemplarMask, given, masks } = dataset
  const taught = exemplarMask?.given ?? null
  const asGiven = taught === given.mask && exemplarSource?.id === given.exemplar?.id
  // A copy of the exemplar's mask is for a copy of its image, unless somebody moved one of them.
  const pool = asGiven ? masks : [...masksOf(dataset)].filter(([id]) => !taught || id !== maskId(taught)).map(([, mask]) => mask)
  const images = sources.map(({ volume }) => volume)
  const { pairs, unpaired } = pairUp(images, pool, { chosen: chosenFor(dataset, sources, pool) })
  const partners = new Map<Volume, Partner>()
  const refused = new Map<Volume, InputError>()
  const attempt = (volume: Volume, image: Volume | null, why: string) => {
    try {
      const mask = referenceFor(dataset, volume, image)
      if (image) partners.set(image, { mask, why })
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      refused.set(volume, error)
    }
  }
  for (const { image, mask, why } of pairs) attempt(mask, image, why)
  // Masks may come before their images.
  if (images.length === 0) for (const mask of pool) attempt(mask, null, '')
  return { dataset: { ...dataset, partners, refused }, unpaired }
}

/** A mask as reference of an image, null where that is not known yet. @throws InputError when it cannot be one */
function referenceFor(dataset: Dataset, volume: Volume, image: Volume | null): Mask {
  if (dataset.classes.length === 0)
    throw new InputError(
      `"${volume.name}" was not used: choose the exemplar and its mask first, they say which labels there are.`,
      volume.name,
    )
  const mask = readBeside(volume, image, dataset.exemplarMask?.objects != null)
  matchValues(mask, tableOf(dataset))
  if (image) checkFrame(mask.volume, image)
  if (image && !liesOn(mask.volume, image))
    throw new InputError(
      `"${volume.name}" is ${sizeText(mask.volume)}, but its image is ${sizeText(image)}: a reference mask must have the size and place of its image.`,
      volume.name,
    )
  return mask
}

/** The mask of an image as it came, the exemplar's or a reference; null without one. */
export const maskOf = ({ exemplarSource, exemplarMask, partners }: Dataset, { id, volume }: Source): Volume | null =>
  (exemplarMask && exemplarSource?.id === id ? exemplarMask : partners.get(volume)?.mask)?.given ?? null

/**
 * The data set with another mask for an image, or none; where that mask was before, it is no more.
 * @param image id of its source @param mask id @throws InputError when the mask cannot be used there
 */
export function withMask(dataset: Dataset, image: string, mask: string | null): Dataset {
  const source = dataset.sample ? undefined : imagesOf(dataset).find(({ id }) => id === image)
  if (!source) throw new InputError('This image is no longer loaded; choose another.', '')
  const volume = mask === null ? null : masksOf(dataset).get(mask)
  if (volume === undefined) throw new InputError('This mask is no longer loaded; choose another.', '')
  const others = [...dataset.chosen].flatMap(([id, own]) => (own !== null && own === mask && id !== image ? [id] : []))
  const chosen = new Map(dataset.chosen)
  for (const id of others) chosen.delete(id)
  chosen.set(image, mask)
  const { mapping, classes } = dataset
  const before = [...others, image].map((id): Earlier['chosen'][number] => [id, dataset.chosen.get(id)])
  const earlier = [...dataset.earlier, { what: `the mask of ${source.volume.name}`, chosen: before, mapping, classes }]
  const next = withPairs({ ...dataset, chosen, earlier })
  const problem = volume && maskOf(next, source) !== volume ? next.refused.get(volume) : undefined
  if (problem) throw problem
  return next
}

/**
 * The data set that learns from an image with the mask that it has. The exemplar of before is an image like the others then, and its mask a reference.
 * @param image id of its source @throws InputError when it has no mask, or one that cannot teach; nothing has changed then
 */
export function withTeacher(dataset: Dataset, image: string): Dataset {
  const source = imagesOf(dataset).find(({ id }) => id === image)
  const mask = source && maskOf(dataset, source)
  if (!mask) throw new InputError('This image has no mask to learn from: annotate it, or give it one.', '')
  const next = withPairs({ ...dataset, teacher: image })
  if (next.exemplarSource?.id !== image)
    throw new InputError(`"${source.volume.name}" could not be made the exemplar: give it its mask under Pairs.`, source.volume.name)
  return next
}

/** The data set before the last choice that is left, apart from what else has changed since. @throws InputError when nothing was chosen */
export function withoutLastChoice(dataset: Dataset): Dataset {
  const last = dataset.earlier.at(-1)
  if (!last) throw new InputError('There is no chosen mask to take back.', '')
  const chosen = new Map(dataset.chosen)
  for (const [id, mask] of last.chosen)
    if (mask === undefined) chosen.delete(id)
    else chosen.set(id, mask)
  const next = withPairs({ ...dataset, chosen, earlier: dataset.earlier.slice(0, -1) })
  const { exemplarMask, exemplars } = next
  if (!exemplarMask || exemplarMask.given === dataset.exemplarMask?.given || exemplars.some(({ drawn }) => drawn)) return next
  // Its labels as they were before it was replaced.
  const values = new Set(exemplarMask.values.map(({ value }) => value))
  if (last.classes.length === 0 || !last.classes.every(({ value }) => values.has(value))) return next
  return withReferences(counted({ ...next, mapping: last.mapping, classes: last.classes })).dataset
}

const listed = (all: readonly string[], most = 6): string => {
  const some = all.slice(0, all.length > most ? most - 1 : most)
  const more = all.length - some.length
  const last = more > 0 ? `${more} more` : some.pop()
  return some.length > 0 ? `${some.join(', ')} and ${last}` : (last ?? '')
}

/** What another choice of masks has changed, in sentences. */
export function sayChange(before: Dataset, after: Dataset): string {
  const images = imagesOf(after)
  const changed = images.filter((source) => maskOf(before, source) !== maskOf(after, source))
  const has = (source: Source): string => {
    const mask = maskOf(after, source)
    return `"${source.volume.name}" ${mask ? `has "${mask.name}"` : 'has no mask'} now.`
  }
  changed.sort((a, b) => Number(maskOf(after, a) === null) - Number(maskOf(after, b) === null))
  const few = changed.slice(0, 3)
  const others = changed.length - few.length
  const source = after.exemplarSource
  const moved = source?.id !== before.exemplarSource?.id || (after.exemplarMask === null) !== (before.exemplarMask === null)
  const values = ({ classes }: Dataset) => classes.map(({ value }) => value).join()
  const lost = [...after.refused.keys()].filter((mask) => !before.refused.has(mask)).length
  return [
    ...few.map(has),
    ...(others > 0 ? [`So have ${others} other images another mask, or none.`] : []),
    ...(moved
      ? [
          after.exemplarMask && source
            ? `The exemplar is "${source.volume.name}" now.`
            : after.exemplars.some(({ drawn }) => drawn)
              ? 'What was drawn is the only exemplar now.'
              : 'There is no exemplar now: give an image its mask, or draw one.',
        ]
      : []),
    ...(values(after) !== values(before) && after.classes.length > 0
      ? [`The classes are now ${listed(after.classes.map(({ name }) => name))}.`]
      : []),
    ...(lost > 0
      ? [`${lost} reference ${lost > 1 ? 'masks do' : 'mask does'} not fit these classes and ${lost > 1 ? 'are' : 'is'} not used.`]
      : []),
  ].join(' ')
}

import { overlaps } from '../data/alignment'
import { assignRoles } from '../data/dropped-files'
import type { FileRole } from '../data/file-roles'
import { checkExemplar, matchValues, needsImage, readMask, sizeText, unknownValueOf, type Mask } from '../data/mask-file'
import { InputError } from '../data/input-error'
import { pairUp, saySeveral, sayUnpaired } from '../data/pairs'
import type { Volume } from '../data/volume'
import { annotated, classesFrom, counted, exemplarsFrom, liesOn, tableOf } from './annotations'
import { emptyDataset, makeSources, picturesOf, type Dataset, type Source, type Target } from './dataset'

/**
 * Adds the user's images and masks, decoded. One that cannot be used becomes a problem, and what was there before stays.
 * @param chosen which reference is of which image, by names, whatever these say
 */
export function withVolumes(
  before: Dataset,
  given: readonly { role: FileRole | null; volume: Volume }[],
  chosen: Dataset['chosen'] = new Map(),
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
  const dropped = assignRoles(given.filter(({ role }) => role === null).map(({ volume }) => volume))
  const sorted = new Map(dropped.sorted.map(({ volume, ...told }) => [volume, told]))
  problems.push(...saySeveral(dropped.several), ...sayUnpaired(dropped.unpaired))
  /** A mask that was decoded to tell what it is, is not decoded again, unless it means another thing here. */
  const maskOf = (volume: Volume, image: Volume | null, objects = false): Mask => {
    const known = sorted.get(volume)?.mask
    return known && !objects && !needsImage(volume, image) ? known : readMask(volume, { image, objects })
  }
  // Where somebody has drawn exemplars, a pair of image and mask that is dropped is more to learn from and to compare with.
  const drawn = before.exemplars.some((exemplar) => exemplar.drawn)
  const roleOf = (volume: Volume): FileRole | null => {
    const { role } = sorted.get(volume)!
    return drawn && role === 'exemplar-image' ? 'unlabeled' : drawn && role === 'exemplar-mask' ? 'reference' : role
  }
  const inRole = (role: FileRole) => given.filter((g) => (g.role ?? roleOf(g.volume)) === role).map(({ volume }) => volume)
  const refuse = ({ name }: Volume) =>
    problems.push(new InputError(`"${name}" was not used, for it would replace the exemplars that you drew: remove those first.`, name))

  // The user's first own file replaces the sample.
  let next = before.sample ? emptyDataset : before
  let taken = false
  const sourcesOf = (volumes: Volume[]) => makeSources(volumes, [...next.sources, ...(next.exemplarSource ? [next.exemplarSource] : [])])
  const pile = (volumes: Source[]) => {
    const kept = next.sources.filter(({ volume: { name } }) => !volumes.some(({ volume }) => volume.name === name))
    const sources = [...kept, ...volumes]
    next = { ...next, sources, unlabeled: sources.flatMap(picturesOf) }
  }

  for (const volume of exemplarImages(inRole('exemplar-image'), inRole('exemplar-mask'))) {
    if (drawn) {
      refuse(volume)
      continue
    }
    const source = sourcesOf([volume])[0]!
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
      const source = next.exemplarSource
      const mask = maskOf(volume, source?.volume ?? null)
      if (!source) throw new InputError(`"${volume.name}" was not used: choose the exemplar image first, then its mask.`, volume.name)
      const exemplars = exemplarsFrom(source, mask)
      checkExemplar(mask)
      if (exemplars.length === 0)
        throw new InputError(`"${volume.name}" marks nothing inside "${source.volume.name}"; is it the mask of another image?`, volume.name)
      const aside = unknownValueOf(mask)
      const mapping = new Map<string, Target>(aside === null ? [] : [[aside, 'unknown']])
      return counted({ ...next, exemplarMask: mask, exemplars, mapping, classes: classesFrom(mask, mapping), references: [] })
    })
    if (!done) {
      // An image that came with a mask that cannot be used does not replace an exemplar that can.
      if (annotated(before).length > 0 && next.exemplarSource !== before.exemplarSource) return { dataset: before, problems }
      continue
    }
    next = done
    taken = true
  }
  const unlabeled = sourcesOf(inRole('unlabeled'))
  if (unlabeled.length > 0) {
    pile(unlabeled)
    taken = true
  }

  if (chosen.size > 0) next = { ...next, chosen: new Map([...next.chosen, ...chosen]) }
  const references = inRole('reference')
  const images = next.sources.map(({ volume }) => volume)
  const { pairs, unpaired } = pairUp(images, references, { chosen: next.chosen })
  const imageOf = new Map(pairs.map(({ mask, image }) => [mask, image]))
  // Masks may come before their images; and the exemplar's own one may be among them.
  const aside = new Set(
    images.length === 0 || !next.exemplarSource ? [] : pairUp([next.exemplarSource.volume], references).pairs.map(({ mask }) => mask),
  )
  const annotatedImage = next.exemplarMask && next.exemplarSource?.volume
  const strangers = unpaired
    .filter(({ mask }) => images.length > 0 && !aside.has(mask))
    .map((own) => ({ ...own, candidates: own.candidates.filter((image) => image !== annotatedImage) }))
  problems.push(...sayUnpaired(strangers))
  const usable: Mask[] = []
  for (const volume of references) {
    const image = imageOf.get(volume)
    if (!image && images.length > 0) continue
    const mask = attempt(() => {
      if (next.classes.length === 0)
        throw new InputError(
          `"${volume.name}" was not used: choose the exemplar and its mask first, they say which labels there are.`,
          volume.name,
        )
      const read = maskOf(volume, image ?? null, next.exemplarMask?.objects != null)
      matchValues(read, tableOf(next))
      if (image && !liesOn(read.volume, image))
        throw new InputError(
          `"${volume.name}" is ${sizeText(read.volume)}, but its image is ${sizeText(image)}: a reference mask must have the size and place of its image.`,
          volume.name,
        )
      return read
    })
    if (mask) usable.push(mask)
  }
  if (usable.length > 0) {
    const names = new Set(usable.map(({ volume }) => volume.name))
    next = { ...next, references: [...next.references.filter(({ volume }) => !names.has(volume.name)), ...usable] }
    taken = true
  }
  if (!taken) return { dataset: before, problems }
  return { dataset: next, problems }
}

/** Of several volumes in one file of the exemplar, such as three planes, those that its mask lies on; all where it says no place. */
function exemplarImages(images: readonly Volume[], masks: readonly Volume[]): readonly Volume[] {
  if (images.length < 2) return images
  const fitting = images.filter((image) => image.affine && masks.some((mask) => mask.affine && overlaps(mask, image)))
  return fitting.length > 0 ? fitting : images
}

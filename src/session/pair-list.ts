/** Pairs of image and mask as the page lists them. */
import { alignment } from '../data/alignment'
import { tryMask } from '../data/file-roles'
import { fits, type Unpaired } from '../data/pairs'
import type { Volume } from '../data/volume'
import { liesOn } from './annotations'
import { maskId, type Dataset } from './dataset'
import type { PairList } from './events'
import { imagesOf, maskOf, masksOf, pairAll, teachingPair } from './pairs'

const reasons: Record<Unpaired['why'], string> = {
  'no image of its case': 'no image has its name',
  'several images of its case': 'could be of several images',
  'several masks of one image': 'one of several masks of its image',
  'its image has another mask': 'its image has another mask',
  'its image was given another or none': 'its image was given another mask, or none',
  'its class is not told': 'it does not say which class it shows',
}

/** A label map that was put together is called after its masks. */
function nameOf({ name, merged }: Volume): string {
  const [first, second, ...more] = merged?.from ?? [name]
  if (second === undefined) return first!
  return more.length > 0 ? `${first} and ${more.length + 1} more` : `${first} and ${second}`
}

/** Volumes on one grid have one key. */
const gridOf = ({ size, affine }: Volume): string => JSON.stringify([size, affine])

/** Whether a mask that does not lie on an image does so once its maps of classes are one. */
function liesDecoded(mask: Volume, image: Volume): boolean {
  const count = ({ size }: Volume) => size[0] * size[1] * size[2] * size[3]
  if (alignment(mask, image) || count(mask) <= count(image) || count(mask) % count(image) !== 0) return false
  const read = tryMask(mask, image)
  return read !== null && liesOn(read.volume, image)
}

/** The images that have a mask or could have one, and all masks; null for a sample, whose pairs are as they were made. */
export function pairList(dataset: Dataset): PairList | null {
  if (dataset.sample) return null
  const masks = [...masksOf(dataset)]
  if (masks.length === 0) return null
  const images = imagesOf(dataset)
  const idOf = new Map(images.map(({ id, volume }) => [volume, id]))
  const grids = new Map<string, { number: number; image: Volume }>()
  for (const { volume } of images) if (!grids.has(gridOf(volume))) grids.set(gridOf(volume), { number: grids.size, image: volume })
  const taught = teachingPair(dataset)
  const { pairs, unpaired } = pairAll(dataset, taught)
  const left = new Map<Volume, { why: string; candidates: readonly Volume[] }>()
  for (const { mask, image } of pairs) left.set(mask, { why: 'not used', candidates: [image] })
  for (const { mask, why, candidates } of unpaired) left.set(mask, { why: reasons[why], candidates })
  const ownerOf = new Map(images.map((source) => [maskOf(dataset, source), source]))
  const places = new Map<string, number[]>()
  const placesOf = (mask: Volume): number[] => {
    const where = (lies: (mask: Volume, image: Volume) => boolean) =>
      [...grids.values()].flatMap(({ number, image }) => (lies(mask, image) ? [number] : []))
    const own = gridOf(mask)
    const known = places.get(own) ?? where(fits)
    places.set(own, known)
    return known.length > 0 ? known : where(liesDecoded)
  }
  const maskInfos: PairList['masks'] = masks.map(([id, mask]) => {
    const owner = ownerOf.get(mask)
    const own = left.get(mask)
    return {
      id,
      name: nameOf(mask),
      image: owner?.id ?? null,
      // The row bears its name already.
      why: owner ? null : (dataset.refused.get(mask)?.message.replace(`"${mask.name}" `, '') ?? own?.why ?? 'not used'),
      candidates: owner || !own ? [] : own.candidates.flatMap((image) => idOf.get(image) ?? []),
      grids: placesOf(mask),
    }
  })
  const usable = new Set(maskInfos.flatMap((mask) => mask.grids))
  return {
    images: images.flatMap((source) => {
      const { id, volume } = source
      const mask = maskOf(dataset, source)
      const grid = grids.get(gridOf(volume))!.number
      if (!mask && !usable.has(grid)) return []
      const exemplar = mask !== null && dataset.exemplarSource?.id === id
      const why = exemplar ? taught.why : (dataset.partners.get(volume)?.why ?? null)
      return [{ id, name: volume.name, mask: mask && maskId(mask), why: mask && why, exemplar, grid }]
    }),
    masks: maskInfos,
    undo: dataset.earlier.at(-1)?.what ?? null,
  }
}

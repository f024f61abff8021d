/** What files are for that were dropped together, without a word about it. */
import { kindOf, tryMask, type FileRole } from './file-roles'
import type { Mask } from './mask-file'
import { asMerged, pairMerged } from './merged-masks'
import { modalityOf, pairUp, severalPerCase, type Pairing, type Unpaired } from './pairs'
import type { Volume } from './volume'

export interface Sorted {
  volume: Volume
  /** Null of one that is left out until somebody says which of its case is meant. */
  role: FileRole | null
  /** Where it was decoded to tell. */
  mask: Mask | null
}

export interface Dropped {
  /** One for each volume, with masks that were put together as one. */
  sorted: Sorted[]
  pairing: Pairing
  /** Masks that are left out, because their image has another or they do not say which class they show. */
  unpaired: Unpaired[]
  /** Images of one case in several modalities, case by case; they are left out, or those of other modalities than the chosen one. */
  several: Volume[][]
}

/**
 * Sorts what was dropped together. Masks are told by a word in the name or folder (mask, label, seg, gt, ...), else by content.
 * The pair of image and mask whose mask shows the most classes becomes the exemplar, the other masks references, the other images unlabelled; of
 * several sequences of one case none is anything, nor is any of several masks of one image that cannot be one label map.
 * @param modality which of them is used, such as "t1ce", if somebody chose it
 */
export function assignRoles(volumes: readonly Volume[], modality: string | null = null): Dropped {
  const masks = new Map<Volume, Mask | null>()
  for (const volume of volumes) {
    const { kind, mask } = kindOf(volume)
    if (kind === 'mask') masks.set(volume, mask)
  }
  const images = volumes.filter((volume) => !masks.has(volume))
  const several = severalPerCase(images, pairUp(images, [...masks.keys()]))
  const strange = new Set(several.flat().filter((image) => modality !== null && modalityOf(image) !== modality))
  const dropped = sortOut(
    volumes.filter((volume) => !strange.has(volume)),
    masks,
    modality === null ? several : [],
  )
  return { ...dropped, sorted: [...dropped.sorted, ...[...strange].map((volume) => ({ volume, role: null, mask: null }))], several }
}

/** @param open cases of which somebody has to choose an image */
function sortOut(volumes: readonly Volume[], masks: Map<Volume, Mask | null>, open: readonly Volume[][]): Omit<Dropped, 'several'> {
  const images = volumes.filter((volume) => !masks.has(volume))
  const { merging, ...pairing } = pairMerged(images, [...masks.keys()], { alone: true }, (volume) => masks.get(volume)!)
  for (const [part, merged] of merging.by) {
    masks.delete(part)
    if (!masks.has(merged)) masks.set(merged, tryMask(merged))
  }
  const leftOut = new Set(open.flat())
  // What is said of the images is said of their masks.
  for (const { mask, why, candidates } of pairing.unpaired)
    if (why !== 'no image of its case' && candidates.some((image) => leftOut.has(image))) leftOut.add(mask)
  const unpaired = pairing.unpaired.filter(
    ({ mask, why }) => !leftOut.has(mask) && why !== 'no image of its case' && why !== 'several images of its case',
  )
  for (const { mask } of unpaired) leftOut.add(mask)

  let exemplar: { image: Volume; mask: Volume; classes: number } | null = null
  for (const { image, mask: volume } of pairing.pairs) {
    // Only beside its image is it known whether a mask has maps or frames.
    const mask = image.size.join() !== volume.size.join() ? tryMask(volume, image) : masks.get(volume)!
    masks.set(volume, mask)
    const classes = mask?.values.filter(({ count }) => count > 0).length ?? 0
    if (!exemplar || classes > exemplar.classes) exemplar = { image, mask: volume, classes }
  }
  const roleOf = (volume: Volume): FileRole | null => {
    if (leftOut.has(volume)) return null
    if (volume === exemplar?.image) return 'exemplar-image'
    if (volume === exemplar?.mask) return 'exemplar-mask'
    return masks.has(volume) ? 'reference' : 'unlabeled'
  }
  const sorted = asMerged(volumes, merging).map((volume) => ({ volume, role: roleOf(volume), mask: masks.get(volume) ?? null }))
  return { sorted, pairing, unpaired }
}

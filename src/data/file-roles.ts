import { overlaps } from './alignment'
import { isBlack, readMask, type Mask } from './mask-file'
import { InputError } from './input-error'
import type { Volume } from './volume'

/** What a file is for. */
export type FileRole = 'exemplar-image' | 'exemplar-mask' | 'unlabeled' | 'reference'

/** The name of a file without folders and ending: "a/p1_s2.png" gives "p1_s2", "v.nii.gz" gives "v". */
export function baseName(name: string): string {
  const base = name.slice(name.search(/[^/\\]*$/))
  return base.replace(/(?<=.)\.((nii|ome|seg)\.[^.]*|[^.]*)$/i, '')
}

/** The patient an image belongs to: its base name up to the first underscore. */
export const patientOf = (name: string): string => baseName(name).split('_')[0]!

const maskWords = /^(masks?|labels?|seg|segs|segmentations?|gt|annots?|annotations?|truths?|groundtruth)$/
const imageWords = /^(images?|imgs?|scans?|raw|unlabell?ed)$/

/** The words of one part of a path: split at capitals, digits and everything that is no letter. */
const words = (part: string): string[] =>
  part
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)

/**
 * What the name says: a mask if the base name has a word for it, else whatever the nearest telling folder says, else null. A base name
 * like "image_01" says nothing, because masks often bear the very name of their image.
 */
function saidKind(name: string): 'mask' | 'image' | null {
  const own = name.slice(name.search(/[^/\\]*$/)).replace(/(?<=.)\.[^.]*$/, '')
  if (words(own).some((word) => maskWords.test(word))) return 'mask'
  for (const folder of folders(name).reverse()) {
    if (words(folder).some((word) => maskWords.test(word))) return 'mask'
    if (words(folder).some((word) => imageWords.test(word))) return 'image'
  }
  return null
}

const folders = (name: string): string[] => name.split(/[/\\]/).slice(0, -1)

/** What is left of a name part without words for mask or image, so that "p1_mask" and "image_p1" are the same. */
const strip = (part: string): string =>
  part
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '' && !maskWords.test(word) && !imageWords.test(word))
    .join('_')

/** What the name of an image and the name of its mask have in common: the base name without words for mask or image. */
export const pairName = (name: string): string => strip(baseName(name))

/** The same with the folders, for patients whose files are named alike. */
export const fullPairName = (name: string): string => [...folders(name).map(strip), pairName(name)].filter((part) => part !== '').join('/')

function tryMask(volume: Volume): Mask | null {
  try {
    return readMask(volume)
  } catch (error) {
    if (error instanceof InputError) return null
    throw error
  }
}

/** Whether a file without a telling name has the looks of a mask: named segments, indices or 0 and 1, or few values, most of them background. */
function looksLikeMask(mask: Mask | null): boolean {
  if (!mask) return false
  if (mask.volume.segments.length > 0) return true
  const background = mask.values[0]!
  const indexed = mask.values.every(({ value, color }) => (color ? !value.startsWith('#') : value === '0' || value === '1'))
  return indexed || (isBlack(background.value) && background.count * 2 > mask.labels.length)
}

/**
 * Sorts what was dropped together. Masks are told by a word in the name or folder (mask, label, seg, gt, ...), else by content.
 * The image and mask with the same name whose mask shows the most classes become the exemplar, the other masks references, the other
 * images unlabelled.
 * @returns one entry for each volume, in the order given, with the mask where it was decoded to tell
 */
export function assignRoles(volumes: readonly Volume[]): { volume: Volume; role: FileRole; mask: Mask | null }[] {
  const masks = new Map<Volume, Mask | null>()
  for (const volume of volumes) {
    const said = volume.kind === 'dicom-seg' ? 'mask' : volume.kind === 'dicom' ? 'image' : saidKind(volume.name)
    if (said === 'image') continue
    const mask = tryMask(volume)
    if (said === 'mask' || looksLikeMask(mask)) masks.set(volume, mask)
  }
  const images = volumes.filter((volume) => !masks.has(volume))
  const imageOf = (mask: Volume) =>
    images.find(({ name }) => fullPairName(name) === fullPairName(mask.name)) ??
    images.find(({ name }) => pairName(name) === pairName(mask.name)) ??
    // A stack and its mask need not be named alike: they lie on each other.
    images.find((image) => image.affine && mask.affine && image.size[2] > 1 && overlaps(mask, image))

  let exemplar: { image: Volume; mask: Volume; classes: number } | null = null
  for (const [volume, mask] of masks) {
    const image = imageOf(volume) ?? (images.length === 1 && masks.size === 1 ? images[0] : undefined)
    const classes = mask?.values.filter(({ count }) => count > 0).length ?? 0
    if (image && (!exemplar || classes > exemplar.classes)) exemplar = { image, mask: volume, classes }
  }
  const roleOf = (volume: Volume): FileRole => {
    if (volume === exemplar?.image) return 'exemplar-image'
    if (volume === exemplar?.mask) return 'exemplar-mask'
    return masks.has(volume) ? 'reference' : 'unlabeled'
  }
  return volumes.map((volume) => ({ volume, role: roleOf(volume), mask: masks.get(volume) ?? null }))
}

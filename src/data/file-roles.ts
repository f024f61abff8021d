import { isBlack, readMask, type MaskFile } from './mask-file'
import { InputError, type NamedFile } from './named-file'

/** What a file is for. */
export type FileRole = 'exemplar-image' | 'exemplar-mask' | 'unlabeled' | 'reference'

/** The name of a file without folders and ending: "a/p1_s2.png" gives "p1_s2". */
export function baseName(name: string): string {
  const base = name.slice(name.search(/[^/\\]*$/))
  return base.replace(/(?<=.)\.[^.]*$/, '')
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
  if (words(baseName(name)).some((word) => maskWords.test(word))) return 'mask'
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

function tryMask(file: NamedFile): MaskFile | null {
  try {
    return readMask(file)
  } catch (error) {
    if (error instanceof InputError) return null
    throw error
  }
}

/** Whether a file without a telling name has the looks of a mask: an indexed or 1-bit PNG, or few values, most of them background. */
function looksLikeMask(mask: MaskFile | null): boolean {
  if (!mask) return false
  const background = mask.values[0]!
  const indexed = mask.values.every(({ value, color }) => (color ? !value.startsWith('#') : value === '0' || value === '1'))
  return indexed || (isBlack(background.value) && background.count * 2 > mask.labels.length)
}

/**
 * Sorts files that were dropped together. Masks are told by a word in the name or folder (mask, label, seg, gt, ...), else by content.
 * The image and mask with the same name whose mask shows the most classes become the exemplar, the other masks references, the other
 * images unlabelled. A file that cannot be read counts as an image here: reading it as one says what is wrong with it.
 * @returns one entry for each file, in the order given
 */
export function assignRoles(files: readonly NamedFile[]): { file: NamedFile; role: FileRole }[] {
  const masks = new Map<NamedFile, MaskFile | null>()
  for (const file of files) {
    const said = saidKind(file.name)
    if (said === 'image') continue
    const mask = tryMask(file)
    if (said === 'mask' || looksLikeMask(mask)) masks.set(file, mask)
  }
  const images = files.filter((file) => !masks.has(file))
  const imageOf = (mask: NamedFile) =>
    images.find(({ name }) => fullPairName(name) === fullPairName(mask.name)) ??
    images.find(({ name }) => pairName(name) === pairName(mask.name))

  let exemplar: { image: NamedFile; mask: NamedFile; classes: number } | null = null
  for (const [file, mask] of masks) {
    const image = imageOf(file) ?? (images.length === 1 && masks.size === 1 ? images[0] : undefined)
    const classes = mask?.values.filter(({ count }) => count > 0).length ?? 0
    if (image && (!exemplar || classes > exemplar.classes)) exemplar = { image, mask: file, classes }
  }
  return files.map((file) => {
    if (file === exemplar?.image) return { file, role: 'exemplar-image' }
    if (file === exemplar?.mask) return { file, role: 'exemplar-mask' }
    return { file, role: masks.has(file) ? 'reference' : 'unlabeled' }
  })
}

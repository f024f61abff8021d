import { isBlack, readMask, type Mask } from './mask-file'
import { InputError } from './input-error'
import { fileOf, type Volume } from './volume'

/** What a file is for; further images are segmented and not learnt from. */
export type FileRole = 'exemplar-image' | 'exemplar-mask' | 'unlabeled' | 'reference' | 'further'

/** The name of a file without folders and ending: "a/p1_s2.png" gives "p1_s2", "v.nii.gz" gives "v". */
export function baseName(name: string): string {
  const base = name.slice(name.search(/[^/\\]*$/))
  return base.replace(/(?<=.)\.((nii|ome|seg)\.[^.]*|[^.]*)$/i, '')
}

/** What a name begins with that counts parts of a patient rather than patients. */
const partWords = /^(slices?|slc|frames?|im|img|images?|scans?|layers?|planes?|views?|z|t)$/i

/**
 * The patient an image belongs to: its base name up to the first underscore; of one that is called "image" and no more, or that begins with a word
 * such as "slice", its folder.
 */
export function patientOf(name: string): string {
  const first = baseName(name).split('_')[0]!
  const named = pairName(name) !== ''
  if (named && !partWords.test(first)) return first
  return (
    folders(name)
      .reverse()
      .find((folder) => strip(folder) !== '') ?? (named ? first : baseName(name))
  )
}

const maskWords = /^(masks?|msks?|labels?|segs?|dsegs?|segmentations?|gt|annots?|annotations?|truths?|groundtruths?|manual|consensus)$/
const imageWords = /^(images?|imgs?|imaging|volumes?|scans?|raw|unlabell?ed)$/

/** The same of arrays in a file, which are named more freely. */
const maskArrays = /^(y|targets?|scribbles?|rois?)$/
const imageArrays = /^(x|data|volumes?|vol|pixels?)$/

/** What programs and data sets call a mask in more than one word: Cellpose, CHASE, the Cell Tracking Challenge. */
const inOneWord = (part: string): string =>
  part
    .replace(/cp_masks/gi, 'masks')
    .replace(/(1st|2nd)HO/g, 'annotation')
    .replace(/man_seg/gi, 'seg')
    .replace(/ground[-_ ]?truth/gi, 'groundtruth')

/** The words of one part of a path: split at capitals, digits and everything that is no letter. */
const words = (part: string): string[] =>
  inOneWord(part)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)

/**
 * What the name says. Of an array in a file, its own name. Else a mask if the base name has a word for it, else whatever the nearest folder
 * says that has a word for one of both, else null. A base name like "image_01" says nothing, because masks often bear the very name of their image.
 */
function saidKind(volume: Volume): 'mask' | 'image' | null {
  for (const part of (volume.array?.split('/') ?? []).reverse()) {
    const mask = words(part).some((word) => maskWords.test(word) || maskArrays.test(word))
    const image = words(part).some((word) => imageWords.test(word) || imageArrays.test(word))
    if (mask !== image) return mask ? 'mask' : 'image'
  }
  const name = fileOf(volume)
  const own = name.slice(name.search(/[^/\\]*$/)).replace(/(?<=.)\.[^.]*$/, '')
  if (words(own).some((word) => maskWords.test(word))) return 'mask'
  for (const folder of folders(name).reverse()) {
    const mask = words(folder).some((word) => maskWords.test(word))
    const image = words(folder).some((word) => imageWords.test(word))
    if (mask !== image) return mask ? 'mask' : 'image'
  }
  return null
}

/** Whether names say that a volume is a mask, whatever it was given as. */
export const saysMask = (volume: Volume): boolean => saidKind(volume) === 'mask'

/** The folders of a path, outermost first. */
export const folders = (name: string): string[] => name.split(/[/\\]/).slice(0, -1)

/**
 * The words of one part of a path, numbers included, without those for mask or image, so that "p1_mask" and "image_p1" are the same, and "img0001"
 * and "label0001"; of a name as BIDS has it, without what was made of the picture.
 */
export function tokensOf(part: string): string[] {
  const own = /^sub-/i.test(part) ? part.replace(/_(space|desc|label|res|den|hemi|seg|atlas)-[a-z0-9]+/gi, '') : part
  return inOneWord(own)
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .flatMap((word) => {
      const [, role, number] = /^([a-z]+)(\d*)$/.exec(word) ?? []
      if (role === undefined || !(maskWords.test(role) || imageWords.test(role))) return word === '' ? [] : [word]
      return number ? [number] : []
    })
}

const strip = (part: string): string => tokensOf(part).join('_')

/** What the name of an image and the name of its mask have in common: the base name without words for mask or image. */
export const pairName = (name: string): string => strip(baseName(name))

/**
 * What a volume is called wherever its file may hold several arrays: the name of the file, and of the array what is left without words for mask or
 * image, so that "a/p1.h5/image" and "a/p1.h5/label" are "a/p1.h5", and "p1.npz/left_mask" is "p1_left.npz".
 */
export function caseNameOf(volume: Volume): string {
  const file = fileOf(volume)
  const own = (volume.array?.split('/') ?? []).map(strip).filter((part) => part !== '' && !maskArrays.test(part) && !imageArrays.test(part))
  if (own.length === 0) return file
  const base = baseName(file)
  const at = file.search(/[^/\\]*$/)
  return `${file.slice(0, at)}${base}_${own.join('_')}${file.slice(at + base.length)}`
}

/**
 * Of volumes that came for one role, those that fit it: of a file with arrays of both kinds, only images for an image and only masks for a mask. Of
 * what remains an exemplar is the first, and the others are named.
 */
export function arraysFor(role: FileRole, volumes: readonly Volume[]): { volumes: Volume[]; problems: InputError[] } {
  const wanted = role === 'exemplar-mask' || role === 'reference' ? 'mask' : 'image'
  const files = new Map<string, Volume[]>()
  for (const volume of volumes) files.set(fileOf(volume), [...(files.get(fileOf(volume)) ?? []), volume])
  const kept = new Set<Volume>()
  const problems: InputError[] = []
  for (const [file, arrays] of files) {
    const fitting = arrays.filter((volume) => arrays.length === 1 || kindOf(volume).kind === wanted)
    // Where names and content tell nothing, the role does.
    const usable = fitting.length > 0 ? fitting : arrays
    const several = usable[0]!.array !== null && (role === 'exemplar-image' || role === 'exemplar-mask') ? usable.slice(1) : []
    for (const volume of usable) if (!several.includes(volume)) kept.add(volume)
    if (several.length > 0)
      problems.push(
        new InputError(
          `"${file}" holds several ${wanted}s: ${usable[0]!.array} is used, and ${several.map(({ array }) => array).join(', ')} is not; save what you mean in a file of its own.`,
          file,
        ),
      )
  }
  return { volumes: volumes.filter((volume) => kept.has(volume)), problems }
}

/** Whether a volume is a mask or an image, by name, else by content; with the mask, where it had to be decoded or is one. */
export function kindOf(volume: Volume): { kind: 'mask' | 'image'; mask: Mask | null } {
  const said = volume.kind === 'dicom-seg' ? 'mask' : volume.kind === 'dicom' ? 'image' : saidKind(volume)
  if (said === 'image') return { kind: 'image', mask: null }
  const mask = tryMask(volume)
  return said === 'mask' || looksLikeMask(mask) ? { kind: 'mask', mask } : { kind: 'image', mask: null }
}

export function tryMask(volume: Volume, image: Volume | null = null): Mask | null {
  try {
    return readMask(volume, { image })
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

import { gzipSync } from 'fflate'
import { asStored } from '../data/upright'
import type { Volume } from '../data/volume'
import { loadOwn } from '../lib/own-file'
import type { ExportedClass } from './finished-run'
import { writeGray16Png } from './gray16-png'
import { writeNifti } from './nifti'
import { writePalettePng } from './palette-png'
import { withOrientation } from './png-orientation'
import { writeSegNrrd } from './seg-nrrd'

/** A file to be saved. */
export interface WrittenFile {
  name: string
  bytes: Uint8Array<ArrayBuffer>
}

export interface LabelOptions {
  /**
   * 'source': a format that opens wherever the source opens. 'png' holds one picture: a stack gets its own format instead,
   * never one file for each slice.
   */
  format: 'source' | 'nifti' | 'seg-nrrd' | 'png'
  /** Whether a DICOM SEG may bear what identifies the patient. */
  keepIdentifiers: boolean
  /** Whether the unique identifiers of the images are replaced in a DICOM SEG, unless identifiers are kept. */
  rename?: boolean
  /** Base name of the output, if the source's own is taken. */
  base?: string
  /** When a DICOM SEG says it was made; the date of the study by default. */
  made?: Date
  /** Frames that were predicted, from 0; all by default. DICOM SEG and seg.nrrd are written only for these. */
  frames?: readonly number[]
}

/** The description in the header of a label file or a map. */
const says = (what: string) => `Exemplar Lab ${what}, research only, 0 if not predicted`

/** The endings of files that are read. */
export const endings = /\.(nii(\.gz)?|png|jpe?g|(ome\.)?tiff?|dcm|dicom|ima|(seg\.)?nrrd|nhdr|mh[ad]|np[yz]|h5|hdf5|mnc|mg[hz]|zip)$/i

/** Names that Windows keeps for devices, whatever follows a dot or blanks; raised digits count as digits there. */
const devices = /^(con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d\u00b9\u00b2\u00b3])(?= *(?:\.|$))/i

/** Most bytes of a part: file systems take 255, and endings, class names and numbers are added to it. */
const mostBytes = 160
const encoder = new TextEncoder()

/** Part of a path as every file system takes it: no reserved characters or names, no dot or space at the end, not too long. */
export function cleaned(part: string): string {
  let all = ''
  let bytes = 0
  for (const char of part.replace(/[<>:"|?*\p{Cc}\p{Cs}]/gu, '_').replace(devices, '$1_')) {
    bytes += encoder.encode(char).length
    if (bytes > mostBytes) break
    all += char
  }
  return all.replace(/[. ]+$/, '')
}

/**
 * The name of a source without folders, ending, and what file systems refuse; ".nii.gz" and ".ome.tif" are single endings, but the last part
 * of a folder's name such as "1.2.840" is not an ending.
 */
export function sourceBase(name: string): string {
  const base = cleaned(name.slice(name.search(/[^/\\]*$/)).replace(endings, ''))
  return base === '' ? 'image' : base
}

/** One picture without a position in space. */
const isPicture = ({ size, affine }: Volume) => size[2] === 1 && size[3] === 1 && !affine

/** The format of a source's labels. DICOM without geometry cannot be referred to; MHA labels go whole and with names into a seg.nrrd. */
function formatOf(source: Volume, { format }: LabelOptions): 'png' | 'nifti' | 'seg-nrrd' | 'dicom-seg' {
  if (format === 'nifti' || format === 'seg-nrrd') return format
  if (format === 'png' && source.size[2] === 1 && source.size[3] === 1) return 'png'
  if (source.origin.format === 'nifti') return 'nifti'
  if (isPicture(source)) return 'png'
  // A DICOM SEG cannot refer to the tiles of a mosaic.
  if (source.origin.format === 'dicom' && source.affine && !source.origin.mosaic) return 'dicom-seg'
  if (source.affine && (source.kind === 'nrrd' || source.kind === 'mha')) return 'seg-nrrd'
  return 'nifti'
}

/**
 * The labels of one source as files: one, or for DICOM SEG and seg.nrrd one for each frame. Pixels that were not predicted (other slices,
 * other frames, outside the region) are background. The index is the class in a PNG; a NIfTI has the values of the exemplar mask.
 * @param upright the source; what was turned upright is turned back
 * @param uprightLabels class indices, columns * rows * slices * frames in the source's own order
 * @param classes background first
 */
export async function writeLabels(
  upright: Volume,
  uprightLabels: Uint8Array<ArrayBuffer>,
  classes: readonly ExportedClass[],
  options: LabelOptions,
): Promise<WrittenFile[]> {
  const { volume: source, values: labels } = asStored(upright, uprightLabels)
  const [columns, rows, slices, frames] = source.size
  const voxels = columns * rows * slices
  if (labels.length !== voxels * frames)
    throw new Error(`Labels of ${source.size.join(' x ')} voxels cannot be ${labels.length} values ("${source.name}").`)
  const base = options.base ?? sourceBase(source.name)
  const format = formatOf(source, options)
  const { keepIdentifiers, rename = false } = options
  const made = options.made && { made: options.made }
  if (format === 'png') {
    const colors = classes.map(({ color }) => color)
    const png = writePalettePng({ width: columns, height: rows, labels }, colors)
    return [{ name: `${base}.png`, bytes: withOrientation(png, source.turned) }]
  }
  if (format === 'nifti') {
    const samples = named(labels, classes)
    return [niftiFile(base, source, writeNifti({ size: source.size, samples, source, intent: 'label', description: says('labels') }))]
  }
  const ending = format === 'dicom-seg' ? 'dcm' : 'seg.nrrd'
  const wanted = options.frames ?? Array.from({ length: frames }, (_, frame) => frame)
  const files: WrittenFile[] = []
  for (const frame of wanted) {
    const part = labels.slice(frame * voxels, (frame + 1) * voxels)
    const bytes =
      format === 'seg-nrrd'
        ? writeSegNrrd(source, part, frame, classes)
        : // Seldom needed.
          await (
            await loadOwn('The writer of DICOM SEG', () => import('./dicom-seg'))
          ).writeDicomSeg(source, part, frame, classes, { keepIdentifiers, rename, description: says('labels'), ...made })
    files.push({ name: frames === 1 ? `${base}.${ending}` : `${base}-frame-${frame + 1}.${ending}`, bytes })
  }
  return files
}

/** The name of a class as part of a file's name. */
const partOf = (className: string): string => className.replace(/[<>:"|?*/\\\s\p{Cc}]+/gu, '_')

/**
 * Parts of file names that tell classes apart: their own names, with their numbers where these would be the same. Capitals do not tell names apart,
 * because on Windows and macOS they do not.
 * @param classNames of the foreground, in order
 */
export function classParts(classNames: readonly string[]): string[] {
  const parts = classNames.map(partOf)
  const keys = parts.map((part) => part.toLowerCase())
  const taken = new Set(keys)
  return parts.map((part, i) => {
    if (keys.indexOf(keys[i]!) === keys.lastIndexOf(keys[i]!)) return part
    let name = part
    do name = `${name}-${i + 1}`
    while (taken.has(name.toLowerCase()))
    taken.add(name.toLowerCase())
    return name
  })
}

/**
 * A map of values 0..1 in the source's own order: a grey PNG of 16 bits (65535 is 1) for a picture, a float NIfTI for everything else, including DICOM.
 * @param upright the source; what was turned upright is turned back
 * @param className the class that a probability is of, or its part of the name by `classParts`
 */
export function writeMaps(
  upright: Volume,
  uprightMap: Float32Array<ArrayBuffer>,
  what: 'probability' | 'disagreement',
  className?: string,
  base = sourceBase(upright.name),
): WrittenFile[] {
  const { volume: source, values: map } = asStored(upright, uprightMap)
  const of = className === undefined ? '' : `-${partOf(className)}`
  const name = `${base}-${what}${of}`
  if (isPicture(source) && source.origin.format !== 'nifti')
    return [{ name: `${name}.png`, bytes: withOrientation(writeGray16Png(source.size[0], source.size[1], map), source.turned) }]
  return [niftiFile(name, source, writeNifti({ size: source.size, samples: map, source, intent: 'none', description: says(what) }))]
}

/** Compressed unless the source is a NIfTI that is not. */
function niftiFile(base: string, source: Volume, bytes: Uint8Array<ArrayBuffer>): WrittenFile {
  if (source.kind === 'nifti' && !/\.gz$/i.test(source.name)) return { name: `${base}.nii`, bytes }
  // Without a time, so that equal labels give equal files.
  return { name: `${base}.nii.gz`, bytes: new Uint8Array(gzipSync(bytes, { mtime: 0 })) }
}

/**
 * The numbers that a NIfTI has for classes: the values of the exemplar mask; null where it has indices, because a value is not a whole number from 0 to
 * 32767, or two are equal, as when a class was drawn in addition to those of a file. `load.py` does the same.
 */
export function numbersInNifti(classes: readonly Pick<ExportedClass, 'value'>[]): number[] | null {
  const values = classes.map(({ value }) => (/^\d{1,5}$/.test(value) ? Number(value) : NaN))
  return values.every((value) => value <= 32767) && new Set(values).size === values.length ? values : null
}

/** Class indices as the numbers that a NIfTI has for them. */
function named(labels: Uint8Array<ArrayBuffer>, classes: readonly ExportedClass[]): Uint8Array | Int16Array {
  const values = numbersInNifti(classes)
  if (!values || values.every((value, index) => value === index)) return labels
  const Samples = values.some((value) => value > 255) ? Int16Array : Uint8Array
  const out = new Samples(labels.length)
  for (let i = 0; i < labels.length; i++) out[i] = values[labels[i]!]!
  return out
}

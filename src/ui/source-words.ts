/** What is known of the user's volumes, in words. */
import type { Config } from '../method/config'
import type { SourceInfo } from '../worker/protocol'
import { count, plural } from './format'

const formats: Record<SourceInfo['kind'], string> = {
  png: 'PNG',
  jpeg: 'JPEG',
  tiff: 'TIFF',
  nifti: 'NIfTI',
  dicom: 'DICOM',
  'dicom-seg': 'DICOM SEG',
  nrrd: 'NRRD',
  mha: 'MHA',
  npy: 'npy',
  npz: 'npz',
  hdf5: 'HDF5',
  minc: 'MINC',
  mgh: 'FreeSurfer',
}

/** Whether it is one picture, rather than a stack, a series or a volume. */
export const isSingle = ({ size }: Pick<SourceInfo, 'size'>): boolean => size[2] * size[3] === 1

/** What the frames of a volume are called. */
export const frameWord = ({ frameMeans }: Pick<SourceInfo, 'frameMeans'>): 'channel' | 'frame' =>
  frameMeans === 'channel' ? 'channel' : 'frame'

/** "NIfTI volume", "CT series (DICOM)", "TIFF stack", "PNG image", "HDF5 image with channels". */
export function kindOf({ kind, size, modality, frameMeans }: Pick<SourceInfo, 'kind' | 'size' | 'modality' | 'frameMeans'>): string {
  const single = isSingle({ size })
  if (kind === 'dicom') {
    const form = single ? 'image' : size[3] > 1 ? 'cine series' : 'series'
    return modality ? `${modality} ${form} (DICOM)` : `DICOM ${form}`
  }
  if (single) return `${formats[kind]} image`
  if (size[3] > 1 && frameMeans === 'channel') return `${formats[kind]} ${size[2] > 1 ? 'volume' : 'image'} with channels`
  const stack = kind === 'png' || kind === 'tiff'
  return `${formats[kind]} ${size[3] > 1 ? '4-D volume' : stack ? 'stack' : 'volume'}`
}

/** Columns x rows x slices x frames, without trailing ones: "256 × 256 × 30 × 25 frames", "240 × 240 × 4 channels". */
export function sizeOf(source: Pick<SourceInfo, 'size' | 'frameMeans'>): string {
  const [columns, rows, slices, frames] = source.size
  const word = frameWord(source)
  const deep = slices > 1 || (frames > 1 && word === 'frame') ? ` × ${slices}` : ''
  return `${columns} × ${rows}${deep}${frames > 1 ? ` × ${frames} ${word}s` : ''}`
}

/** A measured number with at most four significant figures; whole numbers as they are. */
export function reading(v: number): string {
  if (!Number.isFinite(v)) return '–'
  if (Number.isInteger(v) || Math.abs(v) >= 10_000) return count(v).replace('-', '−')
  return String(Number(v.toPrecision(4))).replace('-', '−')
}

/** "0.703 × 0.703 mm" */
export const millimetres = (lengths: readonly number[]): string => `${lengths.map((v) => String(Number(v.toPrecision(3)))).join(' × ')} mm`

/** "0.703 × 0.703 × 2.5 mm", "0.65 × 0.65 mm, between slices unknown"; a single picture has no third. */
export function spacingOf({ spacing, size }: Pick<SourceInfo, 'spacing' | 'size'>): string {
  if (!spacing) return 'spacing unknown'
  const [column, row, slice] = spacing
  if (isSingle({ size })) return millimetres([column, row])
  if (slice === null) return `${millimetres([column, row])}${size[2] > 1 ? ', between slices unknown' : ''}`
  return millimetres([column, row, slice])
}

const sides: Record<string, string> = { R: 'right', L: 'left', A: 'front', P: 'back', S: 'head', I: 'feet' }

/** "Columns run to the patient's left, rows to the back, slices to the head." */
export function orientationMeaning(letters: string): string {
  const [columns, rows, slices] = [...letters].map((letter) => sides[letter] ?? 'unknown')
  return `Columns run to the patient’s ${columns}, rows to the ${rows}, slices to the ${slices}.`
}

const axes = ['columns', 'rows', 'slices'] as const

/** What cutting along an axis is called: "axial (slices)", or "slices" without geometry. */
export const cutOf = ({ planes }: Pick<SourceInfo, 'planes'>, axis: 0 | 1 | 2): string =>
  planes[axis] ? `${planes[axis]} (${axes[axis]})` : axes[axis]

/** Which images a volume gives: "30 axial images, of frame 1". */
export function imagesOf(source: SourceInfo): string {
  const { images, planes, axis, frame, every, size } = source
  const word = frameWord(source)
  const slices = plural(images, planes[axis] ? `${planes[axis]} image` : 'image')
  const which = every > 1 ? `, every ${ordinal(every)} slice` : ''
  return slices + which + (size[3] > 1 ? (frame === null ? `, all ${word}s` : `, ${word} ${frame + 1} of ${size[3]}`) : '')
}

/** 2 as "2nd", 13 as "13th". */
export function ordinal(n: number): string {
  const teen = n % 100 >= 11 && n % 100 <= 13
  return `${n}${teen ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th')}`
}

/** Different sizes and spacings of single pictures: "256 × 256", "3 sizes". */
export function groupFacts(sources: readonly SourceInfo[]): string {
  const kinds = [...new Set(sources.map(({ kind }) => formats[kind]))]
  const one = (texts: string[], many: string) => {
    const found = new Set(texts)
    return found.size === 1 ? texts[0]! : `${found.size} ${many}`
  }
  return [kinds.join(', '), one(sources.map(sizeOf), 'sizes'), one(sources.map(spacingOf), 'spacings')].join(' · ')
}

/** Each note once, with the number of files it applies to where there are several. */
export function groupNotes(sources: readonly Pick<SourceInfo, 'notes'>[]): string[] {
  const times = new Map<string, number>()
  for (const { notes } of sources) for (const note of notes) times.set(note, (times.get(note) ?? 0) + 1)
  return [...times].map(([note, n]) => (n > 1 ? `${note} (${plural(n, 'file')})` : note))
}

/** The window that training uses, in words. */
export function trainingWindow({ windowCenter, windowWidth }: Pick<Config, 'windowCenter' | 'windowWidth'>): string {
  if (windowWidth === 0) return 'automatic, for each image by itself'
  return `centre ${reading(windowCenter)}, width ${reading(windowWidth)}`
}

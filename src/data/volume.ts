/** What files hold once they are decoded: a picture, a stack of slices, a time series, all in one form. */
import type { GreyWindow } from '../image/window'
import type { ExifOrientation } from './exif'
import type { GivenFile } from './given-file'

export type VolumeKind =
  'png' | 'jpeg' | 'tiff' | 'nifti' | 'dicom' | 'dicom-seg' | 'nrrd' | 'mha' | 'npy' | 'npz' | 'hdf5' | 'minc' | 'mgh'

export type Samples =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>

export type Triple = readonly [number, number, number]

/** Rows of a 4 x 4 matrix without the last: voxel index (i, j, k) to millimetres, x to the patient's right, y to the front, z up (RAS+, as in NIfTI). */
export type Affine = readonly [
  readonly [number, number, number, number],
  readonly [number, number, number, number],
  readonly [number, number, number, number],
]

/** A label value that a file names: a segment of a DICOM SEG or of a seg.nrrd. */
export interface Segment {
  value: number
  name: string
  /** #rrggbb, or null where the file gives none. */
  color: string | null
}

/** What is needed to write a result that fits the source. */
export type Origin =
  | { format: 'plain' }
  /** The header as in the file, 348 bytes of NIfTI-1 or 540 of NIfTI-2, in its own byte order. */
  | { format: 'nifti'; header: Uint8Array<ArrayBuffer> }
  /**
   * The files of the series, slice by slice, all slices of the first frame first; one file only if it is multi-frame. `frames`: which of a multi-frame
   * file, from 0, where others of it are in another volume. `mosaic`: whether each file holds many slices as tiles.
   */
  | { format: 'dicom'; files: GivenFile[]; frames?: readonly number[]; mosaic?: boolean }

/** One picture, one stack or one time series, decoded. */
export interface Volume {
  /** Name of the file with its folders; of a series: its folder, or what the files call it. */
  name: string
  /** Of a file that can hold several arrays, which one this is: "group/image", with which the name ends; else null. */
  array: string | null
  kind: VolumeKind
  /** Who is in the picture, where the file says so (DICOM's patient ID), else null. */
  patient: string | null
  /** Columns, rows, slices, frames (time points, echoes or channels); 1 where there is no such axis. */
  size: readonly [columns: number, rows: number, slices: number, frames: number]
  /** What follows each other as frames: the same place at another time, or the same place and time in another channel. */
  frameMeans: 'time' | 'channel'
  /** As stored, columns fastest, then rows, slices, frames; the channels of a voxel side by side. */
  samples: Samples
  /** 1 for grey or an index, 3 for colour, and one more with alpha. */
  channels: 1 | 2 | 3 | 4
  /** Whether the last channel is opacity. */
  alpha: boolean
  /** Colours 0..255 where samples are indices, else empty. */
  palette: Triple[]
  /** A value in the file's units is slope * sample + intercept. */
  slope: number
  intercept: number
  /** Large values are shown dark: MONOCHROME1 of DICOM, MINISWHITE of TIFF. */
  inverted: boolean
  /** How the rows of the file lie, of which the samples here are the upright form; 1 where they are as stored. */
  turned: ExifOrientation
  /** Millimetres between the centres of neighbouring voxels; null where the file does not say. */
  spacing: Triple | null
  /** Null where the file has no geometry. */
  affine: Affine | null
  /** How the file wants to be shown, in its units. */
  window: GreyWindow | null
  /** DICOM's modality, "CT", "MR", or null; "RTSTRUCT" of contours, which are a 'dicom-seg' in all else. */
  modality: string | null
  segments: Segment[]
  /** Sentences about what a user should know, such as "Slices are 5 mm apart but two are missing." */
  notes: string[]
  origin: Origin
}

/** A volume of one grey channel without geometry: what most formats fill in. */
export function makeVolume(own: Pick<Volume, 'name' | 'kind' | 'size' | 'samples'> & Partial<Volume>): Volume {
  return {
    array: null,
    patient: null,
    frameMeans: 'time',
    channels: 1,
    alpha: false,
    palette: [],
    slope: 1,
    intercept: 0,
    inverted: false,
    turned: 1,
    spacing: null,
    affine: null,
    window: null,
    modality: null,
    segments: [],
    notes: [],
    origin: { format: 'plain' },
    ...own,
  }
}

/** The name of the file that a volume is in, with its folders. */
export const fileOf = ({ name, array }: Pick<Volume, 'name' | 'array'>): string =>
  array === null ? name : name.slice(0, name.length - array.length - 1)

/** A float of a header, and most floats of files, have this many bits. */
const single = 2 ** -22

/**
 * What a sample stands for, in the file's units. A value that is a whole number but for the precision of what is stored is that number: nibabel
 * writes labels 0 to 3 that were floats as bytes times 3 / 255 in single precision, and 1 comes back as 1.00000002.
 */
export function valueOf({ samples, slope, intercept }: Pick<Volume, 'samples' | 'slope' | 'intercept'>): (sample: number) => number {
  const floats = samples instanceof Float32Array || samples instanceof Float64Array
  if (!floats && Number.isInteger(slope) && Number.isInteger(intercept)) return (sample) => slope * sample + intercept
  // Samples that are whole were rounded to the nearest step, which is small where such a header was made of few labels.
  const rounding = floats ? 0 : Math.min(Math.abs(slope) / 2, 0.05)
  return (sample) => {
    const scaled = slope * sample
    const value = scaled + intercept
    const whole = Math.round(value)
    return Math.abs(value - whole) <= rounding + single * Math.max(1, Math.abs(scaled) + Math.abs(intercept)) ? whole : value
  }
}

/** Whether a volume was read from a structure set of radiotherapy. */
export const isOfStructureSet = ({ kind, modality }: Volume): boolean => kind === 'dicom-seg' && modality === 'RTSTRUCT'

/** Lengths of the affine's columns in millimetres. */
export function spacingOf(affine: Affine): Triple {
  const length = (c: number) => Math.hypot(affine[0][c]!, affine[1][c]!, affine[2][c]!)
  return [length(0), length(1), length(2)]
}

const letters = [
  ['L', 'R'],
  ['P', 'A'],
  ['I', 'S'],
] as const

/**
 * Where the index grows to, one letter for each axis, e.g. "LPS"; of an oblique volume the nearest. As nibabel's `aff2axcodes`: the largest
 * direction cosine is given its axis first, so no direction of the patient is named twice.
 */
export function orientationOf(affine: Affine): string {
  const spacing = spacingOf(affine)
  const left = { voxel: new Set([0, 1, 2]), patient: new Set([0, 1, 2]) }
  const found = ['?', '?', '?']
  while (left.voxel.size > 0) {
    let best = { size: -1, sign: 0, axis: 0, direction: 0 }
    for (const axis of left.voxel)
      for (const direction of left.patient) {
        const cosine = affine[direction]![axis]! / (spacing[axis]! || 1)
        if (Math.abs(cosine) > best.size + 1e-9) best = { size: Math.abs(cosine), sign: Math.sign(cosine), axis, direction }
      }
    found[best.axis] = letters[best.direction]![best.sign < 0 ? 0 : 1]
    left.voxel.delete(best.axis)
    left.patient.delete(best.direction)
  }
  return found.join('')
}

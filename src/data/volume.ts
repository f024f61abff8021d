/** Decoded files: a picture, a stack of slices or a time series, all in one form. */
import type { GreyWindow } from '../image/window'
import type { Identifier } from './dicom-identifiers'
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
  /** #rrggbb, or null if the file gives none. */
  color: string | null
}

/** What is needed to write a result that fits the source. */
export type Origin =
  | { format: 'plain' }
  /** The header from the file, 348 bytes of NIfTI-1 or 540 of NIfTI-2, in its own byte order. */
  | { format: 'nifti'; header: Uint8Array<ArrayBuffer> }
  /**
   * The files of the series, slice by slice, all slices of the first frame first; a single file if it is multi-frame. `frames`: which of a multi-frame
   * file, from 0, if others are in another volume. `mosaic`: whether each file holds many slices as tiles.
   */
  | { format: 'dicom'; files: GivenFile[]; frames?: readonly number[]; mosaic?: boolean }

/** One picture, one stack or one time series, decoded. */
export interface Volume {
  /** Name of the file with its folders; for a series, its folder or the description in its files. */
  name: string
  /** For a file that can hold several arrays, this one's path, "group/image", with which the name ends; else null. */
  array: string | null
  kind: VolumeKind
  /** The patient, if the file says so (DICOM's patient ID), else null. */
  patient: string | null
  /** What in its files can identify a person, besides their names; of a series, in the first of them. */
  identifiers: readonly Identifier[]
  /** Columns, rows, slices, frames (time points, echoes or channels); 1 for a missing axis. */
  size: readonly [columns: number, rows: number, slices: number, frames: number]
  /** What the frames are: the same place at different times, or the same place and time in different channels. */
  frameMeans: 'time' | 'channel'
  /** Of a mask: the frame of its image, from 0, on which its first frame lies. */
  firstFrame: number
  /** As stored, columns fastest, then rows, slices, frames; the channels of a voxel interleaved. */
  samples: Samples
  /** 1 for grey or an index, 3 for colour, and one more with alpha. */
  channels: 1 | 2 | 3 | 4
  /** Whether the last channel is opacity. */
  alpha: boolean
  /** Colours 0..255 if samples are indices, else empty. */
  palette: Triple[]
  /** A value in the file's units is slope * sample + intercept. */
  slope: number
  intercept: number
  /** Whether large values are shown dark: MONOCHROME1 of DICOM, MINISWHITE of TIFF. */
  inverted: boolean
  /** The orientation of the rows in the file, while the samples here are upright; 1 if they are as stored. */
  turned: ExifOrientation
  /** Millimetres between the centres of neighbouring voxels; null if the file does not say. */
  spacing: Triple | null
  /** Whether the file says how far slices are apart; else the third number of `spacing` is a guess, for what needs one, and nothing is measured by it. */
  stepKnown: boolean
  /** Null if the file has no geometry. */
  affine: Affine | null
  /** The display window given by the file, in its units. */
  window: GreyWindow | null
  /** DICOM's modality, "CT", "MR", or null; "RTSTRUCT" for contours, which are otherwise a 'dicom-seg'. */
  modality: string | null
  segments: Segment[]
  /** Of a label map made of several masks of one image: their names, and in how many voxels they overlap; else null. */
  merged: { from: string[]; overlap: number } | null
  /** Notes for the user, such as "Slices are 5 mm apart but two are missing." */
  notes: string[]
  origin: Origin
}

/** A volume of one grey channel without geometry, for formats to fill in. */
export function makeVolume(own: Pick<Volume, 'name' | 'kind' | 'size' | 'samples'> & Partial<Volume>): Volume {
  return {
    array: null,
    patient: null,
    identifiers: [],
    frameMeans: 'time',
    firstFrame: 0,
    channels: 1,
    alpha: false,
    palette: [],
    slope: 1,
    intercept: 0,
    inverted: false,
    turned: 1,
    spacing: null,
    stepKnown: true,
    affine: null,
    window: null,
    modality: null,
    segments: [],
    merged: null,
    notes: [],
    origin: { format: 'plain' },
    ...own,
  }
}

/** Millimetres along columns, rows and, where the file says how far they are apart, slices. */
export const saidSpacing = ({ spacing, stepKnown }: Pick<Volume, 'spacing' | 'stepKnown'>) =>
  spacing && ([spacing[0], spacing[1], stepKnown ? spacing[2] : null] as const)

/** The name of a volume's file, with its folders. */
export const fileOf = ({ name, array }: Pick<Volume, 'name' | 'array'>): string =>
  array === null ? name : name.slice(0, name.length - array.length - 1)

/** A float of a header, and most floats of files, have this many bits. */
const single = 2 ** -22

/**
 * A sample's value in the file's units. A value that is whole within the stored precision is rounded to that number: nibabel
 * writes labels 0 to 3 that were floats as bytes times 3 / 255 in single precision, and 1 comes back as 1.00000002.
 */
export function valueOf({ samples, slope, intercept }: Pick<Volume, 'samples' | 'slope' | 'intercept'>): (sample: number) => number {
  const floats = samples instanceof Float32Array || samples instanceof Float64Array
  if (!floats && Number.isInteger(slope) && Number.isInteger(intercept)) return (sample) => slope * sample + intercept
  // Whole samples were rounded to the nearest step, which is small if such a header was made from few labels.
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

/** For each axis the patient's direction, 0 right, 1 front, 2 head, that is nearest to it, and the cosine of the angle between them. */
function nearestDirections(affine: Affine): { direction: number; cosine: number }[] {
  const spacing = spacingOf(affine)
  const left = { voxel: new Set([0, 1, 2]), patient: new Set([0, 1, 2]) }
  const found: { direction: number; cosine: number }[] = []
  while (left.voxel.size > 0) {
    let best = { cosine: 0, size: -1, axis: 0, direction: 0 }
    for (const axis of left.voxel)
      for (const direction of left.patient) {
        const cosine = affine[direction]![axis]! / (spacing[axis]! || 1)
        if (Math.abs(cosine) > best.size + 1e-9) best = { cosine, size: Math.abs(cosine), axis, direction }
      }
    found[best.axis] = best
    left.voxel.delete(best.axis)
    left.patient.delete(best.direction)
  }
  return found
}

/**
 * The direction of each axis as a letter, e.g. "LPS"; the nearest for an oblique volume. As in nibabel's `aff2axcodes`, the largest
 * direction cosine gets its axis first, so no direction of the patient is named twice.
 */
export const orientationOf = (affine: Affine): string =>
  nearestDirections(affine)
    .map(({ direction, cosine }) => letters[direction]![cosine < 0 ? 0 : 1])
    .join('')

/** How far the axis that is furthest from the patient's direction it is named after is turned away from it, in degrees: 0 unless oblique. */
export const obliquenessOf = (affine: Affine): number =>
  Math.max(...nearestDirections(affine).map(({ cosine }) => (Math.acos(Math.min(1, Math.abs(cosine))) * 180) / Math.PI))

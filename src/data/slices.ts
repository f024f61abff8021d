import type { LabelMap, Raster } from '../image/raster'
import { orientationOf, type Samples, type Triple, type Volume } from './volume'

type Axis = 0 | 1 | 2

/** How slices are cut from a volume and oriented on the screen. */
export interface Plane {
  /** The axis of the volume along which slices follow each other: 0 columns, 1 rows, 2 slices as stored. */
  axis: Axis
  /** The axes that run to the right and down, and whether they run backwards. */
  across: Axis
  down: Axis
  flipAcross: boolean
  flipDown: boolean
}

/** The names of the planes by the axis they are cut along, the nearest of the patient's. */
const planeNames: Record<string, string> = { R: 'sagittal', L: 'sagittal', A: 'coronal', P: 'coronal', S: 'axial', I: 'axial' }

/** The name of slices along an axis: "axial", "coronal", "sagittal", or null without geometry. */
export const planeName = ({ affine }: Volume, axis: Axis): string | null => (affine ? planeNames[orientationOf(affine)[axis]!]! : null)

/**
 * The plane across `axis`. With geometry it lies as radiologists view it, the patient's left on the right, front or head up;
 * DICOM's own slices and files without geometry stay as stored.
 */
export function planeOf({ affine, kind }: Volume, axis: Axis): Plane {
  const [first, second] = ([0, 1, 2] as const).filter((a) => a !== axis) as [Axis, Axis]
  const stored: Plane = { axis, across: first, down: second, flipAcross: false, flipDown: false }
  if (!affine || (axis === 2 && (kind === 'dicom' || kind === 'dicom-seg'))) return stored
  const letters = orientationOf(affine)
  // Along the patient: 0 right-left, 1 front-back, 2 head-feet. The lower one is horizontal.
  const direction = (a: Axis) => (/[RL]/.test(letters[a]!) ? 0 : /[AP]/.test(letters[a]!) ? 1 : 2)
  const [across, down] = direction(first) < direction(second) ? [first, second] : [second, first]
  const toTheRight = direction(across) === 0 ? 'L' : 'P'
  const downwards = direction(down) === 1 ? 'P' : 'I'
  return { axis, across, down, flipAcross: letters[across] !== toTheRight, flipDown: letters[down] !== downwards }
}

/** The axis to cut along by default: that of the widest spacing, if clearly wider; else as stored. */
export function usualAxis({ spacing, stepKnown, size }: Volume): Axis {
  if (!spacing || !stepKnown || size[2] === 1) return 2
  const widest = ([0, 1, 2] as const).reduce((a, b) => (spacing[b]! > spacing[a]! ? b : a), 2)
  return spacing[widest]! > 1.2 * Math.max(...spacing.filter((_, a) => a !== widest)) ? widest : 2
}

/** Columns and rows of the pictures in a plane, millimetres per column and per row if the file says both, and how many slices there are. */
export function extentOf({ size, spacing, stepKnown }: Volume, { axis, across, down }: Plane) {
  const isSaid = stepKnown || axis === 2
  return {
    width: size[across],
    height: size[down],
    slices: size[axis],
    spacing: spacing && isSaid ? ([spacing[across]!, spacing[down]!] as const) : null,
  }
}

const opposite: Record<string, string> = { R: 'L', L: 'R', A: 'P', P: 'A', S: 'I', I: 'S' }

/** The patient's directions at the four sides of a picture, or null without geometry. */
export function sidesOf({ affine }: Volume, { across, down, flipAcross, flipDown }: Plane) {
  if (!affine) return null
  const letters = orientationOf(affine)
  const towards = (axis: Axis, flip: boolean) => (flip ? opposite[letters[axis]!]! : letters[axis]!)
  const right = towards(across, flipAcross)
  const bottom = towards(down, flipDown)
  return { left: opposite[right]!, right, top: opposite[bottom]!, bottom }
}

/** Where the pixels of a slice lie, in millimetres to the patient's right, front and head. */
export interface Place {
  /** The middle of the first pixel. */
  origin: Triple
  /** From one pixel to the next, along a row and down a column. */
  across: Triple
  down: Triple
}

/** The place of a slice, or null without geometry. */
export function placeOf({ affine, size }: Volume, plane: Plane, slice: number): Place | null {
  if (!affine) return null
  const column = (axis: Axis, times: number): Triple => [affine[0][axis] * times, affine[1][axis] * times, affine[2][axis] * times]
  const { axis, across, down, flipAcross, flipDown } = plane
  const steps = [
    column(axis, slice),
    column(across, flipAcross ? size[across] - 1 : 0),
    column(down, flipDown ? size[down] - 1 : 0),
    [affine[0][3], affine[1][3], affine[2][3]] as const,
  ]
  const sum = (c: 0 | 1 | 2) => steps.reduce((all, step) => all + step[c], 0)
  return { origin: [sum(0), sum(1), sum(2)], across: column(across, flipAcross ? -1 : 1), down: column(down, flipDown ? -1 : 1) }
}

/** Calls `visit` with the voxel and the pixel index of every pixel of a slice, row by row. */
function walk({ size }: Volume, plane: Plane, slice: number, frame: number, visit: (voxel: number, pixel: number) => void): void {
  const strides: Triple = [1, size[0], size[0] * size[1]]
  const width = size[plane.across]
  const height = size[plane.down]
  const stepAcross = strides[plane.across]! * (plane.flipAcross ? -1 : 1)
  const stepDown = strides[plane.down]! * (plane.flipDown ? -1 : 1)
  const first =
    frame * size[0] * size[1] * size[2] +
    slice * strides[plane.axis]! +
    (plane.flipAcross ? (width - 1) * strides[plane.across]! : 0) +
    (plane.flipDown ? (height - 1) * strides[plane.down]! : 0)
  for (let y = 0, pixel = 0; y < height; y++)
    for (let x = 0, voxel = first + y * stepDown; x < width; x++, voxel += stepAcross) visit(voxel, pixel++)
}

/** Red, green and blue to brightness: ITU-R BT.601, the weights that most image libraries use. */
const luma = (r: number, g: number, b: number): number => 0.299 * r + 0.587 * g + 0.114 * b

/** The sum of a sample and its inverse: the complement in the sample's own type, as viewers show MONOCHROME1. */
function whole(samples: Samples): number {
  if (samples instanceof Uint8Array) return 255
  if (samples instanceof Uint16Array) return 65535
  if (samples instanceof Float32Array || samples instanceof Float64Array) return 0
  return -1
}

/** The sum of an inverted volume's value and what `sliceOf` gives for it, in the file's units; null if nothing is inverted. */
export const mirrorOf = ({ inverted, samples, slope, intercept }: Volume): number | null =>
  inverted ? slope * whole(samples) + 2 * intercept : null

/**
 * One slice as a grey picture in the file's units. Colour becomes brightness, opacity is ignored, a value that is not finite becomes the least
 * of the slice, and if large values mean dark the picture is inverted.
 * @param slice from 0, along the plane's axis
 */
export function sliceOf(volume: Volume, plane: Plane, slice: number, frame: number): Raster {
  const { samples, channels, alpha, palette, slope, intercept } = volume
  const { width, height } = extentOf(volume, plane)
  const pixels = new Float32Array(width * height)
  const shades = palette.map((color) => luma(...color))
  const sum = whole(samples)
  const stored = volume.inverted ? (v: number) => sum - v : (v: number) => v
  const colour = channels - Number(alpha) === 3
  let strange = false
  let least = Infinity
  walk(volume, plane, slice, frame, (voxel, pixel) => {
    const s = voxel * channels
    const v = colour
      ? luma(samples[s]!, samples[s + 1]!, samples[s + 2]!)
      : palette.length > 0
        ? (shades[samples[s]!] ?? 0)
        : slope * stored(samples[s]!) + intercept
    pixels[pixel] = v
    if (!Number.isFinite(pixels[pixel])) strange = true
    else if (v < least) least = v
  })
  if (strange) for (let i = 0; i < pixels.length; i++) if (!Number.isFinite(pixels[i])) pixels[i] = Number.isFinite(least) ? least : 0
  return { width, height, pixels }
}

/** The labels of one slice, from labels in the layout of the volume. */
export function labelsOf(volume: Volume, labels: Uint8Array, plane: Plane, slice: number, frame: number): LabelMap {
  const { width, height } = extentOf(volume, plane)
  const out = new Uint8Array(width * height)
  walk(volume, plane, slice, frame, (voxel, pixel) => (out[pixel] = labels[voxel]!))
  return { width, height, labels: out }
}

/** Puts the values of one slice back into the layout of the volume: the inverse of `labelsOf`. */
export function putSlice<T extends Uint8Array | Float32Array>(
  volume: Volume,
  into: T,
  plane: Plane,
  slice: number,
  frame: number,
  values: T,
): void {
  walk(volume, plane, slice, frame, (voxel, pixel) => (into[voxel] = values[pixel]!))
}

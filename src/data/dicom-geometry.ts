import { frameGroup, numbersOf, type DicomHeader } from './dicom-header'
import type { Affine, Triple } from './volume'

/** Where a frame lies in the patient, in DICOM's directions (x to the left, y to the back, z up) and millimetres. */
export interface PlaneGeometry {
  /** The centre of the first pixel. */
  position: Triple
  /** Unit vectors along a row (columns grow) and along a column (rows grow). */
  along: Triple
  down: Triple
  normal: Triple
  /** Distance between columns and between rows. */
  spacing: readonly [number, number]
}

export const dot = (a: Triple, b: Triple): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
export const minus = (a: Triple, b: Triple): Triple => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
const scaled = (a: Triple, by: number): Triple => [a[0] * by, a[1] * by, a[2] * by]
const cross = (a: Triple, b: Triple): Triple => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
const unit = (a: Triple): Triple => scaled(a, 1 / Math.hypot(...a))

/** Millimetres between columns and between rows, or null. */
export function pixelSpacing(header: DicomHeader, frame: number): readonly [number, number] | null {
  const measures = frameGroup(header, frame, 'x00289110')
  const found = numbersOf(measures, 'x00280030', 2) ?? numbersOf(header.data, 'x00181164', 2)
  return found && found.every((n) => n > 0) ? [found[1]!, found[0]!] : null
}

/** Position, orientation and spacing of a frame, or null if any is missing or invalid. */
export function planeGeometry(header: DicomHeader, frame: number): PlaneGeometry | null {
  const position = numbersOf(frameGroup(header, frame, 'x00209113'), 'x00200032', 3)
  const cosines = numbersOf(frameGroup(header, frame, 'x00209116'), 'x00200037', 6)
  const spacing = pixelSpacing(header, frame)
  if (!position || !cosines || !spacing) return null
  const [along, down] = [cosines.slice(0, 3), cosines.slice(3)] as unknown as [Triple, Triple]
  const skew = Math.abs(dot(along, down))
  if ([along, down].some((v) => Math.abs(Math.hypot(...v) - 1) > 0.01) || skew > 0.01) return null
  return { position: position as unknown as Triple, along: unit(along), down: unit(down), normal: unit(cross(along, down)), spacing }
}

/** Whether two frames are parallel, within a thousandth (0.06 degrees). */
export const isParallel = (a: PlaneGeometry, b: PlaneGeometry): boolean =>
  1 - dot(a.along, b.along) < 1e-6 && 1 - dot(a.down, b.down) < 1e-6

/** Voxel index to millimetres in RAS+: DICOM's first two coordinates change sign. `step` is from one slice to the next. */
export function affineOf({ position, along, down, spacing }: PlaneGeometry, step: Triple): Affine {
  const columns = [scaled(along, spacing[0]), scaled(down, spacing[1]), step, position]
  const row = (axis: number, sign: number) => columns.map((column) => sign * column[axis]! + 0) as unknown as Affine[0]
  return [row(0, -1), row(1, -1), row(2, 1)]
}

/** FreeSurfer's volumes (.mgh, and gzipped .mgz): 284 bytes of header, then big-endian numbers. */
import { checkVolume } from './image-size'
import { bytesOf, samplesFrom, type NumberType } from './number-type'
import type { OpenedFile } from './opened-file'
import { makeVolume, spacingOf, type Affine, type Volume } from './volume'

const headerLength = 284

/** By FreeSurfer's type number. */
const types: Record<number, NumberType> = { 0: 'u1', 1: 'i4', 3: 'f4', 4: 'i2', 10: 'u2' }

const viewOf = (head: Uint8Array) => new DataView(head.buffer, head.byteOffset, head.length)

/** MGH's only mark is its version, 1, above which newer files store a purpose: so sizes and type have to be plausible too. */
export function isMgh(head: Uint8Array): boolean {
  if (head.length < headerLength) return false
  const view = viewOf(head)
  const sizes = [4, 8, 12, 16].map((at) => view.getInt32(at))
  return (
    head[0] === 0 &&
    head[3] === 1 &&
    sizes.every((n) => n > 0 && n < 2 ** 20) &&
    view.getInt32(20) in types &&
    [0, 1].includes(view.getInt16(28))
  )
}

/**
 * Reads an MGH volume; its world coordinates are a `Volume`'s: x to the right, y to the front, z up.
 * @throws InputError
 */
export async function readMgh(file: OpenedFile): Promise<Volume> {
  const { name, head } = file
  const view = viewOf(head)
  const [columns, rows, slices, frames] = [4, 8, 12, 16].map((at) => view.getInt32(at)) as [number, number, number, number]
  const size = [columns, rows, slices, frames] as const
  const type = types[view.getInt32(20)]!
  checkVolume(name, size, bytesOf(type))
  const samples = samplesFrom(await file.body(headerLength, size.reduce((a, b) => a * b) * bytesOf(type)), type, true, name)
  const affine = affineOf(view, size)
  const usable = affine.flat().every(Number.isFinite) && spacingOf(affine).every((mm) => mm > 0)
  return makeVolume({
    name,
    kind: 'mgh',
    size,
    samples,
    affine: usable ? affine : null,
    spacing: usable ? spacingOf(affine) : null,
    notes: usable && placed(view) ? [] : ['The file does not say how the volume lies in the patient.'],
  })
}

const placed = (view: DataView) => view.getInt16(28) === 1

/** The header gives spacing, directions of the axes and the position of the volume's centre, at half of the sizes. */
function affineOf(view: DataView, size: Volume['size']): Affine {
  // Without a position FreeSurfer assumes coronal slices of 1 mm about the origin.
  const usual = [1, 1, 1, -1, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0, 0]
  const numbers = placed(view) ? usual.map((_, i) => view.getFloat32(30 + 4 * i)) : usual
  const row = (r: number): Affine[0] => {
    const [a, b, c] = [0, 1, 2].map((axis) => numbers[3 + 3 * axis + r]! * numbers[axis]!) as [number, number, number]
    return [a, b, c, numbers[12 + r]! - (a * size[0] + b * size[1] + c * size[2]) / 2]
  }
  return [row(0), row(1), row(2)]
}

/** How a camera or a scanner says that the rows it stored are not to be seen as they are: the orientation of EXIF and TIFF. */
import type { Samples, Volume } from './volume'

/**
 * 1 as stored; 2 mirrored left to right; 3 turned by half; 4 mirrored top to bottom; 5 transposed; 6 to be turned a quarter clockwise; 7 transposed
 * across the other diagonal; 8 to be turned a quarter the other way (EXIF 2.32 and TIFF 6.0, tag 274).
 */
export type ExifOrientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

const tag = 0x0112

/** A number as an orientation; 1 for what is none, as viewers do. */
export const exifOrientation = (value: unknown): ExifOrientation =>
  [2, 3, 4, 5, 6, 7, 8].includes(Number(value)) ? (Number(value) as ExifOrientation) : 1

/** The orientation that EXIF data give, from their TIFF header on: as in APP1 of a JPEG after "Exif", or in eXIf of a PNG. */
export function readExif(bytes: Uint8Array): ExifOrientation {
  if (bytes.length < 8) return 1
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const little = view.getUint16(0) === 0x4949
  const start = view.getUint32(4, little)
  if ((!little && view.getUint16(0) !== 0x4d4d) || start + 2 > bytes.length) return 1
  const entries = view.getUint16(start, little)
  for (let at = start + 2; at + 12 <= bytes.length && at < start + 2 + 12 * entries; at += 12)
    if (view.getUint16(at, little) === tag && view.getUint16(at + 2, little) === 3) return exifOrientation(view.getUint16(at + 8, little))
  return 1
}

/** EXIF data that say this and nothing else. */
export function writeExif(orientation: ExifOrientation): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(26)
  const view = new DataView(bytes.buffer)
  bytes.set([0x4d, 0x4d, 0, 42])
  view.setUint32(4, 8)
  view.setUint16(8, 1)
  view.setUint16(10, tag)
  view.setUint16(12, 3)
  view.setUint32(14, 1)
  view.setUint16(18, orientation)
  return bytes
}

/** The other way round: only the quarter turns have another. */
const inverse = (orientation: ExifOrientation): ExifOrientation => (orientation === 6 ? 8 : orientation === 8 ? 6 : orientation)

/** Pictures of width x height, one after the other, `channels` samples a pixel, as they look after a turn. */
function turned<T extends Samples>(samples: T, width: number, height: number, channels: number, orientation: ExifOrientation): T {
  const out = new (samples.constructor as new (length: number) => T)(samples.length)
  const across = orientation > 4 ? height : width
  const [mirroredX, mirroredY] = [[2, 3, 7, 8].includes(orientation), [3, 4, 6, 7].includes(orientation)]
  const each = width * height
  for (let from = 0; from * channels < samples.length; from++) {
    const pixel = from % each
    const x = pixel % width
    const y = (pixel - x) / width
    const [right, down] = [mirroredX ? width - 1 - x : x, mirroredY ? height - 1 - y : y]
    const to = from - pixel + (orientation > 4 ? right * across + down : down * across + right)
    for (let c = 0; c < channels; c++) out[to * channels + c] = samples[from * channels + c]!
  }
  return out
}

const swapped = <T>([a, b, ...rest]: readonly T[]): T[] => [b!, a!, ...rest]

/** A picture or stack as stored, turned upright, with a note; `Volume.turned` remembers how it was stored. */
export function turnUpright(volume: Volume, orientation: ExifOrientation): Volume {
  if (orientation === 1) return volume
  const { size, spacing, samples, channels, notes } = volume
  const quarter = orientation > 4
  return {
    ...volume,
    samples: turned(samples, size[0], size[1], channels, orientation),
    size: (quarter ? swapped(size) : size) as unknown as Volume['size'],
    spacing: (spacing && quarter ? swapped(spacing) : spacing) as Volume['spacing'],
    turned: orientation,
    notes: [...notes, `Turned upright, as its EXIF orientation (${orientation}) says; masks are given upright and saved as the file lies.`],
  }
}

/**
 * What lies on an upright volume, as it lies on the file.
 * @param values one for each voxel
 * @returns the values in the order of the file, and the volume with the size that the file has
 */
export function asStored<T extends Samples>(volume: Volume, values: T): { volume: Volume; values: T } {
  const { size, spacing, turned: orientation } = volume
  if (orientation === 1) return { volume, values }
  const quarter = orientation > 4
  return {
    volume: {
      ...volume,
      size: (quarter ? swapped(size) : size) as unknown as Volume['size'],
      spacing: (spacing && quarter ? swapped(spacing) : spacing) as Volume['spacing'],
    },
    values: turned(values, size[0], size[1], 1, inverse(orientation)),
  }
}

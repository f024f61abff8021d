/** Turns pictures upright, and what lies on them back to how they are stored. */
import type { ExifOrientation } from './exif'
import type { Samples, Volume } from './volume'

/** The inverse orientation: only quarter turns differ from their own. */
const inverse = (orientation: ExifOrientation): ExifOrientation => (orientation === 6 ? 8 : orientation === 8 ? 6 : orientation)

/** Turns pictures of width x height, one after another, `channels` samples a pixel. */
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
    notes: [
      ...notes,
      `Turned upright by its EXIF orientation (${orientation}); give masks upright, and they are saved turned as the file.`,
    ],
  }
}

/**
 * Values on an upright volume, turned as in the file.
 * @param values one for each voxel
 * @returns the values in the order of the file, and the volume with the file's size
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

import { InputError } from './input-error'

/** Larger images are refused before anything is decoded: 64 megapixels as numbers take 256 MB, and no training needs them. */
export const maxPixels = 64_000_000

/** Largest size in bytes of one volume's stored samples: a browser tab can hold a few of them. */
export const maxVolumeBytes = 2 ** 30

/** Largest size in bytes of a zip, and of its unpacked contents together. */
export const maxArchiveBytes = 2 ** 30

/** Most files in a zip, and bytes of the list of them: a list may name one file a million times. */
export const maxArchiveFiles = 100_000
export const maxListBytes = 2 ** 26

/** Most bytes of samples out of all zips together: packed twice, a megabyte of zip is a terabyte of zeros. */
export const maxArchiveSamples = 2 ** 32

const count = (n: number) => n.toLocaleString('en-US')

/** Bytes as readable text such as "1.5 GB", in powers of 1024. */
export function byteText(bytes: number): string {
  const [unit, name] = bytes >= 2 ** 30 ? [2 ** 30, 'GB'] : bytes >= 2 ** 20 ? [2 ** 20, 'MB'] : [2 ** 10, 'kB']
  return `${count(Math.round((bytes / unit) * 10) / 10)} ${name}`
}

/** @throws InputError for an image without pixels, or with more than `maxPixels`. */
export function checkSize(name: string, width: number, height: number): void {
  const size = `${count(width)} x ${count(height)} pixels`
  if (width === 0 || height === 0) throw new InputError(`"${name}" has a size of ${size}, so it holds no image; save it again.`, name)
  if (width * height > maxPixels)
    throw new InputError(
      `"${name}" has ${size}, over the limit of ${count(maxPixels / 1e6)} megapixels; crop it or scale it down first.`,
      name,
    )
}

/**
 * The same for a stack.
 * @param size columns, rows, slices, frames
 * @param bytesPerVoxel for all channels, as stored
 * @throws InputError for a volume without voxels, with a slice over `maxPixels`, or over `maxVolumeBytes`
 */
export function checkVolume(name: string, size: readonly [number, number, number, number], bytesPerVoxel: number): void {
  const [columns, rows, slices, frames] = size
  const bytes = columns * rows * slices * frames * bytesPerVoxel
  const text = size
    .slice(0, frames === 1 ? 3 : 4)
    .map(count)
    .join(' x ')
  if (!size.every((n) => Number.isInteger(n) && n > 0))
    throw new InputError(`"${name}" has a size of ${text} voxels, so it holds no image; save it again.`, name)
  if (bytes > maxVolumeBytes)
    throw new InputError(
      `"${name}" is ${text} voxels, ${byteText(bytes)}, over the limit of ${byteText(maxVolumeBytes)}; ` +
        'crop it, leave out slices or save it with fewer bytes for each voxel.',
      name,
    )
  checkSize(name, columns, rows)
}

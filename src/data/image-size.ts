import { InputError } from './named-file'

/** Larger images are refused before anything is decoded: 64 megapixels as numbers take 256 MB, and no training needs them. */
export const maxPixels = 64_000_000

const count = (n: number) => n.toLocaleString('en-US')

/** @throws InputError for an image without pixels, or with more than `maxPixels`. */
export function checkSize(name: string, width: number, height: number): void {
  const size = `${count(width)} x ${count(height)} pixels`
  if (width === 0 || height === 0) throw new InputError(`"${name}" says that it is ${size}, so it holds no image; save it again.`, name)
  if (width * height > maxPixels)
    throw new InputError(
      `"${name}" is ${size}, over the limit of ${count(maxPixels / 1e6)} megapixels; crop it or scale it down first.`,
      name,
    )
}

import type { Raster } from '../lib/raster'
import { isJpeg, readJpeg } from './jpeg-file'
import { InputError, type NamedFile } from './named-file'
import { isPng, readPng, type Png } from './png-file'

/** Red, green and blue to brightness: ITU-R BT.601, the weights that most image libraries use. */
const luma = (r: number, g: number, b: number): number => 0.299 * r + 0.587 * g + 0.114 * b

/**
 * Reads a PNG or JPEG as a grey image; a PNG keeps its file's own units (0..65535 for 16 bits), colour becomes brightness, and
 * transparency is ignored.
 * @throws InputError, one sentence, for anything else.
 */
export function readImage(file: NamedFile): Raster {
  if (isPng(file)) return toGrey(readPng(file))
  if (isJpeg(file)) {
    const { width, height, rgb } = readJpeg(file)
    const pixels = new Float32Array(width * height)
    for (let i = 0, s = 0; i < pixels.length; i++, s += 3) pixels[i] = luma(rgb[s]!, rgb[s + 1]!, rgb[s + 2]!)
    return { width, height, pixels }
  }
  throw notAnImage(file)
}

function toGrey({ width, height, kind, channels, samples, palette }: Png): Raster {
  const pixels = new Float32Array(width * height)
  const shades = Float32Array.from({ length: 256 }, (_, i) => (palette[i] ? luma(...palette[i]) : 0))
  for (let i = 0, s = 0; i < pixels.length; i++, s += channels)
    pixels[i] =
      kind === 'grey' ? samples[s]! : kind === 'palette' ? shades[samples[s]!]! : luma(samples[s]!, samples[s + 1]!, samples[s + 2]!)
  return { width, height, pixels }
}

/** Formats that people try, each with its ending or with the bytes that stand at an offset; the first that fits names the file. */
const formats: [name: string, ending: RegExp | null, offset: number, start: string][] = [
  ['a DICOM file', /\.(dcm|dicom|ima)$/i, 128, 'DICM'],
  ['a NIfTI volume', /\.nii(\.gz)?$/i, 344, 'n+1\0'],
  ['a TIFF', /\.tiff?$/i, 0, 'II*\0'],
  ['a TIFF', null, 0, 'MM\0*'],
  ['an NRRD volume', /\.nrrd$/i, 0, 'NRRD'],
  ['a NumPy array', /\.npy$/i, 0, '\x93NUMPY'],
  ['an HDF5 file', /\.h(df)?5$/i, 0, '\x89HDF'],
  ['a GIF', null, 0, 'GIF8'],
  ['a BMP', null, 0, 'BM'],
  ['a WebP image', null, 8, 'WEBP'],
  ['a PDF', null, 0, '%PDF'],
  ['a zip archive', null, 0, 'PK\x03\x04'],
  ['a gzip archive', null, 0, '\x1f\x8b'],
]

/** The error for a file that is neither PNG nor JPEG, saying what it looks like. */
export function notAnImage({ name, bytes }: NamedFile): InputError {
  if (bytes.length === 0) return new InputError(`"${name}" is empty; copy or save it again.`, name)
  const begins = (offset: number, start: string) => [...start].every((c, i) => bytes[offset + i] === c.charCodeAt(0))
  const isText = bytes.subarray(0, 512).every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13)
  const known = formats.find(([, ending, offset, start]) => ending?.test(name) || begins(offset, start))?.[0] ?? (isText ? 'text' : null)
  const looks = known ? ` but looks like ${known}` : ''
  return new InputError(`"${name}" is not a PNG or JPEG image${looks}; this version reads only PNG and JPEG, so save it as PNG.`, name)
}

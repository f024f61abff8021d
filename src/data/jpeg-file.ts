import { decode } from 'jpeg-js'
import { checkSize, maxPixels } from './image-size'
import { InputError, type NamedFile } from './named-file'

export const isJpeg = ({ bytes }: NamedFile): boolean => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff

/** A decoded JPEG: width * height pixels of interleaved red, green, blue, 0..255. */
export interface Jpeg {
  width: number
  height: number
  rgb: Uint8Array
}

/**
 * Reads an 8-bit baseline or progressive JPEG, grey or colour.
 * @throws InputError for a file that is cut short, damaged, of another kind of JPEG, of no pixels or too large; the size is known
 * before anything is decoded.
 */
export function readJpeg(file: NamedFile): Jpeg {
  const { name, bytes } = file
  const { width, height, rgbStored } = readHeader(file)
  try {
    const { data } = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      // Damaged data throws, rather than giving a picture that is partly grey.
      tolerantDecoding: false,
      maxResolutionInMP: maxPixels / 1e6,
      // The decoder holds four bytes for each coefficient of three components, and two copies of the result.
      maxMemoryUsageInMB: 2048,
      ...(rgbStored && { colorTransform: false }),
    })
    return { width, height, rgb: data }
  } catch {
    throw new InputError(`"${name}" is a JPEG that cannot be decoded; open it in an image program and save it as PNG.`, name)
  }
}

/** Walks over the markers to the end of the image: sizes from the frame header, and proof that the end is there. */
function readHeader({ name, bytes }: NamedFile) {
  const cutShort = () => new InputError(`"${name}" is cut short: the end of the JPEG is missing; copy or save it again.`, name)
  let size: { width: number; height: number } | null = null
  let rgbStored = false
  for (let at = 2; ;) {
    // Between markers lie compressed data, in which 0xff is followed by 0 or by a restart mark.
    while (at < bytes.length && (bytes[at] !== 0xff || bytes[at + 1] === 0 || bytes[at + 1] === 0xff)) at++
    const marker = bytes[at + 1]
    if (marker === undefined) throw cutShort()
    if (marker === 0xd9) break
    if (marker >= 0xd0 && marker <= 0xd7) {
      at += 2
      continue
    }
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!
    // Written so that a length beyond the end, NaN, is refused too.
    if (!(at + 2 + length <= bytes.length)) throw cutShort()
    // Frame headers are 0xc0 to 0xcf, but for three that are tables.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      size = { height: bytes[at + 5]! * 256 + bytes[at + 6]!, width: bytes[at + 7]! * 256 + bytes[at + 8]! }
      checkSize(name, size.width, size.height)
      if (marker > 0xc2 || bytes[at + 4] !== 8)
        throw new InputError(`"${name}" is a lossless, arithmetic-coded or 12-bit JPEG, which is not read here; save it as PNG.`, name)
    }
    // Adobe's marker says with a 0 that the three components are red, green and blue as they are.
    if (marker === 0xee && length >= 14 && bytes[at + 4] === 0x41 && bytes[at + 5] === 0x64) rgbStored = bytes[at + 15] === 0
    at += 2 + length
  }
  if (!size) throw new InputError(`"${name}" is a JPEG without an image in it; save it again.`, name)
  return { ...size, rgbStored }
}

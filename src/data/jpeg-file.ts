import { decode } from 'jpeg-js'
import { readExif, type ExifOrientation } from './exif'
import { checkSize, maxPixels } from './image-size'
import { InputError } from './input-error'
import type { NamedFile } from './named-file'
import { turnUpright } from './upright'
import { makeVolume, type Volume } from './volume'

export const isJpeg = ({ bytes }: NamedFile): boolean => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff

/** A decoded JPEG: width * height pixels of interleaved red, green, blue, 0..255; all three equal if it is grey. */
export interface Jpeg {
  width: number
  height: number
  grey: boolean
  rgb: Uint8Array
  /** From EXIF; the pixels are as stored. */
  orientation: ExifOrientation
}

/** A JPEG as a volume, upright: one channel if it is grey. @throws InputError as readJpeg */
export function readJpegVolume(file: NamedFile): Volume {
  const { width, height, grey, rgb, orientation } = readJpeg(file)
  const size = [width, height, 1, 1] as const
  const upright = (samples: Uint8Array<ArrayBuffer>, channels: 1 | 3) =>
    turnUpright(makeVolume({ name: file.name, kind: 'jpeg', size, samples, channels }), orientation)
  if (!grey) return upright(new Uint8Array(rgb), 3)
  const samples = new Uint8Array(width * height)
  for (let i = 0; i < samples.length; i++) samples[i] = rgb[3 * i]!
  return upright(samples, 1)
}

/** Width and height from the frame header of a JPEG, a file or a block of a TIFF; null without one. */
export function frameSize(bytes: Uint8Array): { width: number; height: number } | null {
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; at += 2 + bytes[at + 2]! * 256 + bytes[at + 3]!)
    if (isFrame(bytes[at + 1]!)) return { height: bytes[at + 5]! * 256 + bytes[at + 6]!, width: bytes[at + 7]! * 256 + bytes[at + 8]! }
  return null
}

/** Frame headers are 0xc0 to 0xcf, except three that are tables. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

/**
 * Reads an 8-bit baseline or progressive JPEG, grey or colour.
 * @throws InputError for a file that is cut short, damaged, another kind of JPEG, without pixels or too large; the size is checked
 * before anything is decoded.
 */
export function readJpeg(file: NamedFile): Jpeg {
  const { name, bytes } = file
  const { width, height, grey, rgbStored, orientation } = readHeader(file)
  try {
    const { data } = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      // Damaged data throws rather than giving a partly grey picture.
      tolerantDecoding: false,
      maxResolutionInMP: maxPixels / 1e6,
      // The decoder holds four bytes for each coefficient of three components, and two copies of the result.
      maxMemoryUsageInMB: 2048,
      ...(rgbStored && { colorTransform: false }),
    })
    return { width, height, grey, rgb: data, orientation }
  } catch {
    throw new InputError(`"${name}" is a JPEG that cannot be decoded; open it in an image program and save it as PNG.`, name)
  }
}

const exifMark = [0x45, 0x78, 0x69, 0x66, 0, 0]

/** Walks over the markers to the end of the image: reads the size from the frame header and checks that the end exists. */
function readHeader({ name, bytes }: NamedFile) {
  const cutShort = () => new InputError(`"${name}" is cut short: the end of the JPEG is missing; copy or save it again.`, name)
  let size: { width: number; height: number; grey: boolean } | null = null
  let rgbStored = false
  let orientation: ExifOrientation = 1
  for (let at = 2; ;) {
    // Between markers lies compressed data, in which 0xff is followed by 0 or a restart marker.
    while (at < bytes.length && (bytes[at] !== 0xff || bytes[at + 1] === 0 || bytes[at + 1] === 0xff)) at++
    const marker = bytes[at + 1]
    if (marker === undefined) throw cutShort()
    if (marker === 0xd9) break
    if (marker >= 0xd0 && marker <= 0xd7) {
      at += 2
      continue
    }
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!
    // Written so that NaN, from a length beyond the end, is refused too.
    if (!(at + 2 + length <= bytes.length)) throw cutShort()
    if (isFrame(marker)) {
      size = { height: bytes[at + 5]! * 256 + bytes[at + 6]!, width: bytes[at + 7]! * 256 + bytes[at + 8]!, grey: bytes[at + 9] === 1 }
      checkSize(name, size.width, size.height)
      if (marker > 0xc2 || bytes[at + 4] !== 8)
        throw new InputError(`"${name}" is a lossless, arithmetic-coded or 12-bit JPEG, which is not supported; save it as PNG.`, name)
    }
    // A 0 in Adobe's marker means that the three components are plain red, green and blue.
    if (marker === 0xee && length >= 14 && bytes[at + 4] === 0x41 && bytes[at + 5] === 0x64) rgbStored = bytes[at + 15] === 0
    // The first APP1 that begins with "Exif" and two zeros; Adobe's XMP uses the same marker.
    if (marker === 0xe1 && length >= 8 && orientation === 1 && exifMark.every((byte, i) => bytes[at + 4 + i] === byte))
      orientation = readExif(bytes.subarray(at + 10, at + 2 + length))
    at += 2 + length
  }
  if (!size) throw new InputError(`"${name}" is a JPEG without an image in it; save it again.`, name)
  return { ...size, rgbStored, orientation }
}

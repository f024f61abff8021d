import { decode } from 'fast-png'
import { readExif, type ExifOrientation } from './exif'
import { checkSize } from './image-size'
import { InputError } from './input-error'
import type { NamedFile } from './named-file'
import { turnUpright } from './upright'
import { makeVolume, type Samples, type Volume } from './volume'

/** A decoded PNG as stored: one number per sample, whatever the depth, never converted. */
export interface Png {
  width: number
  height: number
  /** Bits per sample: 1, 2, 4, 8 or 16. */
  depth: number
  kind: 'grey' | 'colour' | 'palette'
  alpha: boolean
  /** Samples per pixel: 1 or 3, and one more with alpha. */
  channels: number
  /** width * height * channels samples, interleaved. */
  samples: Uint8Array | Uint16Array
  /** The palette's colours as [r, g, b], 0..255; empty for other kinds. */
  palette: [number, number, number][]
  /** From its EXIF chunk; the pixels are as stored. */
  orientation: ExifOrientation
}

const kinds: Record<number, Pick<Png, 'kind' | 'alpha' | 'channels'>> = {
  0: { kind: 'grey', alpha: false, channels: 1 },
  2: { kind: 'colour', alpha: false, channels: 3 },
  3: { kind: 'palette', alpha: false, channels: 1 },
  4: { kind: 'grey', alpha: true, channels: 2 },
  6: { kind: 'colour', alpha: true, channels: 4 },
}

const signature = [137, 80, 78, 71, 13, 10, 26, 10]

export const isPng = ({ bytes }: NamedFile): boolean => signature.every((byte, i) => bytes[i] === byte)

/** A PNG as a volume of one slice, upright; for a palette PNG, the indices. @throws InputError as readPng */
export function readPngVolume(file: NamedFile): Volume {
  const { width, height, channels, alpha, samples, palette, orientation } = readPng(file)
  const volume = makeVolume({
    name: file.name,
    kind: 'png',
    size: [width, height, 1, 1],
    samples: samples as Samples,
    channels: channels as 1 | 2 | 3 | 4,
    alpha,
    palette,
  })
  return turnUpright(volume, orientation)
}

/**
 * Reads a PNG of any colour type and depth; 16-bit samples keep their exact value.
 * @throws InputError for a file that is cut short, damaged, without pixels or too large; the size is checked before anything is decoded.
 */
export function readPng(file: NamedFile): Png {
  const { name, bytes } = file
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const damaged = () => new InputError(`"${name}" is a damaged PNG; save it again from the program that made it.`, name)
  const cutShort = () => new InputError(`"${name}" is cut short: the end of the PNG is missing; copy or save it again.`, name)

  // Signature (8 bytes), then chunks: length, name, data, checksum. The first is the header.
  if (bytes.length < 33) throw cutShort()
  const chunk = (offset: number) => String.fromCharCode(...bytes.subarray(offset + 4, offset + 8))
  if (chunk(8) !== 'IHDR') throw damaged()
  const width = view.getUint32(16)
  const height = view.getUint32(20)
  const depth = bytes[24]!
  const layout = kinds[bytes[25]!]
  checkSize(name, width, height)
  if (!layout) throw damaged()
  if (bytes[28] === 1 && depth < 8)
    // fast-png 8.0 unpacks interlaced rows of fewer than 8 bits wrongly.
    throw new InputError(`"${name}" is an interlaced PNG of ${depth} bits; save it without interlacing.`, name)
  let orientation: ExifOrientation = 1
  for (let at = 8; ; at += 12 + view.getUint32(at)) {
    if (at + 12 > bytes.length || at + 12 + view.getUint32(at) > bytes.length) throw cutShort()
    if (chunk(at) === 'IEND') break
    // The decoder would believe a second header, whose size nobody has checked.
    if (chunk(at) === 'IHDR' && at > 8) throw damaged()
    if (chunk(at) === 'eXIf') orientation = readExif(bytes.subarray(at + 8, at + 8 + view.getUint32(at)))
  }

  try {
    const png = decode(bytes, { checkCrc: true })
    const palette = (layout.kind === 'palette' ? (png.palette ?? []) : []).map(([r, g, b]): [number, number, number] => [r!, g!, b!])
    const samples = depth < 8 ? unpack(png.data, width, height, depth) : png.data
    const unpacked = samples instanceof Uint16Array ? samples : new Uint8Array(samples.buffer)
    if (unpacked.length !== width * height * layout.channels) throw damaged()
    return { width, height, depth, ...layout, samples: unpacked, palette, orientation }
  } catch {
    throw damaged()
  }
}

/** Rows of 1, 2 or 4-bit samples, each row starting on a byte, highest bits first, to one byte per sample. */
function unpack(packed: ArrayLike<number>, width: number, height: number, depth: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(width * height)
  const perByte = 8 / depth
  const rowBytes = Math.ceil(width / perByte)
  const mask = (1 << depth) - 1
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const byte = packed[y * rowBytes + Math.floor(x / perByte)]!
      out[y * width + x] = (byte >> (8 - depth - depth * (x % perByte))) & mask
    }
  return out
}

/**
 * Unpacks strips and tiles of a TIFF. geotiff's own decoders write everything that comes out of a block, so a small file can fill the
 * memory; these stop when the block is full. JPEG stays with geotiff.
 */
import { unzlibSync } from 'fflate'
import { addDecoder, BaseDecoder, type ImageFileDirectory } from 'geotiff'
import { ZSTDDecoder } from 'zstddec/stream'
import { swapBytes } from './number-type'

/** TIFF's numbers for the supported compressions. */
export const compressions = { none: 1, lzw: 5, jpeg: 7, deflate: 8, oldDeflate: 32946, packBits: 32773, zstd: 50000 } as const

/** Directories of big-endian files, whose numbers geotiff's predictors take for little-endian. */
export const bigEndianDirectories = new WeakSet<ImageFileDirectory>()

type Unpack = (packed: Uint8Array, room: number) => Uint8Array

/** The parameters of geotiff's decoders, and the extra ones needed here. */
interface BlockParameters {
  tileWidth: number
  tileHeight: number
  predictor: number
  bitsPerSample: number[]
  planarConfiguration: number
  bigEndian: boolean
  /** Whether the bits of each byte are stored lowest first (FillOrder 2), in the packed bytes, as in libtiff. */
  reversed: boolean
  /** Bytes of an unpacked block. */
  room: number
}

async function parametersOf(directory: ImageFileDirectory): Promise<BlockParameters> {
  const number = async (tag: 'TileWidth' | 'TileLength' | 'ImageWidth' | 'ImageLength' | 'RowsPerStrip' | 'FillOrder', otherwise = 0) =>
    Number((await directory.loadValue(tag)) ?? otherwise)
  const height = await number('ImageLength')
  const tiled = !directory.hasTag('StripOffsets')
  const tileWidth = await number(tiled ? 'TileWidth' : 'ImageWidth')
  const tileHeight = tiled ? await number('TileLength') : Math.min(height, (await number('RowsPerStrip')) || height)
  const bitsPerSample = Array.from((await directory.loadValue('BitsPerSample')) ?? [1], Number)
  const planarConfiguration = Number((await directory.loadValue('PlanarConfiguration')) ?? 1)
  const bits = planarConfiguration === 2 ? bitsPerSample[0]! : bitsPerSample.reduce((a, b) => a + b, 0)
  return {
    tileWidth,
    tileHeight,
    predictor: Number((await directory.loadValue('Predictor')) ?? 1),
    bitsPerSample,
    planarConfiguration,
    bigEndian: bigEndianDirectories.has(directory),
    reversed: (await number('FillOrder')) === 2,
    room: tileHeight * Math.ceil((tileWidth * bits) / 8),
  }
}

/** 0b00000001 as 0b10000000. */
function reverseBits(byte: number): number {
  let out = 0
  for (let bit = 0; bit < 8; bit++) out |= ((byte >> bit) & 1) << (7 - bit)
  return out
}

function register(numbers: number[], load: () => Promise<Unpack>): void {
  const makeClass = async () => {
    const unpack = await load()
    return class extends BaseDecoder {
      override decodeBlock(packed: ArrayBuffer): ArrayBuffer {
        const { room, predictor, bigEndian, bitsPerSample, reversed } = this.parameters as unknown as BlockParameters
        const stored = new Uint8Array(packed)
        const bytes = unpack(reversed ? stored.map(reverseBits) : stored, room).slice()
        // The predictor for whole numbers adds in the machine's byte order.
        if (bigEndian && predictor === 2) swapBytes(bytes, bitsPerSample[0]! / 8)
        return bytes.buffer as ArrayBuffer
      }
      override async decode(packed: ArrayBuffer): Promise<ArrayBufferLike> {
        const { predictor, bigEndian, bitsPerSample } = this.parameters as unknown as BlockParameters
        const block = await super.decode(packed)
        // Both predictors return little-endian numbers, but geotiff reads the file's order.
        if (bigEndian && predictor > 1) swapBytes(new Uint8Array(block), bitsPerSample[0]! / 8)
        return block
      }
    }
  }
  // The library's type accepts only its own parameters.
  addDecoder(numbers, makeClass as Parameters<typeof addDecoder>[1], parametersOf as unknown as Parameters<typeof addDecoder>[2])
}

/** Given an output buffer, fflate never enlarges it. */
const inflate: Unpack = (packed, room) => unzlibSync(packed, { out: new Uint8Array(room) })

/** Apple's PackBits (TIFF 6.0, section 9): a signed count n, then n + 1 bytes as they are, or one byte to be repeated 1 - n times. */
export function unpackBits(packed: Uint8Array, room: number): Uint8Array {
  const out = new Uint8Array(room)
  let to = 0
  for (let at = 0; at + 1 < packed.length && to < room;) {
    const count = (packed[at++]! << 24) >> 24
    if (count >= 0) {
      const bytes = packed.subarray(at, at + Math.min(count + 1, room - to))
      out.set(bytes, to)
      to += bytes.length
      at += count + 1
    } else if (count === -128) continue
    else {
      out.fill(packed[at++]!, to, to + 1 - count)
      to = Math.min(room, to + 1 - count)
    }
  }
  return out.subarray(0, to)
}

/**
 * TIFF's LZW (TIFF 6.0, section 13): codes of 9 to 12 bits, highest bit first; 256 clears the table, 257 ends. A code stands for what the one
 * before it stood for plus one byte, so an entry is a position in the output.
 * @throws Error for a code that is not in the table
 */
export function unpackLzw(packed: Uint8Array, room: number): Uint8Array {
  const out = new Uint8Array(room)
  const starts = new Int32Array(4097)
  const lengths = new Int32Array(4097)
  let next = 258
  let width = 9
  let before: { start: number; length: number } | null = null
  let to = 0
  for (let bit = 0; bit + width <= packed.length * 8 && to < room;) {
    const at = bit >> 3
    const three = (packed[at]! << 16) | ((packed[at + 1] ?? 0) << 8) | (packed[at + 2] ?? 0)
    const code = (three >> (24 - width - (bit & 7))) & ((1 << width) - 1)
    bit += width
    if (code === 257) break
    if (code === 256) {
      next = 258
      width = 9
      before = null
      continue
    }
    if (before && next < 4096) {
      starts[next] = before.start
      lengths[next++] = before.length + 1
    }
    if (code >= next && code > 255) throw new Error('An LZW code is not in the table.')
    const start = to
    const length = code < 256 ? 1 : lengths[code]!
    // The newest entry ends with the first byte written here, so copy byte by byte.
    if (code < 256) out[to++] = code
    else for (let i = 0; i < length && to < room; i++) out[to++] = out[starts[code]! + i]!
    before = { start, length }
    // One code early, as in all TIFF writers.
    if (next + 1 >= 1 << width && width < 12) width++
  }
  return out.subarray(0, to)
}

let zstd: Promise<ZSTDDecoder> | null = null

/**
 * zstddec fetches its wasm from a data: address, which the page's policy forbids; during that call it is given the bytes
 * themselves. To be deleted when zstddec has another way.
 */
async function openZstd(): Promise<ZSTDDecoder> {
  const decoder = new ZSTDDecoder()
  const { fetch } = globalThis
  globalThis.fetch = (address) => {
    const base64 = String(address).split(',')[1]!
    return Promise.resolve(new Response(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))))
  }
  const ready = decoder.init()
  globalThis.fetch = fetch
  await ready
  return decoder
}

/** In one call: the library's streaming loops for ever on damaged data. It does not check that larger blocks fit its memory. */
const unpackZstd =
  (decoder: ZSTDDecoder): Unpack =>
  (packed, room) => {
    if (room > 2 ** 28) throw new Error('A block is too large.')
    return decoder.decode(packed, room)
  }

register([compressions.none], () => Promise.resolve((stored, room) => stored.subarray(0, room)))
register([compressions.deflate, compressions.oldDeflate], () => Promise.resolve(inflate))
register([compressions.packBits], () => Promise.resolve(unpackBits))
register([compressions.lzw], () => Promise.resolve(unpackLzw))
register([compressions.zstd], async () => unpackZstd(await (zstd ??= openZstd())))

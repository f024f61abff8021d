/** Files for tests, written and read without the libraries under test. Imported by tests only. */
import { zlibSync } from 'fflate'
import type { NamedFile } from './named-file'

function crc32(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc
}

/** One PNG chunk: length, name, data, checksum. */
export function chunk(name: string, data: Uint8Array): number[] {
  const out = new Uint8Array(12 + data.length)
  const view = new DataView(out.buffer)
  view.setUint32(0, data.length)
  for (let i = 0; i < 4; i++) out[4 + i] = name.charCodeAt(i)
  out.set(data, 8)
  view.setInt32(8 + data.length, crc32(out.subarray(4, 8 + data.length)))
  return [...out]
}

/**
 * A PNG whose rows hold these samples, interleaved, unfiltered.
 * @param type PNG colour type: 0 grey, 2 colour, 3 palette, 4 grey with alpha, 6 colour with alpha
 * @param palette red, green, blue of each entry, one after another
 */
export function makePng(name: string, image: { rows: number[][]; type?: number; depth?: number; palette?: number[] }): NamedFile {
  const { rows, type = 0, depth = 8, palette } = image
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[type]!
  const header = new Uint8Array(13)
  new DataView(header.buffer).setUint32(0, rows[0]!.length / channels)
  new DataView(header.buffer).setUint32(4, rows.length)
  header.set([depth, type], 8)
  const packed = rows.flatMap((row) => {
    const bits = row.map((v) => v.toString(2).padStart(depth, '0')).join('')
    return [0, ...(bits.match(/.{1,8}/g) ?? []).map((byte) => parseInt(byte.padEnd(8, '0'), 2))]
  })
  const bytes = Uint8Array.from([
    ...[137, 80, 78, 71, 13, 10, 26, 10],
    ...chunk('IHDR', header),
    ...(palette ? chunk('PLTE', Uint8Array.from(palette)) : []),
    ...chunk('IDAT', zlibSync(Uint8Array.from(packed))),
    ...chunk('IEND', new Uint8Array(0)),
  ])
  return { name, bytes }
}

/** Reads a .npy file of little-endian unsigned 8 or 16-bit numbers in C order. */
export function readNpy(bytes: Uint8Array): { shape: number[]; data: number[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = 10 + view.getUint16(8, true)
  const header = new TextDecoder().decode(bytes.subarray(10, start))
  const size = Number(/'descr': '[|<]u([12])'/.exec(header)![1])
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)![1]!
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number)
  const data = Array.from({ length: (bytes.length - start) / size }, (_, i) =>
    size === 1 ? bytes[start + i]! : view.getUint16(start + 2 * i, true),
  )
  return { shape, data }
}

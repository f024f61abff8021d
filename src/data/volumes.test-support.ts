/** Volumes as files for tests, written and read without the code under test. Imported by tests only. */
import { zlibSync } from 'fflate'

const writers = {
  u1: 'setUint8',
  i1: 'setInt8',
  u2: 'setUint16',
  i2: 'setInt16',
  u4: 'setUint32',
  i4: 'setInt32',
  f4: 'setFloat32',
  f8: 'setFloat64',
} as const
export type TestType = keyof typeof writers
export const testTypes = Object.keys(writers) as TestType[]

/** Numbers as bytes. */
export function pack(values: readonly number[], type: TestType, littleEndian = true): Uint8Array<ArrayBuffer> {
  const size = Number(type[1])
  const bytes = new Uint8Array(values.length * size)
  const view = new DataView(bytes.buffer)
  values.forEach((value, i) => view[writers[type]](i * size, value, littleEndian))
  return bytes
}

const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0))

export function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  parts.reduce((at, part) => (out.set(part, at), at + part.length), 0)
  return out
}

/** The header that nibabel 5.0 writes for 4 x 3 x 2 voxels of i2, oblique and 1.5 x 1 x 2 mm apart. */
const mghHeader = new Uint8Array(284)
mghHeader.set(
  Buffer.from(
    'AAAAAQAAAAQAAAADAAAAAgAAAAEAAAAEAAAAAAABP8AAAD+AAABAAAAAv3rlpT5Lb/kAAAAAAAAAAAAAAAC/gAAAPktv+T965aUAAAAAQO6g4sGLjQZB5A==',
    'base64',
  ),
)

/** An MGH file of 4 x 3 x 2 voxels. @param code MGH's number of the type @param change made to the header */
export function makeMgh(
  values: readonly number[],
  type: TestType,
  code: number,
  change: (view: DataView) => void = () => {},
): Uint8Array<ArrayBuffer> {
  const own = mghHeader.slice()
  const view = new DataView(own.buffer)
  view.setInt32(20, code)
  change(view)
  return join(own, pack(values, type, false))
}

/** A .npy file; `values` in the order in which they are stored. */
export function makeNpy(
  shape: readonly number[],
  values: readonly number[],
  type: TestType,
  options: { big?: boolean; fortran?: boolean } = {},
) {
  const { big = false, fortran = false } = options
  const header = `{'descr': '${big ? '>' : '<'}${type}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape.map((n) => `${n},`).join(' ')}), }`
  const padded = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11) + '\n'
  return join(Uint8Array.of(0x93), ascii('NUMPY\x01\x00'), pack([padded.length], 'u2'), ascii(padded), pack(values, type, !big))
}

const niftiCodes: Record<TestType, number> = { u1: 2, i2: 4, i4: 8, f4: 16, f8: 64, i1: 256, u2: 512, u4: 768 }

export interface TestNifti {
  version?: 1 | 2
  big?: boolean
  slope?: number
  intercept?: number
  sform?: readonly (readonly number[])[]
  /** Magic of a .hdr file, whose voxels are in a separate file. */
  paired?: boolean
}

/** A .nii file; `values` with x fastest. */
export function makeNifti(
  dims: readonly number[],
  values: readonly number[],
  type: TestType,
  options: TestNifti = {},
): Uint8Array<ArrayBuffer> {
  const { version = 1, big = false, slope = 0, intercept = 0, sform, paired = false } = options
  const length = version === 1 ? 348 : 540
  const bytes = new Uint8Array(length + 4)
  const view = new DataView(bytes.buffer)
  const le = !big
  const all = [dims.length, ...dims, 1, 1, 1, 1, 1, 1, 1].slice(0, 8)
  view.setInt32(0, length, le)
  if (version === 1) {
    all.forEach((n, i) => view.setInt16(40 + 2 * i, n, le))
    view.setInt16(70, niftiCodes[type], le)
    view.setInt16(72, 8 * Number(type[1]), le)
    for (let i = 0; i < 8; i++) view.setFloat32(76 + 4 * i, 1, le)
    view.setFloat32(108, paired ? 0 : 352, le)
    view.setFloat32(112, slope, le)
    view.setFloat32(116, intercept, le)
    view.setInt16(254, sform ? 1 : 0, le)
    sform?.flat().forEach((value, i) => view.setFloat32(280 + 4 * i, value, le))
    bytes.set(ascii(paired ? 'ni1\0' : 'n+1\0'), 344)
  } else {
    bytes.set(ascii((paired ? 'ni2' : 'n+2') + '\0\r\n\x1a\n'), 4)
    view.setInt16(12, niftiCodes[type], le)
    view.setInt16(14, 8 * Number(type[1]), le)
    all.forEach((n, i) => view.setBigInt64(16 + 8 * i, BigInt(n), le))
    for (let i = 0; i < 8; i++) view.setFloat64(104 + 8 * i, 1, le)
    view.setBigInt64(168, paired ? 0n : 544n, le)
    view.setFloat64(176, slope, le)
    view.setFloat64(184, intercept, le)
    view.setInt32(348, sform ? 1 : 0, le)
    sform?.flat().forEach((value, i) => view.setFloat64(400 + 8 * i, value, le))
  }
  return paired ? bytes : join(bytes, pack(values, type, le))
}

/**
 * A grey TIFF of one strip a page.
 * @param options `tags` replaces or adds tags of every page: whole numbers, texts, fractions or bytes; `strip` changes what is stored
 */
export function makeTiff(
  pages: readonly (readonly (readonly number[])[])[],
  type: 'u1' | 'u2',
  options: TestTiff = {},
): Uint8Array<ArrayBuffer> {
  const { big = false, deflate = false, predictor = false, tags = {}, strip: change = (bytes) => bytes } = options
  const bits = 8 * Number(type[1])
  const u2 = (...values: number[]) => pack(values, 'u2', !big)
  const u4 = (...values: number[]) => pack(values, 'u4', !big)
  let file = join(ascii(big ? 'MM' : 'II'), u2(42), u4(8))
  pages.forEach((rows, page) => {
    const stored = rows.map((row) => (predictor ? row.map((v, i) => (i === 0 ? v : (v - row[i - 1]! + 2 ** bits) % 2 ** bits)) : row))
    const plain = pack(stored.flat(), type, !big)
    const strip = change(deflate ? zlibSync(plain) : plain)
    const fields: Record<number, TestTag> = {
      256: rows[0]!.length,
      257: rows.length,
      258: bits,
      259: deflate ? 8 : 1,
      262: 1,
      273: 0,
      277: 1,
      278: rows.length,
      279: strip.length,
      ...(predictor && { 317: 2 }),
      ...tags,
    }
    const entries = Object.entries(fields)
    const start = file.length + 2 + 12 * entries.length + 4
    // Values that do not fit into an entry follow the directory.
    let long = new Uint8Array(0)
    const put = (tag: number, type: number, count: number, bytes: Uint8Array) => {
      if (bytes.length <= 4) return join(u2(tag, type), u4(count), bytes, new Uint8Array(4 - bytes.length))
      const entry = join(u2(tag, type), u4(count, start + long.length))
      long = join(long, bytes)
      return entry
    }
    const entryOf = (tag: number, value: TestTag) => {
      if (typeof value === 'number') return join(u2(tag, 4), u4(1, value))
      if (typeof value === 'string') return put(tag, 2, value.length + 1, ascii(value + '\0'))
      if (value instanceof Uint8Array) return put(tag, 7, value.length, value)
      return value.length === 2 ? put(tag, 5, 1, u4(...value)) : put(tag, 3, value.length, u2(...value))
    }
    const others = entries.map(([tag, value]) => [Number(tag), entryOf(Number(tag), value)] as const)
    const end = start + long.length
    const directory = others.map(([tag, entry]) => (tag === 273 && tags[273] === undefined ? entryOf(273, end) : entry))
    file = join(file, u2(entries.length), ...directory, u4(page === pages.length - 1 ? 0 : end + strip.length), long, strip)
  })
  return file
}

/** A whole number, a text, a fraction, three or four short numbers, or bytes. */
type TestTag =
  number | string | readonly [number, number] | readonly [number, number, number] | readonly [number, number, number, number] | Uint8Array

export interface TestTiff {
  big?: boolean
  deflate?: boolean
  predictor?: boolean
  tags?: Record<number, TestTag>
  strip?: (bytes: Uint8Array) => Uint8Array
}

/** Reads any .npy file of plain numbers in C order. */
export function readTestNpy(bytes: Uint8Array): { shape: number[]; data: number[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = 10 + view.getUint16(8, true)
  const header = new TextDecoder().decode(bytes.subarray(10, start))
  const [, order, type] = /'descr': '([<>|])([a-z]\d)'/.exec(header)!
  if (header.includes('True')) throw new Error('Fortran order')
  const shape = /\(([^)]*)\)/
    .exec(header)![1]!
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number)
  const size = Number(type![1])
  const reader = writers[type as TestType].replace('set', 'get') as 'getUint16'
  const data = Array.from({ length: (bytes.length - start) / size }, (_, i) => view[reader](start + i * size, order !== '>'))
  return { shape, data }
}

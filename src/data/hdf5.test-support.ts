/** HDF5 files for tests, written without the code under test. Imported by tests only. */
import { join, pack, type TestType } from './volumes.test-support'

/** An array in a file; `values` with the last axis fastest. */
export interface TestArray {
  shape: readonly number[]
  values: readonly number[]
  type: TestType
}

const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0))
const u2 = (...values: number[]) => pack(values, 'u2')
const u4 = (...values: number[]) => pack(values, 'u4')
/** Offsets and lengths have 8 bytes. */
const u8 = (...values: number[]) =>
  pack(
    values.flatMap((value) => [value, 0]),
    'u4',
  )
const nowhere = new Uint8Array(8).fill(255)
const padded = (bytes: Uint8Array) => join(bytes, new Uint8Array((8 - (bytes.length % 8)) % 8))

/** An object header of version 1. */
function header(...messages: [type: number, data: Uint8Array][]): Uint8Array<ArrayBuffer> {
  const body = join(...messages.map(([type, data]) => join(u2(type, padded(data).length), new Uint8Array(4), padded(data))))
  return join(Uint8Array.of(1, 0), u2(messages.length), u4(1, body.length, 0), body)
}

/** Whole numbers or IEEE floating point, little-endian. */
function datatype(type: TestType): Uint8Array<ArrayBuffer> {
  const size = Number(type[1])
  if (type[0] !== 'f') return join(Uint8Array.of(0x10, type[0] === 'i' ? 8 : 0, 0, 0), u4(size), u2(0, 8 * size))
  const [exponent, mantissa, bias] = size === 4 ? [8, 23, 127] : [11, 52, 1023]
  return join(
    Uint8Array.of(0x11, 0x20, 8 * size - 1, 0),
    u4(size),
    u2(0, 8 * size),
    Uint8Array.of(mantissa, exponent, 0, mantissa),
    u4(bias),
  )
}

/** A file of superblock version 0 with up to eight contiguous arrays in its root group, as h5py writes it by default. */
export function makeHdf5(arrays: Record<string, TestArray>): Uint8Array<ArrayBuffer> {
  const names = Object.keys(arrays).sort()
  const offsets: number[] = []
  let heap: Uint8Array = new Uint8Array(8)
  for (const name of names) {
    offsets.push(heap.length)
    heap = join(heap, padded(ascii(name + '\0')))
  }
  const at = { root: 96, tree: 136, heap: 184, heapData: 216, symbols: 216 + heap.length }
  let end = at.symbols + 8 + 40 * names.length
  const entries: Uint8Array[] = []
  const objects: Uint8Array[] = []
  for (const [i, name] of names.entries()) {
    const { shape, values, type } = arrays[name]!
    const data = padded(pack(values, type))
    const space = join(Uint8Array.of(1, shape.length, 0, 0, 0, 0, 0, 0), u8(...shape))
    const layout = (address: number) => join(Uint8Array.of(3, 1), u8(address, values.length * Number(type[1])))
    const object = (address: number) => header([1, space], [3, datatype(type)], [5, Uint8Array.of(2, 2, 0, 0)], [8, layout(address)])
    entries.push(join(u8(offsets[i]!, end), new Uint8Array(24)))
    objects.push(object(end + object(0).length), data)
    end += object(0).length + data.length
  }
  return join(
    Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 8, 8, 0),
    u2(4, 16),
    u4(0),
    u8(0),
    nowhere,
    u8(end),
    nowhere,
    u8(0, at.root),
    u4(1, 0),
    u8(at.tree, at.heap),
    header([0x11, u8(at.tree, at.heap)]),
    join(ascii('TREE'), Uint8Array.of(0, 0), u2(1), nowhere, nowhere, u8(0, at.symbols, offsets.at(-1)!)),
    join(ascii('HEAP'), new Uint8Array(4), u8(heap.length, 1, at.heapData), heap),
    join(ascii('SNOD'), Uint8Array.of(1, 0), u2(names.length), ...entries),
    ...objects,
  )
}

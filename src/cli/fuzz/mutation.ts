/** Damage to bytes, as fast-check draws and shrinks it. */
import fc from 'fast-check'
import { concat } from '../../lib/concat'

type Bytes = Uint8Array<ArrayBuffer>

/** One change; `at` counts from the start, and wraps around at the end. */
export type Edit =
  | { kind: 'set'; at: number; bytes: Bytes }
  | { kind: 'insert'; at: number; bytes: Bytes }
  | { kind: 'drop'; at: number; length: number }
  | { kind: 'repeat'; at: number; length: number }
  | { kind: 'cut'; at: number }
  /** The next number written in digits becomes another. */
  | { kind: 'number'; at: number; text: string }
  /** What follows `at` comes from another sample. */
  | { kind: 'splice'; at: number; other: number; from: number }

/** Numbers at which code goes wrong, as 1, 2, 4 and 8 bytes in both orders. */
const edges = [
  0,
  1,
  2,
  127,
  128,
  255,
  256,
  32767,
  32768,
  65535,
  65536,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53,
  2 ** 63,
]
const numbers = edges.flatMap((n) =>
  [1, 2, 4, 8].flatMap((width) => {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(n)), true)
    const little = bytes.slice(0, width)
    return [little, little.slice().reverse()]
  }),
)
const floats = [NaN, Infinity, -Infinity, -1, 0, 1e-40, 1e38, -0.5].flatMap((value) =>
  [4, 8].flatMap((width) => {
    const bytes = new Uint8Array(width)
    const view = new DataView(bytes.buffer)
    if (width === 4) view.setFloat32(0, value, true)
    else view.setFloat64(0, value, true)
    return [bytes, bytes.slice().reverse()]
  }),
)
const texts = [
  '0',
  '-1',
  '1',
  '2',
  '3',
  '255',
  '65536',
  '1e9',
  '4294967296',
  '99999999999999999999',
  'NaN',
  '0.5',
  '',
  '-',
  '1e400',
  'null',
  '[]',
  '{}',
  '"',
]

/** Headers stand first, and are where a change matters. */
const place = fc.oneof(fc.nat(64), fc.nat(600), fc.nat(2 ** 18))
const short: fc.Arbitrary<Bytes> = fc.oneof(
  fc.constantFrom(...numbers, ...floats),
  fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => new Uint8Array(bytes)),
)

export const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), at: place, bytes: short }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('number' as const), at: place, text: fc.constantFrom(...texts) }) },
  fc.record({ kind: fc.constant('insert' as const), at: place, bytes: short }),
  fc.record({ kind: fc.constant('drop' as const), at: place, length: fc.nat(64) }),
  fc.record({ kind: fc.constant('repeat' as const), at: place, length: fc.nat(300) }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({ kind: fc.constant('splice' as const), at: place, other: fc.nat(40), from: place }),
)

/** The bytes after one change. @param samples from which a splice takes its end */
export function edited(bytes: Bytes, one: Edit, samples: readonly Bytes[]): Bytes {
  const at = bytes.length === 0 ? 0 : one.at % bytes.length
  switch (one.kind) {
    case 'set': {
      const out = bytes.slice()
      out.set(one.bytes.subarray(0, bytes.length - at), at)
      return out
    }
    case 'insert':
      return concat([bytes.subarray(0, at), one.bytes, bytes.subarray(at)])
    case 'drop':
      return concat([bytes.subarray(0, at), bytes.subarray(at + one.length)])
    case 'repeat':
      return concat([bytes.subarray(0, at + one.length), bytes.subarray(at)])
    case 'cut':
      return bytes.slice(0, at)
    case 'number': {
      const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 48 && byte <= 57
      let start = at
      while (start < bytes.length && !isDigit(bytes[start])) start++
      let end = start
      while (isDigit(bytes[end])) end++
      return concat([bytes.subarray(0, start), new TextEncoder().encode(one.text), bytes.subarray(end)])
    }
    case 'splice': {
      const other = samples[one.other % samples.length]!
      return concat([bytes.subarray(0, at), other.subarray(one.from % Math.max(1, other.length))])
    }
  }
}

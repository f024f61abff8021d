import { concat } from '../lib/concat'

/**
 * The part of the protobuf wire format (protobuf.dev/programming-guides/encoding) needed for writing. A message is a list of fields, each a
 * number and a value, in any order; a repeated field is written once for each value. Fields are kept as pieces, so that large values are
 * copied once, by `joined`.
 */
export type Field = readonly Uint8Array[]

/** Wire types: the length of a field's value. */
const wire = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const

/** A whole number from 0 to 2^53 - 1, seven bits to a byte, lowest first; the highest bit means that more follow. @throws RangeError */
export function varint(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not a whole number from 0 to 2^53 - 1.`)
  const bytes: number[] = []
  // Not >>>, which cuts to 32 bits.
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return Uint8Array.of(...bytes, value)
}

const tag = (field: number, type: number): Uint8Array => varint(field * 8 + type)

/** A field of type int32, int64 or enum that is not negative. @throws RangeError */
export const intField = (field: number, value: number): Field => [tag(field, wire.varint), varint(value)]

/** A field of type float. */
export function floatField(field: number, value: number): Field {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setFloat32(0, value, true)
  return [tag(field, wire.fixed32), bytes]
}

/** A field of type double. */
export function doubleField(field: number, value: number): Field {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value, true)
  return [tag(field, wire.fixed64), bytes]
}

/** A field of type bytes, from a view. */
export const bytesField = (field: number, { buffer, byteOffset, byteLength }: ArrayBufferView): Field => [
  tag(field, wire.lengthDelimited),
  varint(byteLength),
  new Uint8Array(buffer, byteOffset, byteLength),
]

/** A field of type string. */
export const textField = (field: number, text: string): Field => bytesField(field, new TextEncoder().encode(text))

/** A field that is itself a message. */
export function messageField(field: number, ...fields: Field[]): Field {
  const pieces = fields.flat()
  return [tag(field, wire.lengthDelimited), varint(lengthOf(pieces)), ...pieces]
}

const lengthOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, { length }) => sum + length, 0)

/** The bytes of a message. */
export const joined = (...fields: Field[]): Uint8Array<ArrayBuffer> => concat(fields.flat())

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesField, doubleField, floatField, intField, joined, messageField, textField, varint } from './protobuf'

/** Base 128, lowest digit first, by the definition of the format. */
function decoded(bytes: Uint8Array): bigint {
  bytes.forEach((byte, i) => expect(byte >= 128, 'the highest bit of all bytes but the last').toBe(i < bytes.length - 1))
  return bytes.reduce((sum, byte, i) => sum + (BigInt(byte & 127) << BigInt(7 * i)), 0n)
}

test('whole numbers up to 2^53 - 1 are written without loss, in as few bytes as possible', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(), fc.maxSafeNat()), (n) => {
      const bytes = varint(n)
      expect(decoded(bytes)).toBe(BigInt(n))
      expect(bytes.length).toBe(Math.max(1, Math.ceil(n.toString(2).length / 7)))
    }),
  )
  for (const n of [0, 127, 128, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER]) expect(decoded(varint(n))).toBe(BigInt(n))
  for (const n of [-1, 0.5, NaN, 2 ** 53]) expect(() => varint(n)).toThrow(RangeError)
})

test('the bytes match the examples in the format’s description', () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  expect(hex(joined(intField(1, 150)))).toBe('089601')
  expect(hex(joined(textField(2, 'testing')))).toBe('120774657374696e67')
  expect(hex(joined(messageField(3, intField(1, 150))))).toBe('1a03089601')
  expect(hex(joined(textField(4, 'hello'), intField(6, 1), intField(6, 2), intField(6, 3)))).toBe('220568656c6c6f300130023003')
})

test('floats, views and long messages', () => {
  expect([...joined(floatField(2, -2))]).toEqual([0x15, 0, 0, 0, 0xc0])
  expect([...joined(doubleField(1, -2))]).toEqual([0x09, 0, 0, 0, 0, 0, 0, 0, 0xc0])
  expect([...joined(bytesField(20, new Int16Array([1, 2, 3]).subarray(1, 2)))]).toEqual([0xa2, 0x01, 2, 2, 0])
  const long = joined(messageField(1, messageField(2, textField(3, 'x'.repeat(300)))))
  // 300 bytes of text after a tag and two bytes of length, and so on outwards.
  expect([...long.subarray(0, 9)]).toEqual([0x0a, 0xb2, 0x02, 0x12, 0xaf, 0x02, 0x1a, 0xac, 0x02])
  expect(long.length).toBe(309)
})

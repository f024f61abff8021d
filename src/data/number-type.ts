import { InputError } from './input-error'
import type { Samples } from './volume'

/** A type of number in a file, as numpy calls it: unsigned, signed or floating, and its bytes. */
export type NumberType = 'u1' | 'i1' | 'u2' | 'i2' | 'u4' | 'i4' | 'u8' | 'i8' | 'f2' | 'f4' | 'f8'

/** Bytes of one number. */
export const bytesOf = (type: NumberType): number => Number(type[1])

/** The array class for numbers of a type. */
export const arrays = {
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  f4: Float32Array,
  f8: Float64Array,
}

/** Reverses the bytes of each number, in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at + size <= bytes.length; at += size)
    for (let i = at, j = at + size - 1; i < j; i++, j--) {
      const byte = bytes[i]!
      bytes[i] = bytes[j]!
      bytes[j] = byte
    }
}

/**
 * Bytes of a file as numbers, in the same memory if aligned; the other byte order is swapped in place. 16-bit floating point becomes
 * 32 bits, and whole numbers of 64 bits become 32 bits or floating point, whichever holds them exactly.
 * @throws InputError for 64-bit numbers that neither holds
 */
export function samplesFrom(bytes: Uint8Array<ArrayBuffer>, type: NumberType, bigEndian: boolean, name: string): Samples {
  const size = bytesOf(type)
  const own = bytes.byteOffset % size === 0 ? bytes : bytes.slice()
  // Every machine that runs a browser today is little-endian.
  if (bigEndian) swapBytes(own, size)
  const length = Math.floor(own.length / size)
  if (type === 'u8' || type === 'i8')
    return fromWide(new (type === 'u8' ? BigUint64Array : BigInt64Array)(own.buffer, own.byteOffset, length), name)
  if (type === 'f2') return Float32Array.from(new Uint16Array(own.buffer, own.byteOffset, length), fromHalf)
  return new arrays[type](own.buffer, own.byteOffset, length)
}

function fromWide(wide: BigUint64Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>, name: string): Samples {
  const numbers = new Float64Array(wide.length)
  let whole32 = true
  for (let i = 0; i < wide.length; i++) {
    const value = Number(wide[i]!)
    if (!Number.isSafeInteger(value))
      throw new InputError(`"${name}" holds whole numbers of 64 bits beyond 9,007,199,254,740,991; save it with 32 bits or fewer.`, name)
    if ((value | 0) !== value) whole32 = false
    numbers[i] = value
  }
  return whole32 ? Int32Array.from(numbers) : numbers
}

/** IEEE 754 half precision. */
function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 31
  const fraction = half & 1023
  if (exponent === 31) return fraction ? NaN : sign * Infinity
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

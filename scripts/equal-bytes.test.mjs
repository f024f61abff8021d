import { expect, test } from 'vitest'
import { equalBytes } from './equal-bytes.mjs'

const numbers = Float32Array.from([1, NaN, -0])

test('equal bytes are equal wherever they lie, and all else is left to Vitest', () => {
  const within = Float32Array.from([5, ...numbers]).subarray(1)
  expect(equalBytes(numbers, within)).toBe(true)
  for (const other of [Float32Array.from([1, NaN, 0]), numbers.subarray(1), new Uint8Array(numbers.buffer), [...numbers]])
    expect(equalBytes(numbers, other)).toBe(undefined)
})

test('what differs is found, also deep inside', () => {
  expect({ a: [numbers] }).toEqual({ a: [numbers.slice()] })
  expect({ a: [numbers] }).not.toEqual({ a: [Float32Array.from([1, NaN, 1])] })
  expect(() => expect(new Uint8Array([1, 2])).toEqual(new Uint8Array([1, 3]))).toThrow('deeply equal')
})

import { expect, test } from 'vitest'
import { relativeError } from './values'

test.each<[number[], number[], number]>([
  [[1, 2], [1, 2], 0],
  [[1, 2.5], [1, 2], 0.25],
  // Small values count in units of 1.
  [[0.1], [0.2], 0.1],
  [[1, 2, 3], [1, 2], Infinity],
  // What is no number is an error wherever it stands.
  [[NaN, 2], [1, 2], Infinity],
  [[1, NaN], [1, 2], Infinity],
  [[1, 2], [NaN, 2], Infinity],
  [[Infinity, 2], [1, 2], Infinity],
  [[-Infinity, 2], [Infinity, 2], Infinity],
])('%o beside %o', (got, want, error) => {
  expect(relativeError(Float32Array.from(got), Float32Array.from(want))).toBeCloseTo(error)
})

test('only a difference counts in units of the largest value', () => {
  expect(relativeError(Float32Array.of(1e-6), Float32Array.of(2e-6), 1e-9)).toBeCloseTo(0.5)
})

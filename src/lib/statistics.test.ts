import fc from 'fast-check'
import { expect, test } from 'vitest'
import { meanAndDeviation, meanOfKnown, quantile } from './statistics'

// From PyTorch 1.13, torch.quantile of x = ((7 i² + 3 i) mod 23) - 9.5 for i = 0..100.
test.each([
  [0.01, -9.5],
  [0.25, -5.5],
  [0.5, -0.5],
  [0.995, 12.5],
])('the quantile at %f equals torch', (share, expected) => {
  expect(
    quantile(
      Float32Array.from({ length: 101 }, (_, i) => ((7 * i * i + 3 * i) % 23) - 9.5),
      share,
    ),
  ).toBe(expected)
})

test('equals that of the sorted values, for any finite floats', () => {
  const values = fc.float32Array({ noNaN: true, noDefaultInfinity: true, minLength: 1, maxLength: 60, min: -1e6, max: 1e6 })
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (array, share) => {
      const sorted = [...array].sort((a, b) => a - b)
      const rank = share * (sorted.length - 1)
      const low = sorted[Math.floor(rank)]!
      const high = sorted[Math.ceil(rank)]!
      expect(quantile(array as Float32Array<ArrayBuffer>, share)).toBeCloseTo(low + (high - low) * (rank - Math.floor(rank)), 6)
    }),
  )
})

test('reads a view into a larger buffer', () => {
  expect(quantile(Float32Array.of(9, 9, 1, 2, 3, 9).subarray(2, 5), 0.5)).toBe(2)
})

test('mean and deviation of a sample', () => {
  expect(meanAndDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, deviation: expect.closeTo(Math.sqrt(32 / 7), 12) })
  expect(meanAndDeviation([3])).toEqual({ mean: 3, deviation: null })
  expect(() => meanAndDeviation([])).toThrow(RangeError)
})

test('a mean is of the values that are there', () => {
  expect([meanOfKnown([1, 3]), meanOfKnown([1, null]), meanOfKnown([NaN, 2]), meanOfKnown([null, undefined])]).toEqual([2, 1, 2, null])
})

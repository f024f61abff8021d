import { expect, it } from 'vitest'
import { barHeights, place } from './histogram-bars'

it('draws counts by their logarithm, the highest in full', () => {
  const heights = barHeights([0, 9, 99, 999_999])
  expect(heights[0]).toBe(0)
  // log10 of 10, 100 and 1,000,000.
  expect(heights[1]).toBeCloseTo(1 / 6)
  expect(heights[2]).toBeCloseTo(2 / 6)
  expect(heights[3]).toBe(1)
  expect(barHeights([0, 0])).toEqual([0, 0])
})

it('places values between the ends and keeps them inside', () => {
  expect([-2000, -1024, 1024, 9999].map((v) => place(v, -1024, 3072))).toEqual([0, 0, 0.5, 1])
  expect(place(5, 5, 5)).toBe(0)
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { paintWindow, rangeOf } from './window'

/** Red, green, blue, alpha of every pixel. */
function painted(numbers: number[], center: number, width: number): number[][] {
  const data = new Uint8ClampedArray(numbers.length * 4)
  paintWindow({ data }, new Float32Array(numbers), { center, width })
  return numbers.map((_, i) => [...data.subarray(4 * i, 4 * i + 4)])
}

it('makes the ends of a CT window black and white and its centre grey', () => {
  // -160 to 240, as every table of windows gives for soft tissue.
  expect(painted([-1000, -160, 40, 240, 3071], 40, 400).map(([r]) => r)).toEqual([0, 0, 128, 255, 255])
  expect(painted([40], 40, 400)[0]).toEqual([128, 128, 128, 255])
})

it('is as clamping in floating point says, for any window', () => {
  const number = fc.float({ min: -4000, max: 4000, noNaN: true })
  fc.assert(
    fc.property(fc.array(number, { minLength: 1 }), number, fc.float({ min: 1, max: 5000, noNaN: true }), (numbers, center, width) => {
      painted(numbers, center, width).forEach(([grey], i) => {
        const share = Math.min(1, Math.max(0, (numbers[i]! - center) / width + 0.5))
        expect(Math.abs(grey! - 255 * share)).toBeLessThan(0.51)
      })
    }),
  )
})

it('parts black and white at the centre of an empty window, and paints what is no number black', () => {
  expect(painted([1, 3, NaN], 2, 0).map(([r, , , alpha]) => [r, alpha])).toEqual([
    [0, 255],
    [255, 255],
    [0, 255],
  ])
})

it('finds the range of numbers, and 0 to 1 for none', () => {
  expect(rangeOf(new Float32Array([3, -2, 8]))).toEqual({ min: -2, max: 8 })
  expect(rangeOf(new Float32Array([NaN]))).toEqual({ min: 0, max: 1 })
})

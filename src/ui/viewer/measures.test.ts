import fc from 'fast-check'
import { expect, test } from 'vitest'
import { measure, millilitres, patientPlace, scaleBar, squareMillimetres } from './measures'

test('a scale bar is the longest round length that there is room for', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-4, max: 1e3, noNaN: true }), fc.integer({ min: 40, max: 400 }), (each, room) => {
      const { length, width } = scaleBar(each, room)
      expect(String(Number(length.toExponential().split('e')[0]))).toMatch(/^[125]$/)
      expect(width * each).toBeCloseTo(length, 6)
      expect(width).toBeLessThanOrEqual(room * (1 + 1e-6))
      // The next round length, at most 2.5 times as long, is too long.
      expect(width * 2.5).toBeGreaterThanOrEqual(room * (1 - 1e-6))
    }),
  )
  expect(scaleBar(0.5, 100)).toEqual({ length: 50, width: 100 })
  expect(scaleBar(0.3, 100)).toEqual({ length: 20, width: 20 / 0.3 })
})

test('areas and volumes are pixels times their size, where the file says it', () => {
  expect(squareMillimetres(100, [0.5, 2])).toBe(100)
  // 1,000 voxels of 1 x 1 x 8 mm.
  expect(millilitres(1000, [1, 1], 8)).toBe(8)
  expect([squareMillimetres(100, null), millilitres(100, null, 5), millilitres(100, [1, 1], null)]).toEqual([null, null, null])
  expect([0, 0.04567, 12.345, 1234.5].map(measure)).toEqual(['0', '0.0457', '12.3', '1,235'])
})

test('a place has the letters of the sides that it lies on', () => {
  const place = { origin: [10, -20, 5], across: [-1, 0, 0], down: [0, -2, 0.5] } as const
  expect(patientPlace(place, 0.5, 0.5)).toBe('R 10.0, P 20.0, S 5.0 mm')
  expect(patientPlace(place, 20.5, 10.5)).toBe('L 10.0, P 40.0, S 10.0 mm')
})

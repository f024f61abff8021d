import fc from 'fast-check'
import { expect, it } from 'vitest'
import { roundTicks } from './ticks'

it('are round', () => {
  expect(roundTicks(1, 164)).toEqual([50, 100, 150])
  expect(roundTicks(0, 4)).toEqual([0, 1, 2, 3, 4])
  expect(roundTicks(50, 600)).toEqual([200, 400, 600])
})

it('are few, inside and evenly spaced, wherever the run stands', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 100_000 }), (low, more) => {
      const ticks = roundTicks(low, low + more)
      expect(ticks.length).toBeLessThanOrEqual(5)
      expect(ticks.every((t) => t >= low && t <= low + more && Number.isInteger(t))).toBe(true)
      expect(new Set(ticks.slice(1).map((t, i) => t - ticks[i]!)).size).toBeLessThanOrEqual(1)
    }),
  )
})

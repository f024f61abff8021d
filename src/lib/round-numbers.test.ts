import fc from 'fast-check'
import { expect, it } from 'vitest'
import { roundStep, ticksAround, ticksWithin, tidy } from './round-numbers'

const finite = (most: number) => fc.double({ min: -most, max: most, noNaN: true })

it('are round', () => {
  expect(ticksWithin(1, 164, 1)).toEqual([50, 100, 150])
  expect(ticksWithin(0, 4, 1)).toEqual([0, 1, 2, 3, 4])
  expect(ticksWithin(50, 600, 1)).toEqual([200, 400, 600])
  expect(ticksWithin(0, 1)).toEqual([0, 0.5, 1])
  expect(ticksWithin(0.9, 1)).toEqual([0.9, 0.95, 1])
  expect(ticksAround(0.31, 2.4)).toEqual([0, 1, 2, 3])
  expect(ticksAround(3, 3)).toEqual([3, 4])
  expect(ticksAround(0, 0)).toEqual([0, 1])
})

it('are few, inside and evenly spaced on an axis of whole numbers, at any step', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 100_000 }), (low, more) => {
      const ticks = ticksWithin(low, low + more, 1)
      expect(ticks.length).toBeLessThanOrEqual(5)
      expect(ticks.every((t) => t >= low && t <= low + more && Number.isInteger(t))).toBe(true)
      expect(new Set(ticks.slice(1).map((t, i) => t - ticks[i]!)).size).toBeLessThanOrEqual(1)
    }),
  )
})

it('enclose any two numbers, tightly', () => {
  fc.assert(
    fc.property(finite(1e6), fc.double({ min: 1e-3, max: 1e6, noNaN: true }), (low, span) => {
      const ticks = ticksAround(low, low + span)
      const step = ticks[1]! - ticks[0]!
      const slack = 1e-6 * step
      expect(ticks.length).toBeLessThanOrEqual(6)
      expect(ticks[0]!).toBeLessThanOrEqual(low + slack)
      expect(ticks.at(-1)!).toBeGreaterThanOrEqual(low + span - slack)
      expect(ticks[0]! + step).toBeGreaterThan(low - slack)
    }),
  )
})

it('step by 1, 2 or 5 times a power of ten, and by less than two and a half times the requested step', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (rough) => {
      const step = roundStep(rough)
      expect(step.toExponential()).toMatch(/^[125]e/)
      expect(step / rough).toBeGreaterThan(0.999)
      expect(step / rough).toBeLessThan(2.501)
    }),
  )
})

it('have no meaningless digits', () => {
  expect([0.1 + 0.2, 1234.5678, -160, NaN].map((v) => tidy(v))).toEqual([0.3, 1234.57, -160, NaN])
})

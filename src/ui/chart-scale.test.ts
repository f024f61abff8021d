import fc from 'fast-check'
import { expect, it } from 'vitest'
import { placeAt, shareOf, stepScale, valueScale } from './chart-scale'

const valuesOf = (scale: ReturnType<typeof stepScale>) => scale.ticks.map((place) => Number(scale.value(place).toPrecision(6)))

it('has round ticks within the axis, whole numbers for steps', () => {
  expect(valuesOf(stepScale(1, 600, false))).toEqual([200, 400, 600])
  expect(valuesOf(stepScale(1, 3, false))).toEqual([1, 2, 3])
  expect(valuesOf(stepScale(1, 30_000, true))).toEqual([1, 10, 100, 1000, 10_000])
  expect(valuesOf(stepScale(40, 250, true))).toEqual([50, 100, 200])
  expect(valuesOf(valueScale({ lowest: 0.2, highest: 1.9, lowestPositive: 0.2 }, undefined, true))).toEqual([0.2, 0.5, 1])
  expect(valuesOf(valueScale({ lowest: 1.3, highest: 2.6, lowestPositive: 1.3 }, undefined, true))).toEqual([1.5, 2, 2.5])
  expect(valuesOf(valueScale({ lowest: 0.2, highest: 1.9, lowestPositive: 0.2 }, undefined, false))).toEqual([0, 0.5, 1, 1.5, 2])
  expect(valuesOf(valueScale({ lowest: 0.97, highest: 1, lowestPositive: 0.97 }, [0.9, 1], false))[0]).toBe(0.9)
})

it('gives back the value at a place, and leaves out what has no logarithm', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 30_000 }), fc.boolean(), (from, more, log) => {
      const scale = stepScale(from, from + more, log)
      const [low, high] = scale.domain
      expect(low).toBeLessThan(high)
      const step = from + more
      expect(scale.value(placeAt(scale, shareOf(scale, scale.place(step)!)))).toBeCloseTo(step, 6)
      for (const tick of scale.ticks) {
        expect(tick).toBeGreaterThanOrEqual(low - 1e-3)
        expect(tick).toBeLessThanOrEqual(high + 1e-3)
      }
    }),
  )
  const log = valueScale({ lowest: -1, highest: 2, lowestPositive: 1e-4 }, undefined, true)
  expect([log.place(0), log.place(-3), log.place(NaN), log.place(100)]).toEqual([null, null, null, 2])
  expect(log.domain[0]).toBe(-4)
})

it('has an axis before there is anything to show', () => {
  const none = { lowest: Infinity, highest: -Infinity, lowestPositive: Infinity }
  for (const log of [true, false]) {
    const { domain, ticks } = valueScale(none, undefined, log)
    expect([...domain, ...ticks].every(Number.isFinite)).toBe(true)
    expect(domain[0]).toBeLessThan(domain[1])
  }
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { endWithRoom, placeAt, sameScale, shareOf, stepScale, valueScale } from './chart-scale'

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

it('leaves room for the steps to come, up to the planned end, and so the axis as it is for most steps', () => {
  expect([endWithRoom(1, 20), endWithRoom(1, 300, 300), endWithRoom(1, 29_990, 30_000), endWithRoom(1, 31_000, 30_000)]).toEqual([
    20, 300, 30_000, 31_232,
  ])
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 40_000 }),
      fc.integer({ min: 0, max: 40_000 }),
      fc.integer({ min: 1, max: 80_000 }),
      (first, more, planned) => {
        const last = first + more
        const end = endWithRoom(first, last, planned)
        expect(end).toBeGreaterThanOrEqual(last)
        expect(end - last).toBeLessThanOrEqual((more + 1) / 32)
        if (planned >= last) expect(end).toBeLessThanOrEqual(planned)
      },
    ),
  )
  const ends = new Set(Array.from({ length: 1000 }, (_, i) => endWithRoom(1, 30_000 + i)))
  expect(ends.size).toBeLessThan(4)
})

it('knows two scales that say the same', () => {
  const scale = stepScale(1, 300, false)
  expect(sameScale(scale, stepScale(1, 300, false))).toBe(true)
  for (const other of [stepScale(1, 301, false), stepScale(2, 300, false), stepScale(1, 300, true)])
    expect(sameScale(scale, other)).toBe(false)
  const high = { lowest: 0, highest: 0.93, lowestPositive: 0.1 }
  expect(sameScale(valueScale(high, undefined, false), valueScale({ ...high, highest: 0.97 }, undefined, false))).toBe(true)
})

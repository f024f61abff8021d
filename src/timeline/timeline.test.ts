import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Snapshot } from './snapshot'
import { bytesOf, bytesOfAll, nearestTo, upTo, withSnapshot } from './timeline'

/** 100 bytes. */
const at = (step: number, change = 0.1, bytes = 100): Snapshot => ({
  ...{ step, change, hash: '', images: [] },
  ...{ views: new Uint8Array(bytes - 20), labels: new Uint8Array(20) },
})
const kept = (all: readonly Snapshot[], budget?: number) => all.reduce<Snapshot[]>((some, one) => withSnapshot(some, one, budget), [])
const steps = (all: readonly Snapshot[]) => all.map(({ step }) => step)
const changes = (all: readonly Snapshot[]) => all.reduce((sum, { change }) => sum + change, 0)

test('within the budget all are kept, and the first has no change to tell', () => {
  const all = kept([at(1, 0.5), at(5, 0.2), at(9)])
  expect(steps(all)).toEqual([1, 5, 9])
  expect(all[0]!.change).toBe(0)
  expect(bytesOf(all[0]!)).toBe(100)
})

test('one of the same step takes the place of the other, and its way', () => {
  const all = kept([at(1), at(5, 0.2), at(5, 0)])
  expect(steps(all)).toEqual([1, 5])
  expect(all[1]!.change).toBeCloseTo(0.2)
})

test('a run that went back has none of the steps that it left', () => {
  expect(steps(kept([at(1), at(5), at(9), at(6)]))).toEqual([1, 5, 6])
  expect(steps(upTo(kept([at(1), at(5), at(9)]), 5))).toEqual([1, 5])
})

test('the nearest step, and the earlier of two', () => {
  const all = kept([at(10), at(20), at(40)])
  expect([0, 14, 15, 16, 30, 31, 99].map((step) => nearestTo(all, step))).toEqual([0, 0, 0, 1, 1, 2, 2])
  expect(nearestTo([], 5)).toBe(-1)
})

describe('over the budget some are left out', () => {
  const stream = fc.array(
    fc.record({
      by: fc.integer({ min: 1, max: 30 }),
      change: fc.float({ min: 0, max: 1, noNaN: true }),
      bytes: fc.integer({ min: 50, max: 300 }),
    }),
    { minLength: 3, maxLength: 120 },
  )
  const made = (list: { by: number; change: number; bytes: number }[]) => {
    let step = 0
    return list.map(({ by, change, bytes }) => at((step += by), change, bytes))
  }

  test('the first and the newest stay, the budget holds, no change is lost, and it is the same list each time', () => {
    fc.assert(
      fc.property(stream, fc.integer({ min: 700, max: 4000 }), (list, budget) => {
        const all = made(list)
        const some = kept(all, budget)
        expect(bytesOfAll(some)).toBeLessThanOrEqual(budget)
        expect([some[0]!.step, some.at(-1)!.step]).toEqual([all[0]!.step, all.at(-1)!.step])
        expect(steps(some)).toEqual([...steps(some)].sort((a, b) => a - b))
        expect(changes(some)).toBeCloseTo(changes(all.slice(1)), 5)
        expect(steps(kept(all, budget))).toEqual(steps(some))
      }),
    )
  })

  test('of an even run they are even: no gap is four times another', () => {
    const some = kept(
      Array.from({ length: 1000 }, (_, i) => at(i + 1)),
      4000,
    )
    expect(some).toHaveLength(40)
    // The newest two may still stand close together.
    const gaps = some.slice(1, -1).map(({ step }, i) => step - some[i]!.step)
    expect(Math.max(...gaps) / Math.min(...gaps)).toBeLessThan(4)
  })

  test('where labels change ten times as fast there are more than twice as many, and everywhere there are some', () => {
    const some = kept(
      Array.from({ length: 1000 }, (_, i) => at(i + 1, i < 500 ? 0.1 : 0.01)),
      4000,
    )
    const [early, late] = [upTo(some, 500).length, some.length - upTo(some, 500).length]
    expect(early / late).toBeGreaterThan(2)
    const gaps = some.slice(1).map(({ step }, i) => step - some[i]!.step)
    expect(Math.max(...gaps)).toBeLessThan(200)
  })

  test('two stay whatever they take', () => {
    expect(steps(kept([at(1), at(2), at(3)], 10))).toEqual([1, 3])
  })
})

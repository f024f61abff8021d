import fc from 'fast-check'
import { expect, test } from 'vitest'
import { leastBytes, planBuffers } from './buffer-plan'

/** Values of some sizes, launches that use some of them, and some that are kept. */
const cases = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 20 }).chain((sizes) => {
  const value = fc.nat(sizes.length - 1)
  return fc.tuple(
    fc.constant(sizes),
    fc.array(fc.uniqueArray(value, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 30 }),
    fc.uniqueArray(value, { maxLength: 3 }).map((kept) => new Set(kept)),
  )
})

test('no value loses its buffer to another while it is needed, and every buffer is large enough', () => {
  fc.assert(
    fc.property(cases, ([sizes, uses, kept]) => {
      const { buffers, placeOf } = planBuffers(sizes, uses, kept)
      const needed = (value: number, launch: number) => {
        const at = uses.flatMap((values, i) => (values.includes(value) ? [i] : []))
        return at.length > 0 && at[0]! <= launch && (launch <= at.at(-1)! || kept.has(value))
      }
      for (let launch = 0; launch <= uses.length; launch++) {
        const places = sizes.flatMap((_, value) => (needed(value, launch) ? [placeOf[value]] : []))
        expect(new Set(places).size).toBe(places.length)
      }
      sizes.forEach((size, value) => {
        if (uses.some((values) => values.includes(value))) expect(buffers[placeOf[value]!]).toBeGreaterThanOrEqual(size)
        else expect(placeOf[value]).toBe(-1)
      })
      const total = buffers.reduce((sum, size) => sum + size, 0)
      expect(total).toBeGreaterThanOrEqual(leastBytes(sizes, uses, kept))
    }),
  )
})

test('a chain of values of one size needs two buffers, whatever its length', () => {
  const length = 50
  const uses = Array.from({ length }, (_, i) => [i, i + 1])
  expect(planBuffers(new Array<number>(length + 1).fill(100), uses, new Set([length])).buffers).toEqual([100, 100])
})

test('a value that is kept shares with those that were needed before it alone', () => {
  // 0 -> 1 -> 2 -> 3, and 1 is kept.
  expect(
    planBuffers(
      [10, 10, 10, 10],
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
      new Set([1]),
    ).placeOf,
  ).toEqual([0, 1, 0, 2])
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countClasses, differing, disagreement } from './masks'

const masks = fc
  .integer({ min: 1, max: 40 })
  .chain((length) => fc.tuple(...[0, 1].map(() => fc.uint8Array({ minLength: length, maxLength: length, max: 3 }))))

test('disagreement counts among the pixels that either model calls foreground', () => {
  expect(disagreement(Uint8Array.of(0, 1, 1, 2), Uint8Array.of(0, 1, 2, 0))).toBeCloseTo(2 / 3)
  expect(disagreement(new Uint8Array(4), new Uint8Array(4))).toBe(0)
})

test('two masks differ in as many pixels as disagreement counts, whichever comes first', () => {
  fc.assert(
    fc.property(masks, ([A, B]) => {
      const differ = differing(A!, B!)
      expect(differing(B!, A!)).toEqual(differ)
      const foreground = A!.filter((label, i) => label > 0 || B![i]! > 0).length
      expect(disagreement(A!, B!) * foreground).toBeCloseTo(differ.reduce((sum, one) => sum + one, 0))
    }),
  )
})

test('each class is counted, and what is unknown is not', () => {
  expect(countClasses(Uint8Array.of(0, 2, 2, 255, 1, 2), 4)).toEqual([1, 1, 3, 0])
})

test('where two masks differ is marked', () => {
  expect(differing(Uint8Array.of(0, 1, 2, 2), Uint8Array.of(0, 2, 2, 0))).toEqual(Uint8Array.of(0, 1, 0, 1))
})

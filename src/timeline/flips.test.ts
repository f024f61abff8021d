import { expect, test } from 'vitest'
import { changeBetween, flipCounts } from './flips'

const of = (...labels: number[]) => Uint8Array.from(labels)

test('a flip back is a flip as well', () => {
  expect([...flipCounts([of(0, 1, 2), of(0, 2, 2), of(0, 1, 1), of(0, 2, 1)])]).toEqual([0, 3, 1])
  expect([...flipCounts([of(1, 2)])], 'of one map').toEqual([0, 0])
})

test('change is the share of relabelled pixels of both networks, over the images that both have', () => {
  const before = [
    { image: 'a/2/0/0', A: of(0, 0, 1, 1), B: of(0, 0, 0, 0) },
    { image: 'b/2/0/0', A: of(2, 2, 2, 2), B: of(2, 2, 2, 2) },
  ] as const
  const now = [
    { image: 'a/2/0/0', A: of(0, 1, 1, 1), B: of(1, 1, 1, 0) },
    { image: 'c/2/0/0', A: of(0, 0, 0, 0), B: of(0, 0, 0, 0) },
  ] as const
  expect(changeBetween(before, now)).toBe(4 / 8)
  expect(changeBetween(before, [now[1]]), 'they share none').toBe(0)
})

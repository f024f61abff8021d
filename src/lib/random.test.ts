import { expect, test } from 'vitest'
import { Random, threefry } from './random'

// Known-answer vectors of Random123 1.14, kat_vectors: "threefry2x32 20".
test.each([
  [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
  [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
  [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
])('threefry agrees with Random123 (key %i %i)', (k0, k1, c0, c1, a, b) => {
  const out = new Uint32Array(2)
  threefry(k0, k1, c0, c1, out)
  expect([...out]).toEqual([a, b])
})

test('a stream is a function of its name', () => {
  const draw = (r: Random) => Array.from({ length: 20 }, () => r.uint32())
  expect(draw(new Random(3, 'weak', 5))).toEqual(draw(new Random(3, 'weak', 5)))
  expect(draw(new Random(3, 'weak', 5))).not.toEqual(draw(new Random(3, 'weak', 6)))
  expect(draw(new Random(3, 'weak', 5))).not.toEqual(draw(new Random(3, 'strong', 5)))
  expect(draw(new Random(3, 'weak', 5))).not.toEqual(draw(new Random(4, 'weak', 5)))
})

test('moments match the distributions', () => {
  const r = new Random(1, 'moments')
  const n = 20_000
  const uniform = Array.from({ length: n }, () => r.uniform())
  const normal = Array.from({ length: n }, () => r.normal())
  const mean = (x: number[]) => x.reduce((a, b) => a + b, 0) / x.length
  const variance = (x: number[], m = mean(x)) => mean(x.map((v) => (v - m) ** 2))
  expect(mean(uniform)).toBeCloseTo(0.5, 1.7)
  expect(variance(uniform)).toBeCloseTo(1 / 12, 2)
  expect(mean(normal)).toBeCloseTo(0, 1)
  expect(Math.abs(variance(normal) - 1)).toBeLessThan(0.05)
})

test('permutation holds every number once', () => {
  expect(new Random(2).permutation(50).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
})

test('a key identifies its stream, which can be entered at any draw', () => {
  const draws = (r: Random, n: number) => Array.from({ length: n }, () => r.uint32())
  for (const path of [['weak', 5], ['strong', 2 ** 31, 7], []]) {
    const all = draws(new Random(9, ...path), 30)
    const key = Random.key(9, ...path)
    expect([...key].every((part) => Number.isInteger(part) && part >= 0 && part < 65_536)).toBe(true)
    for (const first of [0, 1, 2, 7, 12]) {
      const entered = Random.fromKey(key, first)
      expect(entered.position).toBe(first)
      expect(draws(entered, 30 - first)).toEqual(all.slice(first))
      expect(entered.position).toBe(30)
      const skipped = new Random(9, ...path)
      draws(skipped, 3)
      skipped.skip(first)
      expect(draws(skipped, 27 - first)).toEqual(all.slice(3 + first))
    }
  }
})

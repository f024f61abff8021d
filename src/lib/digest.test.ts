import { expect, it } from 'vitest'
import { digestOf } from './digest'
import { Random } from './random'

it('is the same for the same bytes at any offset', () => {
  const bytes = Uint8Array.from({ length: 103 }, (_, i) => i * 7)
  const moved = new Uint8Array(120)
  moved.set(bytes, 5)
  expect(digestOf(moved.subarray(5, 108))).toBe(digestOf(bytes))
  expect(digestOf(new Float32Array(bytes.buffer.slice(0, 100)))).toBe(digestOf(bytes.subarray(0, 100)))
  expect(digestOf(bytes)).toMatch(/^[0-9a-f]{16}$/)
})

it('tells apart inputs that differ in one bit, in order, in length, or in the highest bits of two words', () => {
  const random = new Random(1, 'digest', 0)
  const bytes = Uint8Array.from({ length: 64 }, () => Math.floor(random.uniform() * 256))
  const others = [bytes.subarray(0, 63), new Uint8Array(64), new Uint8Array(65), bytes.slice().reverse()]
  for (let bit = 0; bit < 512; bit++) others.push(bytes.map((v, i) => (i === bit >> 3 ? v ^ (1 << (bit & 7)) : v)))
  for (let i = 3; i < 64; i += 4)
    for (let j = i + 4; j < 64; j += 4) others.push(bytes.map((v, at) => (at === i || at === j ? v ^ 0x80 : v)))
  expect(new Set([bytes, ...others].map(digestOf)).size).toBe(others.length + 1)
})

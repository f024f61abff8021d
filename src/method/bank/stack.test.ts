import { describe, expect, test } from 'vitest'
import { unknown } from '../../image/raster'
import { blur } from '../intensity'
import { dice } from '../metrics'
import { makeBank, type BankData, type BankOptions } from './bank'
import { drawn, noisy } from './drawn.test-support'
import { carryAlong } from './stack'

const still = () => Promise.resolve()

/** Slice n of a stack bends n times as far as the first. */
const bend =
  (n: number, size = 64) =>
  (x: number, y: number): [number, number] => {
    const s = size / 64
    return [x + 0.8 * n * s * Math.sin(y / (9 * s)), y + 0.6 * n * s * Math.cos(x / (11 * s))]
  }
const slice = (n: number) => drawn(64, bend(n))
const nothing = (n: number) => Float32Array.from({ length: 4096 }, (_, i) => 0.25 + 0.1 * Math.sin((i % 64) / (6 + n)))

describe('along a stack', () => {
  test('a warp that grows from slice to slice is recovered to under a pixel', async () => {
    const truth = [1, 2, 3, 4, 5, 6].map((n) => slice(n))
    let told = 0
    const carried = await carryAlong(
      slice(0),
      truth.map(({ image }, i) => noisy(image, i)),
      64,
      0.7,
      () => Promise.resolve(void told++),
    )
    expect([carried.length, told]).toEqual([6, 6])
    carried.forEach(({ labels, field, fit, wayBack }, i) => {
      let [sum, n] = [0, 0]
      truth[i]!.labels.forEach((l, p) => {
        if (l === 0) return
        const [x, y] = [p % 64, Math.floor(p / 64)]
        const [u, v] = bend(i + 1)(x, y)
        sum += Math.hypot(x + field[0][p]! - u, y + field[1][p]! - v)
        n++
      })
      expect(sum / n, `slice ${i + 1}`).toBeLessThan(1)
      for (const l of [1, 2, 3]) expect(dice(labels, truth[i]!.labels, l), `slice ${i + 1}, class ${l}`).toBeGreaterThan(0.85)
      expect(fit).toBeGreaterThan(0.9)
      expect(wayBack).toBeGreaterThan(0.85)
    })
  })

  test('ends where the anatomy does', async () => {
    const slices = [slice(1).image, slice(2).image, nothing(0), slice(3).image]
    let told = 0
    const carried = await carryAlong(slice(0), slices, 64, 0.7, () => Promise.resolve(void told++))
    expect([carried.length, told]).toEqual([2, 3])
    expect(await carryAlong(slice(0), [nothing(0)], 64, 0.7, still)).toEqual([])
    // Nothing to find: no classes.
    expect(await carryAlong({ image: slice(0).image, labels: new Uint8Array(4096) }, [slice(1).image], 64, 0.7, still)).toEqual([])
    expect(await carryAlong(slice(0), [], 64, 0.7, still)).toEqual([])
  })

  test('a class that ends is unknown from there on, and the others go on', async () => {
    const discs = (n: number, second: boolean) => {
      const labels = Uint8Array.from({ length: 4096 }, (_, i) => {
        const [x, y] = bend(n)(i % 64, Math.floor(i / 64))
        return Math.hypot(x - 20, y - 30) < 7 ? 1 : second && Math.hypot(x - 46, y - 36) < 5 ? 2 : 0
      })
      const image = Float32Array.from(labels, (l, i) => [0.25 + 0.1 * Math.sin((i % 64) / 7), 0.9, 0.7][l]!)
      return { image: blur(image, 64, 1.2), labels }
    }
    const slices = [true, true, false, false, true].map((second, i) => discs(i + 1, second))
    const carried = await carryAlong(
      discs(0, true),
      slices.map(({ image }) => image),
      64,
      0.7,
      still,
    )
    expect(carried.map(({ labels }) => labels.includes(2))).toEqual([true, true, false, false, false])
    expect(carried.map(({ labels }) => labels.includes(unknown))).toEqual([false, false, true, true, true])
    carried.forEach(({ labels }, i) => expect(dice(labels, slices[i]!.labels, 1), `slice ${i + 1}`).toBeGreaterThan(0.85))
  })
})

describe('the bank', () => {
  const options: BankOptions = { entries: 0, stack: 2, pool: 250, agreement: 0.7, rotation: 75 }
  const stack = (size: number): BankData => ({
    size,
    exemplars: [drawn(size, bend(0, size)), drawn(size, bend(5, size))],
    unlabeled: [-2, -1, 1, 2, 3, 4, 6].map((n) => drawn(size, bend(n, size)).image),
    patients: ['0', '0', '0', '0', '0', '0', '0'],
    own: new Set(['0']),
    along: [
      [
        [1, 0],
        [2, 3, 4, 5],
      ],
      [[5, 4, 3, 2], [6]],
    ],
  })

  test.each([48, 64, 96])('goes so far to either side of each exemplar and takes each slice from the nearest, at %s px', async (size) => {
    const data = stack(size)
    const told: [number, number][] = []
    const tell = (...now: [number, number]) => Promise.resolve(void told.push(now))
    const bank = await makeBank(data, options, tell)
    expect(bank.entries.map(({ image, away }) => [image, away])).toEqual([
      [1, 1],
      [2, 1],
      [5, 1],
      [6, 1],
      [0, 2],
      [3, 2],
      [4, 2],
    ])
    expect([bank.eligible, bank.tried]).toEqual([0, 0])
    expect(told).toEqual(Array.from({ length: 7 }, (_, i) => [i + 1, 7]))
    for (const { image, labels } of bank.entries) {
      const truth = drawn(size, bend([-2, -1, 1, 2, 3, 4, 6][image]!, size)).labels
      for (const l of [1, 2, 3]) expect(dice(labels, truth, l), `image ${image}, class ${l}`).toBeGreaterThan(0.8)
    }
    expect(await makeBank(data, options, still)).toEqual(bank)
    // The nearer exemplar's, if both come as far.
    const far = await makeBank(data, { ...options, stack: 4 }, still)
    expect(far.entries.map(({ image }) => image).sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(far.entries.filter(({ away }) => away > 2)).toEqual([])
  })
})

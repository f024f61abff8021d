import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { Random } from '../../lib/random'
import { dice } from '../metrics'
import { makeBank, spread, type BankData, type BankOptions } from './bank'
import { layOn, type Atlas } from './demons'
import { drawn, noisy } from './drawn.test-support'
import { bilinear, identity, poseOf, scaledPose, turnOf, type Pose } from './pose'
import { PoseSearch } from './pose-search'

const along = ([a, b, c, d, e, f]: Pose, x: number, y: number): [number, number] => [a * x + b * y + c, d * x + e * y + f]

describe('pose search', () => {
  test('gives the largest masked normalised cross-correlation that there is, by brute force', () => {
    const [size, reach] = [16, 3]
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), (key) => {
        const random = new Random(key, 'pose')
        const values = () => Float32Array.from({ length: size * size }, () => random.uniform())
        const [atlas, image] = [values(), values()]
        const labels = Uint8Array.from({ length: size * size }, (_, i) => Number(Math.hypot((i % size) - 7, Math.floor(i / size) - 8) < 3))
        const { score, pose } = new PoseSearch(atlas, labels, size, [0], [1], reach).find(image)
        const mask = labels.map((_, i) => {
          const near = [0, 1, -1, size, -size].some((step) => labels[i + step])
          return Number(near)
        })
        const mean = image.reduce((a, b) => a + b) / image.length
        let best = { score: -1, tx: 0, ty: 0 }
        for (let ty = -reach; ty <= reach; ty++)
          for (let tx = -reach; tx <= reach; tx++) {
            const pairs: [number, number][] = []
            mask.forEach((m, i) => {
              const [x, y] = [(i % size) + tx, Math.floor(i / size) + ty]
              // Outside, the image is its mean.
              if (m) pairs.push([atlas[i]!, x < 0 || y < 0 || x >= size || y >= size ? 0 : image[y * size + x]! - mean])
            })
            const n = pairs.length
            const [ma, mi] = [0, 1].map((k) => pairs.reduce((sum, pair) => sum + pair[k]!, 0) / n) as [number, number]
            const sum = (f: (a: number, i: number) => number) => pairs.reduce((all, [a, i]) => all + f(a - ma, i - mi), 0)
            const found =
              sum((a, i) => a * i) /
              Math.sqrt(
                sum((a) => a * a) *
                  Math.max(
                    sum((_, i) => i * i),
                    1e-3 * n,
                  ),
              )
            if (found > best.score) best = { score: found, tx, ty }
          }
        expect(score).toBeCloseTo(best.score, 5)
        expect(along(pose, 5 + best.tx, 9 + best.ty)).toEqual([expect.closeTo(5, 6), expect.closeTo(9, 6)])
      }),
      { numRuns: 20 },
    )
  })

  test('finds an atlas that was turned, shrunk and moved, to under a pixel', () => {
    const atlas = drawn(64)
    const search = new PoseSearch(atlas.image, atlas.labels, 64, [-60, -45, -30, -15, 0, 15, 30, 45, 60], [0.67, 0.82, 1, 1.22], 18)
    for (const [rotation, scale, tx, ty] of [
      [45, 0.82, 9, -4],
      [-30, 1.22, -12, 3],
      [0, 1, 0, 0],
    ] as const) {
      const truth = poseOf(rotation, scale, [31.5, 31.5], tx, ty)
      const moved = drawn(64, (x, y) => along(truth, x, y))
      const { pose, score } = search.find(noisy(moved.image, 1))
      expect(score).toBeGreaterThan(0.9)
      moved.labels.forEach((l, i) => {
        if (l === 0) return
        const [there, here] = [along(pose, i % 64, Math.floor(i / 64)), along(truth, i % 64, Math.floor(i / 64))]
        expect(Math.hypot(there[0] - here[0], there[1] - here[1])).toBeLessThan(1)
      })
    }
  })
})

test('a pose tells its rotation and scale', () => {
  fc.assert(
    fc.property(fc.double({ min: -179, max: 179, noNaN: true }), fc.double({ min: 0.3, max: 3, noNaN: true }), (rotation, scale) => {
      expect(turnOf(poseOf(rotation, scale, [31, 30], 4, -7))).toEqual({
        rotation: expect.closeTo(rotation, 6),
        scale: expect.closeTo(scale, 6),
      })
    }),
  )
})

test('a pose on larger images covers the same picture', () => {
  const pose = poseOf(30, 1.2, [30, 33], 4, -3)
  const [u, v] = along(pose, 20, 11)
  // The centre of pixel p is (p + 1/2) / 64 of the side.
  const large = (p: number) => (p + 0.5) * 4 - 0.5
  expect(along(scaledPose(pose, 4), large(20), large(11))).toEqual([expect.closeTo(large(u), 9), expect.closeTo(large(v), 9)])
})

describe.each([32, 64, 128])('demons at %s px', (size) => {
  test('recover a known warp to under a pixel of 64, whatever the brightness', () => {
    const bend = (x: number, y: number): [number, number] => {
      const s = size / 64
      return [x + 2.5 * s * Math.sin(y / (9 * s)), y + 2 * s * Math.cos(x / (11 * s))]
    }
    const atlas = drawn(size)
    const moved = drawn(size, bend)
    const { labels, fit, field } = layOn(
      atlas,
      noisy(moved.image, 2).map((v) => 0.2 + 0.6 * v),
      size,
      identity,
    )
    expect(fit).toBeGreaterThan(0.95)
    let [sum, n] = [0, 0]
    for (const [i, l] of moved.labels.entries()) {
      if (l === 0) continue
      const [x, y] = [i % size, Math.floor(i / size)]
      const [u, v] = bend(x, y)
      sum += Math.hypot(x + field[0][i]! - u, y + field[1][i]! - v)
      n++
    }
    expect(sum / n / (size / 64)).toBeLessThan(1)
    for (const l of [1, 2, 3]) expect(dice(labels, moved.labels, l)).toBeGreaterThan(size === 32 ? 0.75 : 0.85)
  })
})

describe('a bank', () => {
  const options: BankOptions = { entries: 7, stack: 0, pool: 250, agreement: 0.75, rotation: 75 }
  const still = () => Promise.resolve()
  /** Patients 0..n-1 with their own shape of the anatomy, and some whose images show nothing of it. */
  function pile(size: number, good: number, wrong: number): BankData & { truth: Uint8Array[] } {
    const random = new Random(9, 'pile')
    const shapes = Array.from({ length: good }, () => {
      const pose = poseOf(random.uniform(-50, 50), random.uniform(0.75, 1.2), [(size - 1) / 2, (size - 1) / 2], random.uniform(-6, 6), 4)
      const [k, p] = [random.uniform(0.5, 1.5), random.uniform(0, 6)]
      return drawn(size, (x, y) => along(pose, x + k * Math.sin(y / 8 + p), y + k * Math.cos(x / 9)))
    })
    // As slices beyond the organ: the ground alone.
    const nothing = Array.from({ length: wrong }, () => {
      const [k, p] = [random.uniform(6, 9), random.uniform(0, 6)]
      return Float32Array.from({ length: size * size }, (_, i) => 0.25 + 0.1 * Math.sin(((i % size) * 64) / size / k + p))
    })
    const unlabeled = [...shapes.map(({ image }, i) => noisy(image, i)), ...nothing]
    return {
      size,
      exemplars: [drawn(size)],
      unlabeled,
      patients: unlabeled.map((_, i) => `p${i}`),
      own: new Set<string>(),
      along: [],
      truth: shapes.map(({ labels }) => labels),
    }
  }

  test.each([48, 64, 96])('takes images that it fits and that find their way back, at %s px', async (size) => {
    const { truth, ...data } = pile(size, 5, 4)
    const told: [number, number][] = []
    const bank = await makeBank(data, options, (...now) => {
      told.push(now)
      return Promise.resolve()
    })
    expect(bank.entries.map(({ image }) => image).sort()).toEqual([0, 1, 2, 3, 4])
    expect(bank.eligible).toBe(5)
    // Drawn within 50 degrees, and from 0.75 to 1.2.
    expect(bank.reach!.rotation).toBeGreaterThan(20)
    expect(bank.reach!.rotation).toBeLessThan(65)
    expect(bank.reach!.scale).toBeGreaterThan(1)
    expect(bank.reach!.scale).toBeLessThan(1.6)
    for (const { image, labels, wayBack } of bank.entries) {
      for (const l of [1, 2, 3]) expect(dice(labels, truth[image]!, l), `image ${image}, class ${l}`).toBeGreaterThan(0.7)
      expect(wayBack).toBeGreaterThanOrEqual(0.75)
    }
    expect(bank.entries.map(({ fit }) => fit)).toEqual(bank.entries.map(({ fit }) => fit).sort((a, b) => b - a))
    expect(told.map(([done]) => done)).toEqual(told.map((_, i) => i + 1))
    expect(told.at(-1)![0]).toBeLessThanOrEqual(told.at(-1)![1])
    expect(await makeBank(data, options, still)).toEqual(bank)
    // No more than asked for, one a patient where there are enough, none of the exemplar’s own.
    const own = data.patients[bank.entries[0]!.image]!
    const less = await makeBank(
      { ...data, patients: ['p0', 'p0', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8'] },
      { ...options, entries: 3 },
      still,
    )
    expect(new Set(less.entries.map(({ patient }) => patient)).size).toBe(3)
    const without = await makeBank({ ...data, own: new Set([own]) }, options, still)
    expect(without.entries.map(({ patient }) => patient)).toEqual(bank.entries.slice(1).map(({ patient }) => patient))
  })

  test('of few patients takes the best whoever’s, but no more than half of one’s', async () => {
    const data = pile(64, 8, 3)
    const all = await makeBank(data, { ...options, entries: 8 }, still)
    const order = all.entries.map(({ image }) => image)
    expect(order).toHaveLength(8)
    // The five best are of one patient, with one that shows nothing.
    const patients = data.patients.map((patient, i) => (order.indexOf(i) < 5 && order.includes(i) ? 'a' : i === 8 ? 'a' : patient))
    const few = await makeBank({ ...data, patients }, { ...options, entries: 5 }, still)
    expect(few.entries.map(({ image }) => image)).toEqual([...order.slice(0, 3), ...order.slice(5, 7)])
    expect([few.eligible, few.tried > 3]).toEqual([4, true])
    expect(few.entries.map(({ fit, wayBack }) => [fit, wayBack])).toEqual(
      few.entries.map(({ image }) => [all.entries[order.indexOf(image)]!.fit, all.entries[order.indexOf(image)]!.wayBack]),
    )
  })

  test('is empty where fewer than three patients find their way back', async () => {
    const { entries, eligible, tried } = await makeBank(pile(64, 2, 5), options, still)
    expect([entries, eligible, tried > 2]).toEqual([[], 2, true])
    expect(await makeBank({ ...pile(64, 0, 0), unlabeled: [], patients: [] }, options, still)).toEqual({
      entries: [],
      eligible: 0,
      tried: 0,
      reach: null,
    })
  })

  test('of many exemplars looks for the best of eight, one after another', async () => {
    const data = pile(64, 4, 0)
    const single = await makeBank(data, options, still)
    // Ground alone fits nothing: the one that shows the anatomy is the only one that counts, if it is among the eight.
    const empty: Atlas = { image: new Float32Array(64 * 64).fill(0.2), labels: data.exemplars[0]!.labels }
    const with9 = (at: number) => Array.from({ length: 9 }, (_, k) => (k === at ? data.exemplars[0]! : empty))
    const told: [number, number][] = []
    const many = await makeBank({ ...data, exemplars: with9(5) }, options, (...now) => Promise.resolve(void told.push(now)))
    expect(many).toEqual(single)
    expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).sort((a, b) => a - b))
    expect(told.every(([done, of]) => done <= of)).toBe(true)
    const find = vi.spyOn(PoseSearch.prototype, 'find')
    await makeBank({ ...data, exemplars: with9(4) }, options, still)
    expect(find.mock.calls.length).toBeLessThanOrEqual(8 * 4 + 4)
  })

  test('ends when what it tells throws', async () => {
    await expect(makeBank(pile(64, 5, 0), options, () => Promise.reject(new Error('enough')))).rejects.toThrow('enough')
  })
})

test('a pool is spread evenly over other patients', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 60 }), fc.integer({ min: 0, max: 40 }), (numbers, most) => {
      const patients = numbers.map((n) => `p${n}`)
      const pool = spread(patients, new Set(['p3']), most)
      expect(pool).toEqual([...new Set(pool)].sort((a, b) => a - b))
      const others = patients.filter((p) => p !== 'p3')
      expect(pool.length).toBe(Math.min(most, others.length))
      const count = (list: readonly string[], p: string) => list.filter((one) => one === p).length
      const taken = pool.map((i) => patients[i]!)
      expect(taken).not.toContain('p3')
      // Who gives less than another by more than one has given all.
      for (const p of new Set(others))
        if (count(taken, p) + 1 < Math.max(...[...new Set(others)].map((o) => count(taken, o))))
          expect(count(taken, p)).toBe(count(others, p))
    }),
  )
})

test('bilinear values at pixels are the pixels, and beyond the border the border', () => {
  const image = [1, 2, 3, 4]
  expect([bilinear(image, 2, 0, 1), bilinear(image, 2, 0.5, 0.5), bilinear(image, 2, 9, -9)]).toEqual([3, 2.5, 2])
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { distanceTransform } from '../image/distance-transform'
import { unknown } from '../image/raster'
import { border, borderDistance, dice, diceOf, outcomeOf, overlap, percentile, pool, scorePatients, type Grid } from './metrics'

/** A label map drawn as text: one digit per pixel. */
function draw(...rows: string[]) {
  return { size: [rows[0]!.length, rows.length], labels: Uint8Array.from(rows.join(''), Number) }
}

const step = fc.double({ min: 0.2, max: 4, noNaN: true })
const spacing = fc.tuple(step, step, step)
const side = (max: number) => fc.integer({ min: 1, max })
const image = fc.tuple(side(9), side(9)).map((size) => [...size])
const volume = fc.tuple(side(5), side(5), side(5)).map((size) => [...size])
/** `count` label maps of one size with classes 0..2, from empty to full. */
const maps = (count: number, sizes: fc.Arbitrary<number[]> = fc.oneof(image, volume)) =>
  sizes.chain((size) => {
    const length = size.reduce((a, b) => a * b)
    return fc.tuple(
      ...Array.from({ length: count }, () =>
        fc.oneof(fc.constant(0), fc.constant(1), fc.integer({ min: 0, max: 2 })).chain((fill) =>
          fc
            .array(fc.oneof({ weight: 2, arbitrary: fc.constant(fill) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 }) }), {
              minLength: length,
              maxLength: length,
            })
            .map((labels): Grid => ({ size, labels: Uint8Array.from(labels) })),
        ),
      ),
    )
  })

/** Indices of set places along each axis. */
const placesOf = (mask: ArrayLike<number>, [columns, rows = 1, ...more]: readonly number[]): number[][] =>
  Array.from(mask).flatMap((set, i) =>
    set ? [[i % columns!, Math.floor(i / columns!) % rows, ...(more.length > 0 ? [Math.floor(i / columns! / rows)] : [])]] : [],
  )

/** Distances from every point of `from` to the nearest of `to`, by trying all. */
const bruteDistances = (from: number[][], to: number[][], steps: readonly number[]) =>
  from.map((a) => Math.min(...to.map((b) => Math.hypot(...a.map((v, axis) => (v - b[axis]!) * steps[axis]!)))))

/** numpy.percentile(values, 95) by definition: linear between the two neighbours of rank 0.95 (n - 1). */
function brutePercentile95(values: number[]) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = 0.95 * (sorted.length - 1)
  const share = at % 1
  return sorted[Math.floor(at)]! * (1 - share) + sorted[Math.ceil(at)]! * share
}

/** The border by the definition of erosion: places whose cross, including itself, is not all inside. */
const bruteBorder = ({ size, labels }: Grid, c: number) => {
  const inside = placesOf(
    labels.map((l) => (l === c ? 1 : 0)),
    size,
  )
  const set = new Set(inside.map(String))
  return inside.filter((place) =>
    place.some((_, axis) => [-1, 1].some((d) => !set.has(String(place.map((v, other) => (other === axis ? v + d : v)))))),
  )
}

describe('Dice', () => {
  test('by hand', () => {
    const a = draw('1100', '1100', '0022').labels
    const b = draw('0110', '0110', '0000').labels
    expect(dice(a, b, 1)).toBe(0.5)
    expect(dice(a, b, 2)).toBe(0)
    expect(dice(a, b, 3)).toBeNaN()
    expect(outcomeOf(overlap(a, b, 1))).toBe('found')
    expect(outcomeOf(overlap(a, b, 2))).toBe('spurious')
    expect(outcomeOf(overlap(b, a, 2))).toBe('missed')
    expect(outcomeOf(overlap(a, b, 3))).toBe('absent')
  })

  test('is symmetric, in 0..1, and 1 for a mask with itself', () => {
    fc.assert(
      fc.property(maps(2), ([a, b]) => {
        for (const c of [1, 2]) {
          const d = dice(a!.labels, b!.labels, c)
          expect(d).toBe(dice(b!.labels, a!.labels, c))
          if (!Number.isNaN(d)) expect(d >= 0 && d <= 1).toBe(true)
          expect(dice(a!.labels, a!.labels, c)).toBe(a!.labels.includes(c) ? 1 : NaN)
        }
      }),
    )
  })

  test('slices pooled give the Dice of the volume', () => {
    fc.assert(
      fc.property(maps(4), ([a, b, c, d]) => {
        const volume = (...slices: Grid[]) => Uint8Array.from(slices.flatMap(({ labels }) => [...labels]))
        const pooled = diceOf(pool([overlap(a!.labels, b!.labels, 1), overlap(c!.labels, d!.labels, 1)]))
        expect(pooled).toBe(dice(volume(a!, c!), volume(b!, d!), 1))
      }),
    )
  })

  test('masks of different lengths are refused', () => {
    expect(() => dice(new Uint8Array(4), new Uint8Array(5), 1)).toThrow('4 and 5 pixels')
  })

  test('patients first, then classes', () => {
    const cases = [
      { patient: 'p', prediction: Uint8Array.of(1, 0, 0, 0), reference: Uint8Array.of(1, 1, 0, 0) },
      { patient: 'p', prediction: Uint8Array.of(0, 0, 0, 0), reference: Uint8Array.of(0, 1, 0, 0) },
      { patient: 'q', prediction: Uint8Array.of(2, 2, 1, 0), reference: Uint8Array.of(2, 0, 1, 0) },
    ]
    const { patients, perClass, mean } = scorePatients(cases, 4)
    expect(patients).toEqual([
      { patient: 'p', dice: [0.5, NaN, NaN] },
      { patient: 'q', dice: [1, 2 / 3, NaN] },
    ])
    expect(perClass).toEqual([0.75, 2 / 3, NaN])
    expect(mean).toBeCloseTo((0.75 + 2 / 3) / 2, 12)
  })
})

test('percentile is numpy.percentile', () => {
  // numpy 1.24: np.percentile([3, 1, 2, 10], q) for 0, 25, 50, 95, 100
  expect([0, 25, 50, 95, 100].map((q) => percentile([3, 1, 2, 10], q))).toEqual([1, 1.75, 2.5, expect.closeTo(8.95, 12), 10])
  expect(percentile([7], 95)).toBe(7)
  expect(percentile([], 95)).toBeNaN()
})

test('the border is what erosion removes, including image edges', () => {
  const map = draw('11111', '11111', '11011', '11111')
  expect(border(map, 1)).toEqual(draw('11111', '10101', '11011', '11111').labels)
  fc.assert(
    fc.property(maps(1), ([a]) => {
      const found = placesOf(border(a!, 1), a!.size)
      expect(new Set(found.map(String))).toEqual(new Set(bruteBorder(a!, 1).map(String)))
    }),
  )
})

test('what is unknown makes no border, whether inside the box of a structure or just outside it', () => {
  const unknownIs = (from: number) => (grid: Grid) => ({ ...grid, labels: grid.labels.map((l) => (l === from ? unknown : l)) })
  const aside = unknownIs(9)
  expect(border(aside(draw('1119', '1119', '1119', '1110')), 1)).toEqual(draw('1110', '1000', '1000', '1110').labels)
  // Three slices of 5 x 1, of which the middle one is scored: the same as that slice alone.
  const [a, b] = [aside(draw('99999', '01110', '99999')), aside(draw('99999', '11111', '99999'))]
  expect(borderDistance({ ...a, size: [5, 1, 3] }, { ...b, size: [5, 1, 3] }, 1)).toEqual(borderDistance(draw('01110'), draw('11111'), 1))
  // Of 5 columns the unknown ones are cut off: the ends that are left are two apart.
  const tall = [aside(draw('09', '09', '19', '19', '19', '09', '09')), aside(draw('19', '19', '19', '19', '19', '19', '19'))] as const
  expect(borderDistance(...tall, 1).largest).toBe(2)
})

test('a structure within the unknown alone still has distances', () => {
  const within = (row: string) => ({ size: [5, 3], labels: Uint8Array.from(`00000${row}00000`, (l) => (l === '0' ? unknown : Number(l))) })
  expect(borderDistance(within('01100'), within('01110'), 1)).toEqual(
    borderDistance(draw('00000', '01100', '00000'), draw('00000', '01110', '00000'), 1),
  )
})

test('the distance transform is exact for any spacing', () => {
  fc.assert(
    fc.property(maps(1), spacing, ([a], s) => {
      const { size, labels } = a!
      const mask = labels.map((l) => (l === 1 ? 1 : 0))
      const all = placesOf(new Uint8Array(labels.length).fill(1), size)
      const expected = bruteDistances(all, placesOf(mask, size), s)
      const found = distanceTransform(mask, size, s)
      expected.forEach((d, i) => (d === Infinity ? expect(found[i]).toBe(Infinity) : expect(found[i]).toBeCloseTo(d, 9)))
    }),
    { numRuns: 300 },
  )
})

describe('HD95 and surface Dice', () => {
  test('by hand: two points three pixels apart', () => {
    const one = borderDistance(draw('10000'), draw('00010'), 1)
    expect(one).toEqual({ outcome: 'found', pooled95: 3, larger95: 3, largest: 3, surfaceDice: 0 })
    expect(borderDistance(draw('10000'), draw('00010'), 1, [1, 1], 3).surfaceDice).toBe(1)
    expect(borderDistance(draw('10000'), draw('00010'), 1, [0.5, 9]).pooled95).toBe(1.5)
  })

  test('by hand: the two definitions differ', () => {
    // The prediction's one pixel is in the reference (distance 0); the reference's are 0, 1, 2, 3, 4 away.
    const d = borderDistance(draw('10000'), draw('11111'), 1)
    expect(d.larger95).toBeCloseTo(3.8, 12) // rank 3.8 of 0 1 2 3 4
    expect(d.pooled95).toBeCloseTo(3.75, 12) // rank 4.75 of 0 0 1 2 3 4
    expect(d.largest).toBe(4)
    expect(d.surfaceDice).toBe(3 / 6) // 0 0 1 of 0 0 1 2 3 4 are at most 1
  })

  test('a structure in only one mask costs the diagonal, one in neither is not applicable', () => {
    const empty = draw('000', '000', '000', '000')
    const some = draw('010', '000', '000', '000')
    expect(borderDistance(some, empty, 1)).toEqual({ outcome: 'spurious', pooled95: 5, larger95: 5, largest: 5, surfaceDice: 0 })
    expect(borderDistance(empty, some, 1, [2, 2])).toEqual({ outcome: 'missed', pooled95: 10, larger95: 10, largest: 10, surfaceDice: 0 })
    expect(borderDistance(empty, empty, 1)).toEqual({ outcome: 'absent', pooled95: NaN, larger95: NaN, largest: NaN, surfaceDice: NaN })
  })

  test('masks of different sizes are refused', () => {
    expect(() => borderDistance(draw('0101'), draw('01', '01'), 1)).toThrow('4 x 1 and 2 x 2')
  })

  test('both definitions equal brute force; symmetric; not above HD; 0 for equal masks; never above the diagonal', () => {
    fc.assert(
      fc.property(maps(2), spacing, fc.double({ min: 0, max: 6, noNaN: true }), ([a, b], s, tolerance) => {
        for (const c of [1, 2]) {
          const found = borderDistance(a!, b!, c, s, tolerance)
          const back = borderDistance(b!, a!, c, s, tolerance)
          expect(back).toEqual({ ...found, outcome: back.outcome })
          const pa = bruteBorder(a!, c)
          const pb = bruteBorder(b!, c)
          if (pa.length === 0 || pb.length === 0) {
            expect(found.outcome).toBe(pa.length ? 'spurious' : pb.length ? 'missed' : 'absent')
            continue
          }
          const there = bruteDistances(pa, pb, s)
          const andBack = bruteDistances(pb, pa, s)
          expect(found.outcome).toBe('found')
          expect(found.pooled95).toBeCloseTo(brutePercentile95([...there, ...andBack]), 9)
          expect(found.larger95).toBeCloseTo(Math.max(brutePercentile95(there), brutePercentile95(andBack)), 9)
          expect(found.largest).toBeCloseTo(Math.max(...there, ...andBack), 9)
          const both = [...there, ...andBack]
          // Within rounding of the tolerance either answer is right.
          const near = both.filter((d) => Math.abs(d - tolerance) < 1e-7).length
          const within = both.filter((d) => d <= tolerance).length
          expect(Math.abs(found.surfaceDice * both.length - within)).toBeLessThanOrEqual(near + 1e-6)
          expect(found.pooled95).toBeLessThanOrEqual(found.largest)
          expect(found.larger95).toBeLessThanOrEqual(found.largest)
          expect(found.largest).toBeLessThan(Math.hypot(...a!.size.map((length, axis) => length * s[axis]!)))
          expect(borderDistance(a!, a!, c, s).largest).toBe(0)
        }
      }),
      { numRuns: 300 },
    )
  })
})

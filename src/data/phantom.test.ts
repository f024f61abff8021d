import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makePhantoms, type PhantomSlice } from './phantom'

const kinds = ['cardiac', 'abdominal'] as const
const options = { seed: 1, patients: 2, slicesPerPatient: 3, size: 48 }
const seeds = { numRuns: 12, seed: 1 }

/** Pixels of each class. */
const areas = ({ labels }: PhantomSlice, classes: number) =>
  Array.from({ length: classes }, (_, c) => labels.labels.filter((v) => v === c).length)

describe.each(kinds)('%s phantoms', (kind) => {
  test('the middle slice of every patient shows every class, at every size', () => {
    const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 })
    fc.assert(
      fc.property(seed, fc.constantFrom(64, 96, 128), fc.constantFrom(1, 2, 3, 4, 5), (seed, size, n) => {
        const { classes, slices } = makePhantoms(kind, { seed, patients: 2, slicesPerPatient: n, size })
        for (const patient of [0, 1]) {
          const middle = slices[patient * n + Math.floor(n / 2)]!
          expect(
            Math.min(...areas(middle, classes.length)),
            `${middle.name} of seed ${seed}, ${n} slices, ${size} px`,
          ).toBeGreaterThanOrEqual(4)
        }
      }),
      seeds,
    )
  })

  test('grey values are whole numbers 0..255 and not all alike; labels stay below the number of classes', () => {
    for (const { image, labels } of makePhantoms(kind, { ...options, patients: 6 }).slices) {
      expect(image.pixels.every((v) => Number.isInteger(v) && v >= 0 && v <= 255)).toBe(true)
      expect(new Set(image.pixels).size).toBeGreaterThan(30)
      expect(labels.labels.every((v) => v < makePhantoms(kind, { ...options, patients: 0 }).classes.length)).toBe(true)
      expect([image.pixels.length, labels.labels.length]).toEqual([48 * 48, 48 * 48])
    }
  })

  test('the same seed gives the same bytes, and a patient does not depend on how many are made', () => {
    const few = makePhantoms(kind, options).slices
    expect(makePhantoms(kind, options).slices).toEqual(few)
    expect(makePhantoms(kind, { ...options, patients: 4 }).slices.slice(0, few.length)).toEqual(few)
  })

  test('other patients and other seeds differ, and so do the slices of one patient', () => {
    const slices = [...makePhantoms(kind, options).slices, ...makePhantoms(kind, { ...options, seed: 2 }).slices]
    for (const [what, of] of [
      ['images', (s: PhantomSlice) => s.image.pixels.join()],
      ['labels', (s: PhantomSlice) => s.labels.labels.join()],
    ] as const)
      expect(new Set(slices.map(of)).size, what).toBe(slices.length)
  })

  test('neighbouring slices of a patient are more alike than patients', () => {
    const { slices } = makePhantoms(kind, { seed: 3, patients: 8, slicesPerPatient: 5, size: 48 })
    const unlike = (a: PhantomSlice, b: PhantomSlice) => a.labels.labels.filter((v, i) => v !== b.labels.labels[i]).length
    const mean = (x: number[]) => x.reduce((a, b) => a + b, 0) / x.length
    const middles = slices.filter((_, i) => i % 5 === 2)
    const within = mean(middles.map((s) => unlike(s, slices[slices.indexOf(s) + 1]!)))
    const between = mean(middles.slice(1).map((s, i) => unlike(s, middles[i]!)))
    expect(within * 1.5).toBeLessThan(between)
  })

  test('names tell patient and slice', () => {
    expect(makePhantoms(kind, options).slices.map(({ name, patient }) => [name, patient])).toEqual([
      ['p01_s1', 'p01'],
      ['p01_s2', 'p01'],
      ['p01_s3', 'p01'],
      ['p02_s1', 'p02'],
      ['p02_s2', 'p02'],
      ['p02_s3', 'p02'],
    ])
  })
})

test('the myocardium is a closed ring around the left ventricle, and the right ventricle touches it', () => {
  const size = 64
  const [rightVentricle, myocardium, leftVentricle] = [1, 2, 3]
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
      for (const { name, labels } of makePhantoms('cardiac', { seed, patients: 1, slicesPerPatient: 3, size }).slices) {
        /** "a,b" with a < b for every pair of classes on neighbouring pixels, corners included. */
        const borders = new Set<string>()
        for (let y = 1; y < size - 1; y++)
          for (let x = 1; x < size - 1; x++)
            for (const step of [1, size, size + 1, size - 1]) {
              const [a, b] = [labels.labels[y * size + x]!, labels.labels[y * size + x + step]!]
              borders.add(a < b ? `${a},${b}` : `${b},${a}`)
            }
        const where = `seed ${seed}, ${name}`
        expect(borders, where).toContain(`${myocardium},${leftVentricle}`)
        expect(borders, where).not.toContain(`0,${leftVentricle}`)
        expect(borders, where).not.toContain(`${rightVentricle},${leftVentricle}`)
        if (labels.labels.includes(rightVentricle)) expect(borders, where).toContain(`${rightVentricle},${myocardium}`)
      }
    }),
    seeds,
  )
})

test('left and right kidney keep to their sides', () => {
  const size = 64
  for (const { labels } of makePhantoms('abdominal', { seed: 5, patients: 12, slicesPerPatient: 1, size }).slices) {
    const meanX = (c: number) => {
      const xs = [...labels.labels.keys()].filter((i) => labels.labels[i] === c).map((i) => i % size)
      return xs.reduce((a, b) => a + b, 0) / xs.length
    }
    // The patient's left is on the right of the picture.
    expect(meanX(3)).toBeGreaterThan(meanX(4) + 10)
  }
})

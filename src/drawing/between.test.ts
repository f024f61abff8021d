import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LabelMap } from '../image/raster'
import { between } from './between'

const [width, height] = [15, 12]
const size = width * height
const masks = fc
  .array(fc.constantFrom(0, 0, 0, 1, 1, 2, 255), { minLength: size, maxLength: size })
  .map((labels): LabelMap => ({ width, height, labels: Uint8Array.from(labels) }))

const discs = (side: number, x: number, ...radii: number[]): LabelMap => ({
  width: side,
  height: side,
  labels: Uint8Array.from({ length: side * side }, (_, i) => {
    const distance = Math.hypot((i % side) + 0.5 - x, Math.floor(i / side) + 0.5 - side / 2)
    return radii.filter((radius) => distance <= radius).length
  }),
})
const area = (labels: Uint8Array, label: number) => labels.reduce((sum, l) => sum + Number(l === label), 0)

it('is the slices at the slices, and lies between them', async () => {
  await fc.assert(
    fc.asyncProperty(masks, masks, fc.double({ min: 0, max: 1, noNaN: true }), async (a, b, share) => {
      const at = await between(a, b)
      expect(at(0)).toEqual(a.labels)
      expect(at(1)).toEqual(b.labels)
      const known = new Set([...a.labels, ...b.labels])
      at(share).forEach((label, i) => {
        const both = [a.labels[i]!, b.labels[i]!] as const
        if (both[0] === both[1]) expect(label).toBe(both[0])
        // Drawn in both, so between; what it is there may be what lies between those two.
        if (both[0] > 0 && both[1] > 0) expect(label).toBeGreaterThan(0)
        expect(known).toContain(label)
      })
    }),
  )
})

it('gives the same from the other side', async () => {
  await fc.assert(
    fc.asyncProperty(masks, masks, fc.constantFrom(0.25, 0.5, 0.75), async (a, b, share) => {
      const [there, back] = [(await between(a, b))(share), (await between(b, a))(1 - share)]
      expect(there).toEqual(back)
    }),
  )
})

it('lets a ring and what is in it grow evenly, and shrink to nothing half-way where it ends', async () => {
  const [small, large] = [discs(80, 40, 24, 12), discs(80, 40, 32, 20)]
  const at = await between(small, large)
  for (const share of [0.25, 0.5, 0.75]) {
    const labels = at(share)
    const [outer, inner] = [24 + 8 * share, 12 + 8 * share]
    expect(Math.sqrt((area(labels, 1) + area(labels, 2)) / Math.PI)).toBeCloseTo(outer, 0)
    expect(Math.sqrt(area(labels, 2) / Math.PI)).toBeCloseTo(inner, 0)
  }
  const none = await between(discs(80, 40, 16), { width: 80, height: 80, labels: new Uint8Array(6400) })
  expect(area(none(0.25), 1)).toBeGreaterThan(0)
  expect(area(none(0.25), 1)).toBeLessThan(area(none(0.1), 1))
  expect(area(none(0.5), 1)).toBeLessThanOrEqual(4)
  expect(area(none(0.75), 1)).toBe(0)
})

it('moves with a shape that moves', async () => {
  const [from, to] = [discs(80, 32, 14), discs(80, 44, 14)]
  const labels = (await between(from, to))(0.5)
  let sum = 0
  labels.forEach((label, i) => (sum += label * ((i % 80) + 0.5)))
  expect(sum / area(labels, 1)).toBeCloseTo(38, 6)
})

it('refuses slices of different sizes', async () => {
  await expect(between(discs(8, 4, 2), discs(9, 4, 2))).rejects.toThrow('different sizes')
})

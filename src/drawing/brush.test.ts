import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LabelMap } from '../image/raster'
import { brush, rangeAround, snap } from './brush'
import { apply, type Pen } from './patch'

const [width, height] = [40, 30]
const emptyMask = (): LabelMap => ({ width, height, labels: new Uint8Array(width * height) })
const pen: Pen = { label: 1, locked: new Set(), limit: null }
const point = fc.record({ x: fc.double({ min: -6, max: 46, noNaN: true }), y: fc.double({ min: -6, max: 36, noNaN: true }) })

function painted(from: { x: number; y: number }, to: { x: number; y: number }, size: number, with_ = pen): LabelMap {
  const mask = emptyMask()
  const patch = brush(mask, with_, from, to, size)
  if (patch) apply(mask, new Uint32Array(256), patch, 'forwards')
  return mask
}

it('paints the union of the discs along the line', () => {
  fc.assert(
    fc.property(point, point, fc.integer({ min: 1, max: 14 }), (from, to, size) => {
      const { labels } = painted(from, to, size)
      const [a, b] = [snap(from, size), snap(to, size)]
      const steps = 4000
      const gap = Math.hypot(b.x - a.x, b.y - a.y) / steps
      for (let i = 0; i < labels.length; i++) {
        const [x, y] = [(i % width) + 0.5, Math.floor(i / width) + 0.5]
        let nearest = Infinity
        for (let k = 0; k <= steps; k++) {
          const [ex, ey] = [a.x + ((b.x - a.x) * k) / steps - x, a.y + ((b.y - a.y) * k) / steps - y]
          nearest = Math.min(nearest, Math.sqrt(ex * ex + ey * ey))
        }
        // The discs are sampled, so the nearest of them may be half a gap away from the nearest of all.
        if (nearest <= size / 2) expect(labels[i]).toBe(1)
        if (nearest > size / 2 + gap / 2 + 1e-6) expect(labels[i]).toBe(0)
      }
    }),
    { numRuns: 12 },
  )
})

it('paints one pixel with size 1, wherever in the pixel one points', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: width - 1 }),
      fc.integer({ min: 0, max: height - 1 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (x, y, part) => {
        const at = { x: x + part, y: y + part }
        const { labels } = painted(at, at, 1)
        expect([...labels.keys()].filter((i) => labels[i] === 1)).toEqual([y * width + x])
      },
    ),
  )
})

it('leaves no gap between the pixels of a thin line', () => {
  fc.assert(
    fc.property(point, point, (from, to) => {
      const { labels } = painted(from, to, 1)
      const set = [...labels.keys()].filter((i) => labels[i] === 1)
      const seen = new Set(set.slice(0, 1))
      for (const i of seen)
        for (const j of set)
          if (Math.abs((i % width) - (j % width)) <= 1 && Math.abs(Math.floor(i / width) - Math.floor(j / width)) <= 1) seen.add(j)
      expect(seen.size).toBe(set.length)
    }),
  )
})

it('knows discs by their pixels', () => {
  const area = (size: number) => painted({ x: 20, y: 15 }, { x: 20, y: 15 }, size).labels.reduce((sum, label) => sum + label, 0)
  // Counted by hand on squared paper.
  expect([1, 2, 3, 4, 5].map(area)).toEqual([1, 4, 9, 12, 21])
})

it('paints only values within the limit, and never where there is no number', () => {
  const values = Float32Array.from({ length: width * height }, (_, i) => (i % 7 === 0 ? NaN : i % 10))
  const { labels } = painted({ x: 0, y: 15 }, { x: 40, y: 15 }, 12, { ...pen, limit: { values, low: 2, high: 4 } })
  const unlimited = painted({ x: 0, y: 15 }, { x: 40, y: 15 }, 12).labels
  labels.forEach((label, i) => expect(label).toBe(unlimited[i] === 1 && [2, 3, 4].includes(values[i]!) ? 1 : 0))
})

it('takes the range from under the brush', () => {
  const values = new Float32Array(width * height).fill(1000)
  for (let y = 12; y < 19; y++) for (let x = 17; x < 24; x++) values[y * width + x] = 100 + ((x + y) % 2)
  // 7 pixels are looked at, however large the brush: a disc of 37, 21 of them 101 and 16 of them 100.
  const [mean, deviation] = [100 + 21 / 37, Math.sqrt(21 * 16) / 37]
  const range = rangeAround(emptyMask(), values, { x: 20.5, y: 15.5 }, 60, 10)!
  expect(range.low).toBeCloseTo(mean - 2.5 * deviation, 9)
  expect(range.high).toBeCloseTo(mean + 2.5 * deviation, 9)
  expect(rangeAround(emptyMask(), values, { x: -30, y: 5 }, 5, 10)).toBeNull()
  const { low, high } = rangeAround(emptyMask(), new Float32Array(width * height).fill(7), { x: 3, y: 3 }, 5, 100)!
  expect([low, high]).toEqual([5, 9])
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LabelMap } from '../image/raster'
import { fill, fillHoles, flood, paintAll, polygon } from './regions'
import { after, penOf as pen } from './regions.test-support'

const [width, height] = [9, 7]
const size = width * height
const masks = fc
  .array(fc.constantFrom(0, 0, 1, 1, 2, 255), { minLength: size, maxLength: size })
  .map((labels): LabelMap => ({ width, height, labels: Uint8Array.from(labels) }))
const places = fc.record({ x: fc.integer({ min: 0, max: width - 1 }), y: fc.integer({ min: 0, max: height - 1 }) })

/** Connected parts by union of neighbours until nothing changes: slow, and unlike the tools. */
function parts(same: (i: number, j: number) => boolean): number[] {
  const part = [...Array(size).keys()]
  for (let changed = true; changed;) {
    changed = false
    for (let i = 0; i < size; i++)
      for (const j of [i % width < width - 1 ? i + 1 : i, i + width < size ? i + width : i]) {
        const least = Math.min(part[i]!, part[j]!)
        if (!same(i, j) || part[i] === part[j]) continue
        part[i] = part[j] = least
        changed = true
      }
  }
  return part
}

it('fills the connected region of one label, and nothing else', () => {
  fc.assert(
    fc.property(masks, places, (mask, { x, y }) => {
      const part = parts((i, j) => mask.labels[i] === mask.labels[j])
      const filled = after(mask, fill(mask, pen(3), { x: x + 0.5, y: y + 0.5 }))
      const here = part[y * width + x]
      filled.forEach((label, i) => expect(label).toBe(part[i] === here ? 3 : mask.labels[i]))
    }),
  )
})

it('floods the connected values that are near the one clicked, but nothing locked', () => {
  const images = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: size, maxLength: size })
  fc.assert(
    fc.property(masks, images, places, fc.integer({ min: 0, max: 3 }), (mask, image, { x, y }, tolerance) => {
      const seed = image[y * width + x]!
      const near = (i: number) => Math.abs(image[i]! - seed) <= tolerance
      const part = parts((i, j) => near(i) && near(j))
      const flooded = after(mask, flood(mask, pen(3, [2]), Float32Array.from(image), { x, y }, tolerance))
      const here = part[y * width + x]
      flooded.forEach((label, i) => expect(label).toBe(near(i) && part[i] === here && mask.labels[i] !== 2 ? 3 : mask.labels[i]))
    }),
  )
})

it('does nothing outside the image, nor from a pixel without a value', () => {
  const mask: LabelMap = { width, height, labels: new Uint8Array(size) }
  expect(fill(mask, pen(1), { x: -1, y: 2 })).toBeNull()
  expect(flood(mask, pen(1), new Float32Array(size), { x: 2, y: height }, 1)).toBeNull()
  expect(flood(mask, pen(1), new Float32Array(size).fill(NaN), { x: 2, y: 2 }, 1)).toBeNull()
})

describe('fill holes', () => {
  it('leaves no hole, and changes only holes', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const filled = after(mask, fillHoles(mask, pen(1)))
        // A part of what is not label 1 is open if it holds a pixel of the border.
        const open = (labels: Uint8Array) => {
          const part = parts((i, j) => labels[i] !== 1 && labels[j] !== 1)
          const ends = new Set(part.filter((_, i) => i % width === 0 || i % width === width - 1 || i < width || i >= size - width))
          return part.map((p, i) => labels[i] !== 1 && ends.has(p))
        }
        const [openBefore, openAfter] = [open(mask.labels), open(filled)]
        filled.forEach((label, i) => {
          if (label === 0) expect(openAfter[i]).toBe(true)
          if (label !== mask.labels[i]) expect([mask.labels[i], label, openBefore[i]]).toEqual([0, 1, false])
        })
      }),
    )
  })

  it('keeps another label in a ring', () => {
    const rows = ['111111111', '100000001', '102222001', '102552001', '102222001', '100000001', '111111111']
    const mask: LabelMap = { width, height, labels: Uint8Array.from(rows.join(''), Number) }
    const want = ['111111111', '111111111', '112222111', '112552111', '112222111', '111111111', '111111111']
    expect([...after(mask, fillHoles(mask, pen(1)))].join('')).toBe(want.join(''))
  })
})

it('paints the pixels whose centre is inside the polygon', () => {
  // Quarters that are never on a centre, where inside and outside would be a matter of taste.
  const coordinate = (most: number) => fc.integer({ min: -8, max: most * 4 + 8 }).map((n) => n / 4 + 0.1)
  const polygons = fc.array(fc.record({ x: coordinate(width), y: coordinate(height) }), { minLength: 3, maxLength: 7 })
  fc.assert(
    fc.property(polygons, (points) => {
      const mask: LabelMap = { width, height, labels: new Uint8Array(size) }
      const labels = after(mask, polygon(mask, pen(1), points))
      for (let i = 0; i < size; i++) {
        // A ray downwards, where the tool looks along rows.
        const [x, y] = [(i % width) + 0.5, Math.floor(i / width) + 0.5]
        let crossings = 0
        let onEdge = false
        points.forEach((a, k) => {
          const b = points[(k + 1) % points.length]!
          const [length, inner] = [Math.hypot(b.x - a.x, b.y - a.y), Math.hypot(x - a.x, y - a.y) + Math.hypot(b.x - x, b.y - y)]
          if (inner - length < 1e-6) onEdge = true
          const between = Math.min(a.x, b.x) <= x && x < Math.max(a.x, b.x)
          if (between && a.y + ((x - a.x) * (b.y - a.y)) / (b.x - a.x) > y + 1e-9) crossings++
        })
        if (!onEdge) expect(labels[i]).toBe(crossings % 2)
      }
    }),
  )
})

it('clears all but what is locked', () => {
  fc.assert(
    fc.property(masks, (mask) => {
      expect([...after(mask, paintAll(mask, pen(0, [2])))]).toEqual([...mask.labels].map((label) => (label === 2 ? 2 : 0)))
    }),
  )
})

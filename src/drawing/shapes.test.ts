import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LabelMap } from '../image/raster'
import { ellipse, rectangle } from './shapes'
import { after, penOf } from './regions.test-support'

const empty = (width: number, height: number): LabelMap => ({ width, height, labels: new Uint8Array(width * height) })
const area = (labels: Uint8Array) => labels.reduce((sum, label) => sum + label, 0)
const whole = (max: number) => fc.integer({ min: 0, max })

it('paints whole pixels between two corners, whichever is given first', () => {
  fc.assert(
    fc.property(whole(12), whole(9), whole(12), whole(9), (x0, y0, x1, y1) => {
      const mask = empty(12, 9)
      const labels = after(mask, rectangle(mask, penOf(1), { x: x0, y: y0 }, { x: x1, y: y1 }))
      labels.forEach((label, i) => {
        const [x, y] = [i % 12, Math.floor(i / 12)]
        const inside = x >= Math.min(x0, x1) && x < Math.max(x0, x1) && y >= Math.min(y0, y1) && y < Math.max(y0, y1)
        expect(label).toBe(Number(inside))
      })
    }),
  )
})

it('makes ellipses of the right area, inside their rectangle and symmetric', () => {
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 60 }), fc.integer({ min: 8, max: 60 }), whole(3), whole(3), (w, h, left, top) => {
      const mask = empty(70, 70)
      const labels = after(mask, ellipse(mask, penOf(1), { x: left + w, y: top }, { x: left, y: top + h }))
      // Of a lattice in a convex figure, no more than its outline can be missing or too much.
      const exact = (Math.PI * w * h) / 4
      expect(Math.abs(area(labels) - exact)).toBeLessThan(0.05 * exact + 2)
      labels.forEach((label, i) => {
        if (label === 0) return
        const [x, y] = [i % 70, Math.floor(i / 70)]
        expect(x >= left && x < left + w && y >= top && y < top + h).toBe(true)
        expect(labels[(2 * top + h - 1 - y) * 70 + (2 * left + w - 1 - x)]).toBe(1)
      })
    }),
  )
})

it('is cut at the edge of the image, leaves locked labels, and is nothing without an area', () => {
  const mask: LabelMap = { width: 4, height: 3, labels: Uint8Array.from([0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]) }
  expect([...after(mask, rectangle(mask, penOf(1, [2]), { x: -5, y: -5 }, { x: 3, y: 2 }))].join('')).toBe('121012100000')
  expect(ellipse(mask, penOf(1), { x: 2, y: 0 }, { x: 2, y: 3 })).toBeNull()
})

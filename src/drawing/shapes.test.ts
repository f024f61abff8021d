import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LabelMap } from '../image/raster'
import { ellipse, rectangle } from './shapes'
import { after, penOf } from './regions.test-support'

const empty = (width: number, height: number): LabelMap => ({ width, height, labels: new Uint8Array(width * height) })
const area = (labels: Uint8Array) => labels.reduce((sum, label) => sum + label, 0)
const whole = (max: number) => fc.integer({ min: 0, max })
const within = (max: number) => fc.double({ min: -2, max: max + 2, noNaN: true })

it('paints the pixels from one to another, whichever is given first', () => {
  fc.assert(
    fc.property(within(12), within(9), within(12), within(9), (x0, y0, x1, y1) => {
      const mask = empty(12, 9)
      const labels = after(mask, rectangle(mask, penOf(1), { x: x0, y: y0 }, { x: x1, y: y1 }))
      labels.forEach((label, i) => {
        const [x, y] = [i % 12, Math.floor(i / 12)]
        const spans = (pixel: number, from: number, to: number) => pixel + 1 > Math.min(from, to) && pixel <= Math.max(from, to)
        const inside = spans(x, x0, x1) && spans(y, y0, y1)
        expect(label).toBe(Number(inside))
      })
    }),
  )
})

it('makes ellipses of the right area, inside their rectangle and symmetric', () => {
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 60 }), fc.integer({ min: 8, max: 60 }), whole(3), whole(3), (w, h, left, top) => {
      const mask = empty(70, 70)
      const labels = after(mask, ellipse(mask, penOf(1), { x: left + w - 0.5, y: top }, { x: left, y: top + h - 0.5 }))
      // Of a lattice in a convex figure, no more than its outline can be missing or too much.
      const exact = (Math.PI * w * h) / 4
      expect(Math.abs(area(labels) - exact)).toBeLessThan(0.03 * exact + 0.25 * (w + h))
      labels.forEach((label, i) => {
        if (label === 0) return
        const [x, y] = [i % 70, Math.floor(i / 70)]
        expect(x >= left && x < left + w && y >= top && y < top + h).toBe(true)
        expect(labels[(2 * top + h - 1 - y) * 70 + (2 * left + w - 1 - x)]).toBe(1)
      })
    }),
  )
})

it('is cut at the edge of the image, and leaves locked labels', () => {
  const mask: LabelMap = { width: 4, height: 3, labels: Uint8Array.from([0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]) }
  expect([...after(mask, rectangle(mask, penOf(1, [2]), { x: -5, y: -5 }, { x: 2.9, y: 1.1 }))].join('')).toBe('121012100000')
  expect(ellipse(mask, penOf(1), { x: -9, y: 0 }, { x: -2, y: 3 })).toBeNull()
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { aspectOf, fit, panned, toImage, toScreen, zoomed } from './view'

const canvas = { width: 800, height: 500 }
const sides = fc.record({ width: fc.integer({ min: 1, max: 4000 }), height: fc.integer({ min: 1, max: 4000 }) })
const aspects = fc.double({ min: 0.2, max: 5, noNaN: true })
const places = fc.record({ x: fc.double({ min: 0, max: 800, noNaN: true }), y: fc.double({ min: 0, max: 500, noNaN: true }) })

it('fits the image to the canvas: it touches two sides and leaves none', () => {
  fc.assert(
    fc.property(sides, aspects, (image, aspect) => {
      const view = fit(image, canvas, aspect)
      const [a, b] = [toScreen(view, { x: 0, y: 0 }), toScreen(view, { x: image.width, y: image.height })]
      expect(Math.min(a.x, a.y)).toBeCloseTo(0, 6)
      expect(Math.min(canvas.width - b.x, canvas.height - b.y)).toBeCloseTo(0, 6)
      expect(Math.min(a.x, a.y, canvas.width - b.x, canvas.height - b.y)).toBeGreaterThan(-1e-6)
      expect(view.scaleY / view.scaleX).toBeCloseTo(aspect, 9)
    }),
  )
})

it('goes to the screen and back', () => {
  fc.assert(
    fc.property(sides, aspects, places, (image, aspect, at) => {
      const view = fit(image, canvas, aspect)
      const back = toScreen(view, toImage(view, at))
      expect([back.x, back.y]).toEqual([expect.closeTo(at.x, 6), expect.closeTo(at.y, 6)])
    }),
  )
})

it('zooms about the pointer', () => {
  const image = { width: 200, height: 100 }
  fc.assert(
    fc.property(fc.double({ min: 1, max: 10, noNaN: true }), fc.double({ min: 0.1, max: 0.9, noNaN: true }), (factor, part) => {
      const view = fit(image, canvas, 1)
      const at = toScreen(view, { x: image.width * part, y: image.height * part })
      const near = zoomed(view, factor, at, image, canvas, 1)
      expect(near.scaleX).toBeCloseTo(view.scaleX * factor, 9)
      expect(toImage(near, at)).toEqual({ x: expect.closeTo(image.width * part, 6), y: expect.closeTo(image.height * part, 6) })
    }),
  )
})

it('keeps a part of the image in sight', () => {
  const image = { width: 200, height: 100 }
  for (const [dx, dy] of [
    [1e5, 0],
    [-1e5, 0],
    [0, 1e5],
    [0, -1e5],
  ] as const) {
    const view = panned(fit(image, canvas, 1), dx, dy, image, canvas)
    const [a, b] = [toScreen(view, { x: 0, y: 0 }), toScreen(view, { x: image.width, y: image.height })]
    expect(Math.min(b.x, canvas.width) - Math.max(a.x, 0)).toBeGreaterThanOrEqual(48)
    expect(Math.min(b.y, canvas.height) - Math.max(a.y, 0)).toBeGreaterThanOrEqual(48)
  }
})

it('draws pixels as tall as they are, unless the file is absurd', () => {
  expect([aspectOf([2, 3]), aspectOf(null), aspectOf([0, 1]), aspectOf([1, NaN])]).toEqual([1.5, 1, 1, 1])
})

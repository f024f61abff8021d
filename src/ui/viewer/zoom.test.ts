import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitted } from '../../store/viewer'
import { aspectOf, fit, toScreen } from '../annotation/view'
import { viewOf, zoomOf } from './zoom'

const side = fc.integer({ min: 1, max: 2000 })
const share = fc.double({ min: 0, max: 1, noNaN: true })
const pictures = fc.record({
  width: side,
  height: side,
  spacing: fc.option(fc.tuple(fc.constantFrom(0.5, 1, 3), fc.constantFrom(0.7, 1, 2)) as fc.Arbitrary<[number, number]>),
})
const zooms = fc.record({ factor: fc.double({ min: 0.5, max: 60, noNaN: true }), x: share, y: share })

test('the place in the middle stays there on every canvas, and the way back gives the same enlargement', () => {
  fc.assert(
    fc.property(zooms, pictures, side, side, (zoom, picture, width, height) => {
      const canvas = { width, height }
      const view = viewOf(zoom, picture, canvas)
      const middle = toScreen(view, { x: zoom.x * picture.width, y: zoom.y * picture.height })
      expect(middle.x).toBeCloseTo(width / 2, 4)
      expect(middle.y).toBeCloseTo(height / 2, 4)
      const back = zoomOf(view, picture, canvas)
      expect([back.factor, back.x, back.y]).toEqual([zoom.factor, zoom.x, zoom.y].map((v) => expect.closeTo(v, 6)))
    }),
  )
})

test('without enlargement all of the image is in sight', () => {
  const picture = { width: 48, height: 40, spacing: [1, 2] as [number, number] }
  const canvas = { width: 300, height: 200 }
  const [own, whole] = [viewOf(fitted, picture, canvas), fit(picture, canvas, aspectOf(picture.spacing))]
  expect(Object.values(own)).toEqual(Object.values(whole).map((v) => expect.closeTo(v, 9)))
})

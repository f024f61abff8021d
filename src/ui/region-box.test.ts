import fc from 'fast-check'
import { expect, it } from 'vitest'
import { makeConfig } from '../method/config'
import { between, boxOf, dragged, least, settingsOf, whole, withNumber, type PercentBox, type Handle } from './region-box'

const handles: Handle[] = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw', 'move']
const place = fc.double({ min: -50, max: 150, noNaN: true })
const boxes = fc.tuple(place, place, place, place).map((points) => between(...points))

function expectInside({ left, top, width, height }: PercentBox): void {
  for (const v of [left, top, width, height]) expect(Number.isInteger(v)).toBe(true)
  expect(Math.min(left, top)).toBeGreaterThanOrEqual(0)
  expect(Math.min(width, height)).toBeGreaterThanOrEqual(least)
  expect(Math.max(left + width, top + height)).toBeLessThanOrEqual(100)
}

it('stays inside the image, in whole per cent, whatever is dragged or typed', () => {
  fc.assert(
    fc.property(boxes, fc.constantFrom(...handles), place, place, fc.integer({ min: -500, max: 500 }), (box, handle, dx, dy, typed) => {
      expectInside(box)
      expectInside(dragged(box, handle, dx, dy))
      for (const key of ['left', 'top', 'width', 'height'] as const) expectInside(withNumber(box, key, typed))
    }),
  )
})

it('keeps its size when moved and its other edges when one is dragged', () => {
  fc.assert(
    fc.property(boxes, place, place, (box, dx, dy) => {
      expect(dragged(box, 'move', dx, dy)).toMatchObject({ width: box.width, height: box.height })
      const corner = dragged(box, 'nw', dx, dy)
      expect([corner.left + corner.width, corner.top + corner.height]).toEqual([box.left + box.width, box.top + box.height])
      expect(dragged(box, 'e', dx, dy)).toMatchObject({ left: box.left, top: box.top, height: box.height })
    }),
  )
})

it('follows the pointer', () => {
  expect(between(60.4, 10, 20, 50.6)).toEqual({ left: 20, top: 10, width: 40, height: 41 })
  expect(dragged({ left: 20, top: 10, width: 40, height: 40 }, 'w', -5.2, 99)).toEqual({ left: 15, top: 10, width: 45, height: 40 })
  expect(dragged({ left: 20, top: 10, width: 40, height: 40 }, 'move', 90, -90)).toEqual({ left: 60, top: 0, width: 40, height: 40 })
  expect(dragged({ left: 20, top: 10, width: 40, height: 40 }, 'se', -90, -90)).toEqual({ left: 20, top: 10, width: 2, height: 2 })
})

it('becomes settings that are allowed, and comes back', () => {
  fc.assert(
    fc.property(boxes, (box) => {
      const { regionX: x, regionY: y, regionWidth: width, regionHeight: height } = makeConfig(settingsOf(box))
      expect(boxOf({ x, y, width, height })).toEqual(box)
    }),
  )
  expect(settingsOf(whole)).toEqual({ regionX: 0, regionY: 0, regionWidth: 1, regionHeight: 1 })
})

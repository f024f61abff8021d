import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fieldOf, frameOf, prepareImage, type Extent, type Framing } from './frame'

const framing = (own: Partial<Framing> = {}): Framing => ({
  size: 64,
  crop: 1,
  regionX: 0,
  regionY: 0,
  regionWidth: 1,
  regionHeight: 1,
  windowCenter: 0,
  windowWidth: 0,
  ...own,
})

it('keeps proportions, in millimetres where they are known', () => {
  const plain = frameOf({ width: 200, height: 100, spacing: null }, framing(), null)
  expect(plain.inner).toEqual({ x: 0, y: 16, width: 64, height: 32 })
  // 200 mm by 200 mm
  expect(frameOf({ width: 200, height: 100, spacing: [1, 2] }, framing(), null).inner).toEqual({ x: 0, y: 0, width: 64, height: 64 })
})

it('draws all pictures to the scale of the largest', () => {
  const [large, small]: Extent[] = [
    { width: 100, height: 100, spacing: [4, 4] },
    { width: 100, height: 100, spacing: [1, 1] },
  ] as const
  const field = fieldOf([large!, small!], framing())
  expect(field).toBe(400)
  expect(frameOf(small!, framing(), field).inner).toEqual({ x: 24, y: 24, width: 16, height: 16 })
})

it('takes the region first and the central part of it then', () => {
  const config = framing({ regionX: 0.5, regionY: 0.25, regionWidth: 0.5, regionHeight: 0.5, crop: 0.5 })
  expect(frameOf({ width: 200, height: 200, spacing: null }, config, null).rect).toEqual({ x: 125, y: 75, width: 50, height: 50 })
})

it('lies inside picture and input, whatever the settings', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 300 }),
      share,
      share,
      share,
      share,
      (width, height, x, y, w, h) => {
        const { rect, inner } = frameOf(
          { width, height, spacing: [0.5, 1.5] },
          framing({ regionX: x, regionY: y, regionWidth: w, regionHeight: h }),
          null,
        )
        expect(Math.min(rect.x, rect.y, inner.x, inner.y)).toBeGreaterThanOrEqual(0)
        expect(Math.min(rect.width, rect.height, inner.width, inner.height)).toBeGreaterThanOrEqual(1)
        expect(rect.x + rect.width).toBeLessThanOrEqual(width)
        expect(rect.y + rect.height).toBeLessThanOrEqual(height)
        expect(Math.max(inner.x + inner.width, inner.y + inner.height)).toBeLessThanOrEqual(64)
      },
    ),
  )
})

it('maps the ends of the window to black and white, and leaves black beside the picture', () => {
  const config = framing({ size: 4, windowCenter: 50, windowWidth: 100 })
  const extent = { width: 4, height: 2, spacing: null }
  const image = { width: 4, height: 2, pixels: Float32Array.from([0, 50, 100, 150, -9, 25, 75, 100]) }
  const seen = prepareImage(image, frameOf(extent, config, null), config)
  expect([...seen]).toEqual([0, 0, 0, 0, 0, 0.5, 1, 1, 0, 0.25, 0.75, 1, 0, 0, 0, 0])
})

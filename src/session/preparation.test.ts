import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fieldOf, frameOf, prepareImage } from '../image/frame'
import { makeConfig } from '../method/config'
import { mapToSource, prepareLabels, preprocessingText, toSource } from './preparation'

const extent = fc.record({
  width: fc.integer({ min: 1, max: 90 }),
  height: fc.integer({ min: 1, max: 90 }),
  spacing: fc.option(fc.tuple(fc.double({ min: 0.2, max: 5, noNaN: true }), fc.double({ min: 0.2, max: 5, noNaN: true }))),
})
const share = fc.double({ min: 0, max: 1, noNaN: true })
const config = fc.record({ regionX: share, regionY: share, regionWidth: share, regionHeight: share, crop: share }).map((own) =>
  makeConfig({
    size: 32,
    ...own,
    regionWidth: Math.max(0.02, own.regionWidth),
    regionHeight: Math.max(0.02, own.regionHeight),
    crop: Math.max(0.2, own.crop),
  }),
)

test('whatever the image, region and crop, what is seen lies inside the image and inside the input', () => {
  fc.assert(
    fc.property(extent, config, fc.option(fc.double({ min: 1, max: 900, noNaN: true })), (picture, settings, field) => {
      const { rect, inner } = frameOf(picture, settings, field)
      for (const [part, width, height] of [
        [rect, picture.width, picture.height],
        [inner, 32, 32],
      ] as const) {
        expect(Math.min(part.x, part.y, part.width - 1, part.height - 1)).toBeGreaterThanOrEqual(0)
        expect(part.x + part.width).toBeLessThanOrEqual(width)
        expect(part.y + part.height).toBeLessThanOrEqual(height)
      }
    }),
  )
})

test('a square image of square pixels fills the input; proportions are kept, in millimetres where they are known', () => {
  const all = makeConfig({ size: 64 })
  const inner = (width: number, height: number, spacing: [number, number] | null = null, field: number | null = null) =>
    frameOf({ width, height, spacing }, all, field).inner
  expect(inner(100, 100)).toEqual({ x: 0, y: 0, width: 64, height: 64 })
  expect(inner(100, 50)).toEqual({ x: 0, y: 16, width: 64, height: 32 })
  // 100 columns of 1 mm, 25 rows of 4 mm: a square.
  expect(inner(100, 25, [1, 4])).toEqual({ x: 0, y: 0, width: 64, height: 64 })
  // Beside an image 200 mm wide, one of 100 mm is half as wide.
  const pair = [
    { width: 100, height: 100, spacing: [2, 2] as const },
    { width: 100, height: 100, spacing: [1, 1] as const },
    { width: 7, height: 7, spacing: null },
  ]
  const field = fieldOf(pair, all)
  expect(field).toBe(200)
  expect(pair.map((picture) => frameOf(picture, all, field).inner.width)).toEqual([64, 32, 64])
  expect(fieldOf([pair[2]!], all)).toBeNull()
})

test('a crop of unequal spacing is square in millimetres', () => {
  const { rect } = frameOf({ width: 100, height: 100, spacing: [1, 2] }, makeConfig({ size: 64, crop: 0.5 }), null)
  expect(rect).toEqual({ x: 25, y: 37, width: 50, height: 25 })
})

test('a mask that is prepared and mapped back lies where it was', () => {
  const picture = { width: 80, height: 48, spacing: null }
  const settings = makeConfig({ size: 64, regionX: 0.25, regionY: 0.25, regionWidth: 0.5, regionHeight: 0.5 })
  const frame = frameOf(picture, settings, null)
  const labels = Uint8Array.from({ length: 80 * 48 }, (_, i) => Number(Math.hypot((i % 80) - 40, Math.floor(i / 80) - 24) < 9))
  const seen = prepareLabels({ width: 80, height: 48, labels }, frame, settings)
  const probabilities = new Float32Array(64 * 64 * 2)
  seen.forEach((l, i) => (probabilities[2 * i + l] = 1))
  const back = toSource(probabilities, picture, frame, 2, 64)
  const differ = back.labels.filter((l, i) => l !== labels[i]).length
  expect(differ).toBeLessThan(20)
  const map = mapToSource(
    Float32Array.from(seen, (l) => l),
    picture,
    frame,
    64,
    -1,
  )
  expect(map.filter((v) => v === -1).length).toBe(80 * 48 - 40 * 24)
  expect(map[24 * 80 + 40]).toBeCloseTo(1)
})

describe('values', () => {
  const image = { width: 2, height: 1, pixels: Float32Array.of(-100, 300) }
  test('a window maps its ends to 0 and 1; outside the image is black', () => {
    const settings = makeConfig({ size: 16, windowCenter: 100, windowWidth: 800 })
    const pixels = prepareImage(image, frameOf({ width: 2, height: 1, spacing: null }, settings, null), settings)
    expect(pixels[8 * 16]).toBeCloseTo(0.25)
    expect(pixels[8 * 16 + 15]).toBeCloseTo(0.75)
    expect(pixels[0]).toBe(0)
  })
  test('are described in words', () => {
    expect(preprocessingText(makeConfig({ size: 64 }), null)).toMatch(/^Resampled .*quantiles 0\.01 and 0\.995/)
    expect(preprocessingText(makeConfig({ size: 64, regionX: 0.1, windowWidth: 400, crop: 0.5 }), 200)).toMatch(
      /^Region of interest.*0\.1, 0, 1, 1; central square of 0\.5.*200 mm for 64 pixels; window with centre 0 and width 400/,
    )
  })
})

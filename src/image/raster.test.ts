import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crop, cropLabels, normalise, resizeLabels, resizeLinear, type Raster } from './raster'

/** Pixel i is (7 i² + 3 i) mod 23: exact in any precision, and without symmetry. */
const pattern = (width: number, height: number): Raster => ({
  width,
  height,
  pixels: Float32Array.from({ length: width * height }, (_, i) => (7 * i * i + 3 * i) % 23),
})

// From PyTorch 1.13, F.interpolate(x, (height, width), mode='bilinear', antialias=True, align_corners=False) of the same pattern.
test.each([
  ['down', 7, 5, 3, 2, [10.96104, 10.08022, 8.71753, 10.80519, 10.3984, 9.88312]],
  [
    'up',
    4,
    3,
    6,
    5,
    [
      0, 5, 10.16667, 10.83333, 7, 3, 3.6, 6, 9.23333, 12.56667, 11.4, 9.4, 9, 7.5, 7.83333, 15.16667, 18, 19, 10.8, 12.3, 14.33333,
      16.46667, 14.1, 11.2, 12, 15.5, 18.66667, 17.33333, 11.5, 6,
    ],
  ],
  [
    'wider and lower',
    3,
    6,
    5,
    4,
    [
      1.125, 4.525, 9.625, 9.325, 9.125, 12.55556, 13.71111, 15.44444, 11.77778, 9.33333, 15.44444, 14.28889, 12.55555, 10.02222, 8.33333,
      9.625, 6.225, 1.125, 4.425, 6.625,
    ],
  ],
])('resizeLinear %s equals torch', (_, w, h, width, height, expected) => {
  const out = resizeLinear(pattern(w, h), width, height)
  expect([out.width, out.height]).toEqual([width, height])
  expected.forEach((v, i) => expect(out.pixels[i]).toBeCloseTo(v, 4))
})

test('resizeLinear to the same size is a copy', () => {
  const raster = pattern(4, 4)
  const out = resizeLinear(raster, 4, 4)
  expect(out).toEqual(raster)
  expect(out.pixels).not.toBe(raster.pixels)
})

test('resizeLinear keeps a constant image constant', () => {
  const size = fc.integer({ min: 1, max: 40 })
  fc.assert(
    fc.property(size, size, size, size, (w, h, width, height) => {
      const out = resizeLinear({ width: w, height: h, pixels: new Float32Array(w * h).fill(3) }, width, height)
      expect(out.pixels.length).toBe(width * height)
      for (const v of out.pixels) expect(v).toBeCloseTo(3, 5)
    }),
    { numRuns: 50 },
  )
})

// From PyTorch 1.13, F.interpolate(torch.arange(n), m, mode='nearest-exact').
test.each([
  [7, 3, [1, 3, 5]],
  [3, 7, [0, 0, 1, 1, 1, 2, 2]],
  [5, 10, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]],
  [10, 9, [0, 1, 2, 3, 5, 6, 7, 8, 9]],
])('resizeLabels %i to %i equals torch', (n, m, expected) => {
  const labels = Uint8Array.from({ length: n }, (_, i) => i)
  expect([...resizeLabels({ width: n, height: 1, labels }, m, 1).labels]).toEqual(expected)
  expect([...resizeLabels({ width: 1, height: n, labels }, 1, m).labels]).toEqual(expected)
})

// Double precision would give 20; torch 1.13 counts in single.
test('resizeLabels rounds as torch does', () => {
  const { labels } = resizeLabels({ width: 2, height: 1, labels: Uint8Array.of(0, 1) }, 41, 1)
  expect(labels.filter((v) => v === 0).length).toBe(21)
})

test('labels stay where their image is, however they are resampled', () => {
  const middle = (values: ArrayLike<number>) => {
    let [sum, total] = [0, 0]
    for (let i = 0; i < values.length; i++) [sum, total] = [sum + (i + 0.5) * values[i]!, total + values[i]!]
    return sum / total / values.length
  }
  for (const size of [16, 32, 64, 128]) {
    const [from, to] = [96, 160]
    const labels = Uint8Array.from({ length: 256 }, (_, i) => Number(i >= from && i < to))
    const small = resizeLabels({ width: 256, height: 1, labels }, size, 1).labels
    const image = resizeLinear({ width: 256, height: 1, pixels: Float32Array.from(labels) }, size, 1).pixels
    expect(middle(small)).toBeCloseTo(middle(image), 3)
  }
})

describe('crop', () => {
  test('crop takes the same pixels of image and labels', () => {
    const raster = pattern(5, 4)
    const rect = { x: 1, y: 2, width: 3, height: 2 }
    expect([...crop(raster, rect).pixels]).toEqual([11, 12, 13, 16, 17, 18].map((i) => raster.pixels[i]))
    expect([...cropLabels({ width: 5, height: 4, labels: Uint8Array.from(raster.pixels) }, rect).labels]).toEqual([
      ...crop(raster, rect).pixels,
    ])
  })
})

describe('normalise', () => {
  test('maps the quantiles to 0 and 1 and clamps', () => {
    const pixels = Float32Array.from({ length: 1001 }, (_, i) => i - 300)
    const out = normalise({ width: 1001, height: 1, pixels }).pixels
    expect([out[0], out[10], out[1000]]).toEqual([0, 0, 1])
    expect(out[500]).toBeCloseTo(490 / 985, 5)
  })

  test('a constant image gives zeros', () => {
    expect([...normalise({ width: 2, height: 2, pixels: new Float32Array(4).fill(77) }).pixels]).toEqual([0, 0, 0, 0])
  })
})

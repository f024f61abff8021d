import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeVolume, type Samples, type Volume } from './volume'
import { histogramOf, summariseVolume } from './volume-summary'

const volume = (samples: Samples, more: Partial<Volume> = {}): Volume =>
  makeVolume({ name: 'a', kind: 'npy', size: [samples.length / (more.channels ?? 1), 1, 1, 1], samples, ...more })

// numpy 1.24.2: x = ((np.arange(1000) * 7919) % 1009 - 300).astype('i2'); the values of 2 * x - 1024, its mean,
// and np.histogram(y, 7, (-1500, 300)).
const x = Int16Array.from({ length: 1000 }, (_, i) => ((i * 7919) % 1009) - 300)

test("numpy's numbers", () => {
  const y = volume(x, { slope: 2, intercept: -1024 })
  const { min, max, mean, labels } = summariseVolume(y)
  expect([min, max, labels]).toEqual([-1624, 392, null])
  expect(mean).toBeCloseTo(-614.644, 9)
  expect([...histogramOf(y, 7, -1500, 300)]).toEqual([127, 127, 127, 128, 127, 128, 128])
})

test('a negative slope turns the range round', () => {
  expect(summariseVolume(volume(Uint8Array.of(1, 5), { slope: -2, intercept: 3 }))).toMatchObject({ min: -7, max: 1, mean: -3 })
})

test('values that are not finite are left out, and give no labels', () => {
  const holes = volume(Float32Array.of(1, NaN, 3, Infinity, -Infinity))
  expect(summariseVolume(holes)).toEqual({ min: 1, max: 3, mean: 2, labels: null })
  expect([...histogramOf(holes, 2, 1, 3)]).toEqual([1, 1])
  const nothing = volume(Float32Array.of(NaN))
  expect(summariseVolume(nothing)).toEqual({ min: NaN, max: NaN, mean: NaN, labels: null })
})

test('labels with counts, names and colours', () => {
  const plain = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(plain, (values) => {
      const { labels } = summariseVolume(volume(Int16Array.from(values)))
      const found = [...new Set(values)].sort((a, b) => a - b)
      expect(labels).toEqual(found.map((value) => ({ value, count: values.filter((v) => v === value).length, name: null, color: null })))
    }),
  )
  const segments = [{ value: 2, name: 'Liver', color: '#00ff00' }]
  expect(summariseVolume(volume(Uint8Array.of(0, 2), { segments })).labels).toEqual([
    { value: 0, count: 1, name: null, color: null },
    { value: 2, count: 1, name: 'Liver', color: '#00ff00' },
  ])
  expect(
    summariseVolume(
      volume(Uint8Array.of(1, 1), {
        palette: [
          [0, 0, 0],
          [255, 10, 0],
        ],
      }),
    ).labels,
  ).toEqual([{ value: 1, count: 2, name: null, color: '#ff0a00' }])
  expect(summariseVolume(volume(Float32Array.of(0, 1.5))).labels).toBeNull()
  expect(summariseVolume(volume(Uint8Array.from({ length: 32 }, (_, i) => i))).labels).toHaveLength(32)
  expect(summariseVolume(volume(Uint8Array.from({ length: 33 }, (_, i) => i))).labels).toBeNull()
  // The last run counts too.
  expect(summariseVolume(volume(Float32Array.of(1, 1, 0.5))).labels).toBeNull()
})

test('opacity is left out, colours are not labels', () => {
  const rgba = volume(Uint8Array.of(10, 20, 30, 255, 40, 50, 60, 0), { channels: 4, alpha: true })
  expect(summariseVolume(rgba)).toEqual({ min: 10, max: 60, mean: 35, labels: null })
  expect([...histogramOf(rgba, 2, 0, 100)]).toEqual([4, 2])
  const greyAlpha = volume(Uint8Array.of(1, 255, 0, 0), { channels: 2, alpha: true })
  expect(summariseVolume(greyAlpha).labels).toHaveLength(2)
})

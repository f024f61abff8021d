import { Random } from '../lib/random'
import { unknown } from '../image/raster'
import { makeConfig, type Config } from './config'
import { emptyOut, type TrainingData } from './synthesis'

/** Settings small enough for a test: 16 px, widths 4-64, no dropout, no warm-up. */
export const tinyConfig = (values: Partial<Config> = {}): Config =>
  makeConfig({
    size: 16,
    baseWidth: 4,
    steps: 20,
    batchLabeled: 2,
    batchUnlabeled: 2,
    dropout: 0,
    featureDrop: 0,
    warmup: 0,
    ramp: 0,
    tau: 0.34,
    ...values,
  })

/** A disc within a ring on noise, and unlabelled noise: three classes. */
export function tinyData({ size }: Config, unlabeled = 4): TrainingData {
  const random = new Random(5, 'tiny')
  const noise = () => Float32Array.from({ length: size * size }, () => random.uniform(0, 0.3))
  const labels = new Uint8Array(size * size)
  const image = noise()
  const c = (size - 1) / 2
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const r = Math.hypot(x - c, y - c) / size
      const l = r < 0.15 ? 2 : r < 0.3 ? 1 : 0
      labels[y * size + x] = l
      image[y * size + x]! += l * 0.3
    }
  return {
    size,
    classes: 3,
    exemplars: [{ image, labels }],
    bank: [],
    emptied: [emptyOut(image, labels, size)],
    unlabeled: Array.from({ length: unlabeled }, () => image.map((v, i) => Math.min(1, v * 0.8 + noise()[i]! * 0.5))),
  }
}

/**
 * The same with a second exemplar, in negative, off centre and without class 2. Unknown pixels are a strip in the first along the border and
 * across the ring, and every fifth diagonal in the second.
 */
export function correctedData(config: Config, unlabeled = 4): TrainingData {
  const data = tinyData(config, unlabeled)
  const { size } = data
  const { image, labels } = data.exemplars[0]!
  const shift = size / 8 + (size / 8) * size
  const exemplars = [
    { image, labels: labels.map((l, i) => (i % size < 0.3 * size ? unknown : l)) },
    {
      image: image.map((_, i) => 1 - (image[i - shift] ?? 0)),
      labels: labels.map((_, i) => (((i % size) + Math.floor(i / size)) % 5 === 0 ? unknown : Math.min(1, labels[i - shift] ?? 0))),
    },
  ]
  return { ...data, exemplars, emptied: exemplars.map((e) => emptyOut(e.image, e.labels, size)) }
}

import { Random } from '../lib/random'
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
    exemplar: { image, labels },
    emptied: emptyOut(image, labels, size),
    unlabeled: Array.from({ length: unlabeled }, () => image.map((v, i) => Math.min(1, v * 0.8 + noise()[i]! * 0.5))),
  }
}

import * as tf from '@tensorflow/tfjs-core'
import { Random } from '../../lib/random'
import { countOf, type Shapes } from '../../nn/parameters'
import { bufferShapes, parameterShapes } from '../../nn/unet'
import type { Config } from '../config'
import { networkOf, type StoredModel } from '../model'
import type { TrainingData } from '../synthesis'
import { correctedData, tinyConfig, tinyData } from '../tiny-run.test-support'

/** One iteration for both PyTorch and our step: its data, settings and t. */
export interface Case {
  config: Config
  data: TrainingData
  t: number
}

export const classes = 3

/**
 * Every term has a different weight, r(t) is 0.45, and every strong view has a box from another image, so that no two parts can be
 * confused. All cases have the same shapes of weights.
 */
const base: Partial<Config> = {
  seed: 4,
  batchLabeled: 3,
  batchUnlabeled: 4,
  dropout: 0.3,
  featureDrop: 0.5,
  cutmix: 1,
  tau: 0.5,
  lambdaE: 1.2,
  lambdaS: 0.7,
  lambdaIp: 0.6,
  lambdaFp: 0.4,
  classBalance: 0,
  ramp: 0.5,
  learningRate: 0.05,
  weightDecay: 0.01,
}

const of = (settings: Partial<Config>, { t = 6, data = tinyData as (config: Config) => TrainingData } = {}): Case => {
  const config = tinyConfig({ ...base, ...settings })
  return { config, data: data(config), t }
}

/** Each differs from the first as its name says. */
export const cases: Record<string, Case> = {
  'cross, all levels, dice': of({}),
  'self-teaching': of({ teacher: 'self' }),
  'each level alone': of({ featurePerturb: 'each' }),
  'random levels': of({ featurePerturb: 'random' }),
  'cross-entropy': of({ unsupervisedLoss: 'ce' }),
  'classes balanced': of({ classBalance: 0.5 }),
  'unknown pixels': of({ background: 'mixed', batchLabeled: 4 }, { data: correctedData }),
  'known outside the paste': of({ outsideLabel: 'background' }),
  'every pixel confident': of({ tau: 0 }),
  BatchNorm: of({ norm: 'batch' }),
  'BatchNorm, each level alone': of({ norm: 'batch', featurePerturb: 'each' }),
  'BatchNorm in warm-up': of({ norm: 'batch', warmup: 0.5 }),
  'no image term': of({ imageTerm: false }),
  'no feature term': of({ featureTerm: false }),
  'exemplar only': of({ synthetic: false, imageTerm: false, featureTerm: false }),
  'after the ramp': of({}, { t: 15 }),
  'own draws': of({ draws: 'own', batchLabeled: 4 }, { data: correctedData }),
  'own draws, self-teaching': of({ draws: 'own', teacher: 'self' }),
}

export const letters = ['A', 'B'] as const
export type Letter = (typeof letters)[number]

/**
 * The state of model k before the step, different for each k: random even where a new network has zeros and ones, and with an optimiser in
 * mid-run, since Adam's first update is little more than the sign of a gradient.
 */
export function stateBefore({ config }: Case, k: 0 | 1): StoredModel {
  const net = networkOf(config, classes)
  const random = new Random(1, 'oracle', k)
  const fill = (shapes: Shapes, range: (name: string, shape: number[]) => readonly [low: number, high: number]) =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => {
        const [low, high] = range(name, shape)
        return [name, Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.uniform(low, high))]
      }),
    )
  const shapes = parameterShapes(net)
  return {
    parameters: fill(shapes, (name, shape) => {
      if (/norm\d\.weight$/.test(name)) return [0.5, 1.5]
      const bound = shape.length === 4 ? Math.sqrt(6 / tf.util.sizeFromShape(shape.slice(0, 3))) : 0.3
      return [-bound, bound]
    }),
    m: fill(shapes, () => [-0.01, 0.01]),
    v: fill(shapes, () => [1e-5, 1e-3]),
    buffers: fill(bufferShapes(net), (name) => (name.endsWith('var') ? [0.5, 1.5] : [-0.5, 0.5])),
  }
}

/** Three random vectors with values in ±1, as long as all weights of a network, for `Digest`. */
export function projectionsOf({ config }: Case): Float32Array[] {
  const length = countOf(parameterShapes(networkOf(config, classes)))
  return [0, 1, 2].map((i) => {
    const random = new Random(1, 'projection', i)
    return Float32Array.from({ length }, () => random.uniform(-1, 1))
  })
}

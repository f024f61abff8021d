import type * as tf from '@tensorflow/tfjs-core'
import { scaleChannels } from '../kernels/scale-channels/scale-channels'
import type { Random } from '../lib/random'
import type { Config } from './config'

/** Which of the `levels` encoder levels are perturbed in each perturbed view. */
export function perturbedLevels(variant: Config['featurePerturb'], levels: number, random: Random): boolean[][] {
  if (variant === 'all') return [new Array<boolean>(levels).fill(true)]
  if (variant === 'each') return Array.from({ length: levels }, (_, l) => Array.from({ length: levels }, (_, i) => i === l))
  const some = Array.from({ length: levels }, () => random.chance(0.5))
  if (!some.includes(true)) some[random.integer(levels)] = true
  return [some]
}

/**
 * g as numbers: whole channels set to zero with probability `drop`, independently per image and channel, survivors scaled by
 * 1 / (1 - drop) (UniMatch's Dropout2d). `images` x `channels` factors; all 1 if the level is not perturbed.
 */
export function drawFactors(perturbed: boolean, images: number, channels: number, drop: number, random: Random): Float32Array {
  return Float32Array.from({ length: images * channels }, () => (!perturbed ? 1 : random.chance(drop) ? 0 : 1 / (1 - drop)))
}

/** Features of all levels [B, H, W, C], each times its factors [B, C]. */
export const perturbFeatures = (features: tf.Tensor4D[], factors: tf.Tensor2D[]): tf.Tensor4D[] =>
  features.map((f, l) => scaleChannels(f, factors[l]!))

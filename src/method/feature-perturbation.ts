import * as tf from '@tensorflow/tfjs-core'
import { scaleChannels } from '../kernels/scale-channels'
import type { Random } from '../lib/random'
import type { Config } from './config'

/** Which of `levels` encoder levels are perturbed in each extra decoder pass. */
export function perturbedLevels(variant: Config['featurePerturb'], levels: number, random: Random): boolean[][] {
  if (variant === 'all') return [new Array<boolean>(levels).fill(true)]
  if (variant === 'each') return Array.from({ length: levels }, (_, l) => Array.from({ length: levels }, (_, i) => i === l))
  const some = Array.from({ length: levels }, () => random.chance(0.5))
  if (!some.includes(true)) some[random.integer(levels)] = true
  return [some]
}

/**
 * g: whole channels set to zero with probability `drop`, independently per image and channel, survivors scaled by 1 / (1 - drop)
 * (UniMatch's Dropout2d). Features [B, H, W, C]; levels marked false pass unchanged.
 */
export function perturbFeatures(features: tf.Tensor4D[], which: boolean[], drop: number, random: Random): tf.Tensor4D[] {
  return features.map((f, l) => {
    if (!which[l]) return f
    const [B, , , C] = f.shape
    const factor = Float32Array.from({ length: B * C }, () => (random.chance(drop) ? 0 : 1 / (1 - drop)))
    return scaleChannels(f, tf.tensor2d(factor, [B, C]))
  })
}

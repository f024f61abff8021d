import * as tf from '@tensorflow/tfjs-core'
import type { Precision } from '../kernels/webgpu/halves'
import type { UNet } from '../nn/unet'
import type { Config } from './config'
import { sharesWeights } from './model'

/** The precision in which a step stores activations and their gradients here: f16 only where our own kernels run from end to end, on WebGPU with GroupNorm. */
export const precisionOf = (net: UNet, config: Config): Precision =>
  tf.getBackend() === 'webgpu' && sharesWeights(net) ? config.precision : 'f32'

/**
 * The loss is multiplied by this before it is differentiated, and the gradient of the weights divided by it. The gradient of a mean over N pixels is
 * about 1 / N for each, below 6e-5, the smallest normal half, from 16,384 pixels on. A power of two changes nothing in f32.
 */
export function lossScaleOf(net: UNet, config: Config): number {
  if (precisionOf(net, config) === 'f32') return 1
  return 2 ** Math.round(Math.log2(Math.min(config.batchLabeled, config.batchUnlabeled) * config.size ** 2))
}

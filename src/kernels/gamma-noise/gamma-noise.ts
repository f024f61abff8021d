import type * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import { addNoise, noiseLength } from './gamma-noise.twin'
import { gammaNoiseWgsl } from './gamma-noise.wgsl'

export const gammaNoiseOp = defineOp({
  name: 'GammaNoise',
  inputs: ['x', 'noise'],
  outputs: ({ x }) => ({ out: x }),
  twin: ({ x, noise }, { out }) => {
    const count = noise.length / noiseLength
    const pixels = x.length / count
    for (let n = 0; n < count; n++)
      addNoise(
        x.subarray(n * pixels, (n + 1) * pixels),
        out.subarray(n * pixels, (n + 1) * pixels),
        noise.subarray(n * noiseLength, (n + 1) * noiseLength),
      )
  },
  simd: (kernels, { x, noise, out }, { noise: [images] }) => {
    const numbers = { pixels: x.size / images! }
    kernels.eachImage('gammaNoise', { models: 1, images: images!, perImage: { x, noise, out }, scratch: 128, numbers })
    return true
  },
  wgsl: gammaNoiseWgsl,
})

/** Images x [n, ...] in [0, 1] with gamma and Gaussian noise applied from `noise` [n, 7]; see `addNoise`. No gradient. */
export const noisy = <T extends tf.Tensor>(x: T, noise: tf.Tensor): T => gammaNoiseOp.run({ x, noise }, {}).out as T

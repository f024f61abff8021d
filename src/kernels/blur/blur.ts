import type * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import { blurImage } from './blur.twin'
import { blurWgsl } from './blur.wgsl'

export const blurOp = defineOp({
  name: 'Blur',
  inputs: ['x', 'sigma'],
  outputs: ({ x }) => ({ out: x }),
  twin: ({ x, sigma }, { out }, { x: [count, size] }) => {
    const pixels = size! * size!
    for (let n = 0; n < count!; n++)
      blurImage(x.subarray(n * pixels, (n + 1) * pixels), out.subarray(n * pixels, (n + 1) * pixels), size!, sigma[n]!)
  },
  simd: (kernels, { x, sigma, out }, { x: [images, size] }) => {
    const scratch = 4 * (size! + 12 + (size! + 8) * (size! + 4))
    kernels.eachImage('blur', { models: 1, images: images!, perImage: { x, sigma, out }, scratch, numbers: { size: size! } })
    return true
  },
  wgsl: blurWgsl,
})

/** Square images x [n, S, S] or [n, S, S, 1], each blurred by a Gaussian with its own sigma [n] in pixels (0 copies). No gradient. */
export const blurred = <T extends tf.Tensor>(x: T, sigma: tf.Tensor): T => blurOp.run({ x, sigma }, {}).out as T

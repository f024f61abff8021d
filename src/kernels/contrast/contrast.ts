import type * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import { jitterImage } from './contrast.twin'
import { contrastWgsl } from './contrast.wgsl'

export const contrastOp = defineOp({
  name: 'Contrast',
  inputs: ['x', 'jitter'],
  outputs: ({ x }) => ({ out: x }),
  twin: ({ x, jitter }, { out }) => {
    const count = jitter.length / 2
    const pixels = x.length / count
    for (let n = 0; n < count; n++)
      jitterImage(x.subarray(n * pixels, (n + 1) * pixels), out.subarray(n * pixels, (n + 1) * pixels), jitter[2 * n]!, jitter[2 * n + 1]!)
  },
  simd: (kernels, { x, jitter, out }, { jitter: [images] }) => {
    const pixels = x.size / images!
    if (pixels % 4 !== 0) return false
    kernels.eachImage('contrast', { models: 1, images: images!, perImage: { x, jitter, out }, numbers: { pixels } })
    return true
  },
  wgsl: contrastWgsl,
})

/** Images x [n, ...] in [0, 1] scaled in brightness and contrast by jitter [n, 2]; contrast is about each image's mean. No gradient. */
export const jittered = <T extends tf.Tensor>(x: T, jitter: tf.Tensor): T => contrastOp.run({ x, jitter }, {}).out as T

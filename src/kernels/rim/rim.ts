import type * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import { widen } from './rim.twin'
import { rimWgsl } from './rim.wgsl'

export const rimOp = defineOp({
  name: 'Rim',
  inputs: ['labels'],
  outputs: ({ labels }) => ({ rim: labels }),
  twin: ({ labels }, { rim }, { labels: [count, size] }) => {
    const pixels = size! * size!
    for (let n = 0; n < count!; n++) widen(labels.subarray(n * pixels, (n + 1) * pixels), rim.subarray(n * pixels, (n + 1) * pixels), size!)
  },
  simd: (kernels, { labels, rim }, { labels: [images, size] }) => {
    const scratch = 4 * (size! + 10) * (size! + 7)
    kernels.eachImage('rim', { models: 1, images: images!, perImage: { labels, rim }, scratch, numbers: { size: size! } })
    return true
  },
  wgsl: rimWgsl,
})

/** labels [n, S, S], -1 where unknown -> [n, S, S]: 1 on the structures and on a rim of `rimRadius` pixels around them, else 0. Has no gradient. */
export const widened = (labels: tf.Tensor3D): tf.Tensor3D => rimOp.run({ labels }, {}).rim as tf.Tensor3D

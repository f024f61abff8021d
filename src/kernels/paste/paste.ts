import type * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import { blend } from './paste.twin'
import { pasteWgsl } from './paste.wgsl'

export const pasteOp = defineOp({
  name: 'Paste',
  inputs: ['images', 'alpha'],
  outputs: ({ alpha }) => ({ out: [...alpha, 1] }),
  twin: ({ images, alpha }, { out }, shapes) => {
    const [made, size] = shapes.alpha as [number, number]
    const pixels = size * size
    const pasted = shapes.images[0]! - made
    const of = (list: Float32Array, n: number) => list.subarray(n * pixels, (n + 1) * pixels)
    for (let n = 0; n < made; n++)
      if (n < made - pasted) of(out, n).set(of(images, n))
      else blend(of(images, n), of(images, n + pasted), of(alpha, n), of(out, n))
  },
  wgsl: pasteWgsl,
})

/**
 * The labelled batch. `images` [E + 2P, S, S, 1] are E finished images, P fronts and P backgrounds; `alpha` [E + P, S, S] is the share of the
 * front at each pixel, not read for finished images. Returns [E + P, S, S, 1]: the finished images, then front n on background n. No gradient.
 */
export const pasted = (images: tf.Tensor4D, alpha: tf.Tensor3D): tf.Tensor4D => pasteOp.run({ images, alpha }, {}).out as tf.Tensor4D

import * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import type { Place } from '../wasm/simd'
import { drop, dropThreshold } from './dropout.twin'
import { dropoutWgsl } from './dropout.wgsl'

/**
 * The key of a random stream, from `Random.key`: the values, and the same as a tensor [4]. Kernels read the tensor, which can be
 * rewritten when a recorded step is replayed; without a kernel the values are used.
 */
export interface RandomKey {
  values: Float32Array
  tensor: tf.Tensor1D
}

export interface DropoutAttrs {
  p: number
  /** The key's values, for use without a kernel. */
  values: Float32Array
  /** The values of the input `places`. */
  images?: readonly number[]
}

/** Some images of a batch: the number of each in it, and the same as a tensor. */
export interface Places {
  images: readonly number[]
  tensor: tf.Tensor1D
}

export const dropoutOp = defineOp({
  name: 'Dropout',
  inputs: ['x', 'key'],
  optional: ['places'],
  outputs: ({ x }) => ({ out: x }),
  twin: ({ x, key, places }, { out }, _, { p }: DropoutAttrs) => drop(x, key, out, p, places),
  simd: (kernels, { x, key, out }, { x: [all] }, { p, images }) => {
    const listed = images ?? [0]
    const size = x.size / listed.length
    // A kernel begins with the first draw of a counter.
    if (listed.some((image) => (image * size) % 2 !== 0)) return false
    // All images of a batch are shared out where each begins with the first draw of a counter.
    const parts = !images && (size / all!) % 2 === 0 ? all! : 1
    listed.forEach((image, n) => {
      const part = ({ at }: Place): Place => ({ at: at + 4 * n * size, size })
      const numbers = {
        first: part(x).at,
        before: image * size,
        key: key.at,
        perImage: size / parts,
        below: dropThreshold(p),
        factor: 1 / (1 - p),
      }
      kernels.eachImage('dropout', { models: 1, images: parts, perImage: { x: part(x), out: part(out) }, scratch: 64, numbers })
    })
    return true
  },
  wgsl: dropoutWgsl,
  stock: ({ x }, { p, values, images }) => {
    const mask = new Float32Array(x.size)
    drop(new Float32Array(x.size).fill(1), values, mask, p, images)
    return { out: tf.mul(x, tf.tensor(mask, x.shape)) }
  },
  gradient: {
    by: ['x'],
    keeps: ['key', 'places'],
    of: (dy, { key, places }, attrs, _, drop) => ({ x: drop({ x: dy, key, ...(places && { places }) }, attrs).out }),
  },
})

/**
 * Dropout of single values with probability p in [0, 1), survivors scaled by 1 / (1 - p): see `drop`. The gradient has the same mask.
 * @param places where x has only some images of a batch: they are dropped as in the whole. An image must have an even number of values
 */
export function dropout<T extends tf.Tensor>(x: T, key: RandomKey, p: number, places?: Places): T {
  if (places && (x.size / x.shape[0]!) % 2 !== 0)
    throw new Error(`Images of [${x.shape}] have an odd number of values: no part of a batch.`)
  const inputs = { x, key: key.tensor, ...(places && { places: places.tensor }) }
  return dropoutOp.run(inputs, { p, values: key.values, ...(places && { images: places.images }) }).out as T
}

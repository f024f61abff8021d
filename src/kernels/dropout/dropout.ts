import * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
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
}

export const dropoutOp = defineOp({
  name: 'Dropout',
  inputs: ['x', 'key'],
  outputs: ({ x }) => ({ out: x }),
  twin: ({ x, key }, { out }, _, { p }: DropoutAttrs) => drop(x, key, out, p),
  simd: (kernels, { x, key, out }, { x: [images] }, { p }) => {
    // Shared out by images where each begins with the first draw of a counter.
    const parts = (x.size / images!) % 2 === 0 ? images! : 1
    const numbers = { first: x.at, key: key.at, perImage: x.size / parts, below: dropThreshold(p), factor: 1 / (1 - p) }
    kernels.eachImage('dropout', { models: 1, images: parts, perImage: { x, out }, scratch: 64, numbers })
    return true
  },
  wgsl: dropoutWgsl,
  stock: ({ x }, { p, values }) => {
    const mask = new Float32Array(x.size)
    drop(new Float32Array(x.size).fill(1), values, mask, p)
    return { out: tf.mul(x, tf.tensor(mask, x.shape)) }
  },
  gradient: {
    by: ['x'],
    keeps: ['key'],
    of: (dy, { key }, attrs, _, drop) => ({ x: drop({ x: dy, key }, attrs).out }),
  },
})

/** Dropout of single values with probability p in [0, 1), survivors scaled by 1 / (1 - p): see `drop`. The gradient has the same mask. */
export const dropout = <T extends tf.Tensor>(x: T, key: RandomKey, p: number): T =>
  dropoutOp.run({ x, key: key.tensor }, { p, values: key.values }).out as T

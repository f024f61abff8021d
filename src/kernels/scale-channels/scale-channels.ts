import * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import { scaleChannelsWgsl } from './scale-channels.wgsl'

export const scaleChannelsOp = defineOp({
  name: 'ScaleChannels',
  inputs: ['x', 'factor'],
  outputs: ({ x }) => ({ y: x }),
  twin: ({ x, factor }, { y }, { x: [B, H, W, C] }) => {
    const pixels = H! * W!
    for (let n = 0, i = 0; n < B!; n++)
      for (let p = 0; p < pixels; p++) for (let c = 0; c < C!; c++, i++) y[i] = x[i]! * factor[n * C! + c]!
  },
  simd: (kernels, { x, factor, y }, { x: [B, H, W, C] }) => {
    if (C! % 4 !== 0) return false
    kernels.eachImage('scaleChannels', { models: 1, images: B!, perImage: { x, factor, y }, numbers: { pixels: H! * W!, C: C! } })
    return true
  },
  wgsl: scaleChannelsWgsl,
  stock: ({ x, factor }) => ({ y: tf.mul(x, tf.expandDims(tf.expandDims(factor, 1), 1)) }),
  gradient: {
    by: ['x'],
    keeps: ['factor'],
    of: (dy, { factor }, attrs, _, scale) => ({ x: scale({ x: dy, factor }, attrs).y }),
  },
})

/** x [B, H, W, C] times factor [B, C], which has no gradient: whole channels kept or dropped. */
export const scaleChannels = (x: tf.Tensor4D, factor: tf.Tensor2D): tf.Tensor4D => scaleChannelsOp.run({ x, factor }, {}).y as tf.Tensor4D

import * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import { upsampleConcat, upsampleConcatGrad } from './upsample-concat.twin'
import { upsampleConcatGradWgsl, upsampleConcatWgsl, type JoinShapes } from './upsample-concat.wgsl'

/** The numbers for a SIMD call; null if channels are not whole vectors. */
function simdCall([, , , S]: number[], [images, h, w, C]: number[]) {
  if (C! % 4 !== 0 || S! % 4 !== 0) return null
  return { models: 1, images: images!, scratch: 4 * w! * C!, numbers: { h: h!, w: w!, S: S!, C: C! } }
}

export const upsampleConcatGradOp = defineOp({
  name: 'UpsampleConcatGrad',
  inputs: ['dOut'],
  outputs: (_, { skipShape, xShape }: JoinShapes) => ({ dSkip: skipShape, dx: xShape }),
  twin: ({ dOut }, { dSkip, dx }, _, { skipShape, xShape }) => upsampleConcatGrad(dOut, dSkip, dx, skipShape, xShape),
  simd: (kernels, { dOut, dSkip, dx }, _, { skipShape, xShape }) => {
    const call = simdCall(skipShape, xShape)
    if (call) kernels.eachImage('upsampleConcatGrad', { ...call, perImage: { dOut, dSkip, dx } })
    return call !== null
  },
  wgsl: upsampleConcatGradWgsl,
})

export const upsampleConcatOp = defineOp({
  name: 'UpsampleConcat',
  inputs: ['skip', 'x'],
  outputs: ({ skip, x }) => ({ out: [x[0]!, 2 * x[1]!, 2 * x[2]!, skip[3]! + x[3]!] }),
  twin: ({ skip, x }, { out }, shapes) => upsampleConcat(skip, x, out, shapes.skip, shapes.x),
  simd: (kernels, { skip, x, out }, shapes) => {
    const call = simdCall(shapes.skip, shapes.x)
    if (call) kernels.eachImage('upsampleConcat', { ...call, perImage: { skip, x, out } })
    return call !== null
  },
  wgsl: upsampleConcatWgsl,
  stock: ({ skip, x }) => ({
    out: tf.concat([skip, tf.image.resizeBilinear(x as tf.Tensor4D, [2 * x.shape[1]!, 2 * x.shape[2]!], true)], 3),
  }),
  gradient: {
    by: ['skip', 'x'],
    keeps: [],
    of: (dOut, _, { skipShape, xShape }: JoinShapes) => {
      const { dSkip, dx } = upsampleConcatGradOp.kernel({ dOut }, { skipShape, xShape })
      return { skip: dSkip, x: dx }
    },
  },
})

/** The decoder's join: skip [B, 2h, 2w, S] and x [B, h, w, C] upsampled by two (bilinear, corners aligned) -> [B, 2h, 2w, S + C]. */
export const joinSkip = (skip: tf.Tensor4D, x: tf.Tensor4D): tf.Tensor4D =>
  upsampleConcatOp.run({ skip, x }, { skipShape: skip.shape, xShape: x.shape }).out as tf.Tensor4D

import * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import { conv2dBackpropFilterTwin, conv2dBackpropInputTwin, conv2dTwin, modelSizes } from './conv2d.twin'
import { conv2dInputGradientWgsl, conv2dWgsl } from './conv2d.wgsl'
import { conv2dFilterGradientWgsl } from './filter-gradient.wgsl'
import { convolution, filterGradient, inputGradient, type ConvolutionSizes } from './simd'
import { sumToChannelsWgsl } from './sum-to-channels.wgsl'

/**
 * Convolution along a model axis: several networks of one shape at once. Images are [M·B, H, W, C], those of the first network first; filters
 * [M, k, k, Ci, Co] and biases [M, Co] hold one for each. Stride 1, 'same' padding, k odd.
 */

type Shape5 = [number, number, number, number, number]

/** Part `m` of an array that holds the same for each of `models` networks, one after the other. */
const part = (array: Float32Array, m: number, models: number): Float32Array =>
  array.subarray((array.length / models) * m, (array.length / models) * (m + 1))

/** Sizes as the SIMD kernels want them. */
function simdSizes(imageShape: number[], filterShape: number[]): ConvolutionSizes {
  const { batch: images, inHeight: height, inWidth: width, ...s } = modelSizes(imageShape, filterShape)
  return { ...s, models: filterShape[0]!, images, height, width }
}

/** The call of a kernel for the biases [models, C] of images of any channels. */
const biasCall = ([images, H, W]: number[], [models, C]: number[]) => ({
  models: models!,
  images: images! / models!,
  numbers: { pixels: H! * W!, C: C! },
})

export const conv2dInputGradientOp = defineOp({
  name: 'ModelConv2DBackpropInput',
  inputs: ['dy', 'w'],
  outputs: ({ dy, w }) => ({ dx: [dy[0]!, dy[1]!, dy[2]!, w[3]!] }),
  twin: ({ dy, w }, { dx }, shapes) => {
    const models = shapes.w[0]!
    const sizes = modelSizes(shapes.dy, shapes.w)
    for (let m = 0; m < models; m++) part(dx, m, models).set(conv2dBackpropInputTwin(part(dy, m, models), part(w, m, models), sizes))
  },
  simd: (kernels, { dy, w, dx }, shapes) => {
    inputGradient(kernels, dy, w, dx, simdSizes(shapes.dy, shapes.w))
    return true
  },
  wgsl: conv2dInputGradientWgsl,
})

/** Of the filter w only its shape is looked at, and where its gradient is to go. */
export const conv2dFilterGradientOp = defineOp({
  name: 'ModelConv2DBackpropFilter',
  inputs: ['x', 'dy', 'w'],
  outputs: ({ w }) => ({ dw: w }),
  gradientsOf: { dw: 'w' },
  twin: ({ x, dy }, { dw }, shapes) => {
    const models = shapes.w[0]!
    const sizes = modelSizes(shapes.x, shapes.w)
    for (let m = 0; m < models; m++) part(dw, m, models).set(conv2dBackpropFilterTwin(part(x, m, models), part(dy, m, models), sizes))
  },
  simd: (kernels, { x, dy, dw }, shapes) => {
    filterGradient(kernels, x, dy, dw, simdSizes(shapes.x, shapes.w))
    return true
  },
  wgsl: conv2dFilterGradientWgsl,
})

/** The sum over all axes but the last, of each model's share of the first axis apart: the gradient of a bias, which is looked at as w above. */
export const sumToChannelsOp = defineOp({
  name: 'ModelSumToChannels',
  inputs: ['x', 'bias'],
  outputs: ({ bias }) => ({ sum: bias }),
  gradientsOf: { sum: 'bias' },
  twin: ({ x }, { sum }, { bias: [models, C] }) => {
    for (let m = 0; m < models!; m++) {
      const own = part(x, m, models!)
      const total = new Float64Array(C!)
      for (let i = 0; i < own.length; i += C!) for (let c = 0; c < C!; c++) total[c]! += own[i + c]!
      sum.set(total, m * C!)
    }
  },
  simd: (kernels, { x, sum }, shapes) => {
    kernels.eachImage('sumToChannels', { ...biasCall(shapes.x, shapes.bias), perImage: { x }, sums: { sum } })
    return true
  },
  wgsl: sumToChannelsWgsl,
})

export const conv2dOp = defineOp({
  name: 'ModelConv2D',
  inputs: ['x', 'w'],
  optional: ['bias'],
  outputs: ({ x, w }) => ({ y: [x[0]!, x[1]!, x[2]!, w[4]!] }),
  twin: ({ x, w, bias }, { y }, shapes) => {
    const models = shapes.w[0]!
    const sizes = modelSizes(shapes.x, shapes.w)
    const C = sizes.outChannels
    for (let m = 0; m < models; m++) {
      const own = part(y, m, models)
      own.set(conv2dTwin(part(x, m, models), part(w, m, models), sizes))
      if (bias) for (let i = 0; i < own.length; i += C) for (let c = 0; c < C; c++) own[i + c]! += bias[m * C + c]!
    }
  },
  simd: (kernels, { x, w, bias, y }, shapes) => {
    convolution(kernels, x, w, y, simdSizes(shapes.x, shapes.w))
    if (bias) kernels.eachImage('addBias', { ...biasCall(shapes.x, shapes.bias!), perImage: { y }, perModel: { bias } })
    return true
  },
  wgsl: conv2dWgsl,
  stock,
  gradient: {
    by: ['x', 'w', 'bias'],
    keeps: ['x', 'w', 'bias'],
    of: (dy, { x, w, bias }, _, wanted) => ({
      ...(wanted.has('x') && { x: conv2dInputGradientOp.kernel({ dy, w }, {}).dx }),
      w: conv2dFilterGradientOp.kernel({ x, dy, w }, {}).dw,
      ...(bias && { bias: sumToChannelsOp.kernel({ x: dy, bias }, {}).sum }),
    }),
  },
})

function stock({ x, w, bias }: { x: tf.Tensor; w: tf.Tensor; bias?: tf.Tensor }) {
  const [models, k, , inChannels, outChannels] = w.shape as Shape5
  // The gradient of a split into one part fails in tfjs 4.22.
  const split = <T extends tf.Tensor>(t: T): T[] => (models === 1 ? [t] : tf.split(t, models))
  const images = split(x as tf.Tensor4D)
  const y = split(w).map((own, m) => tf.conv2d(images[m]!, tf.reshape(own, [k, k, inChannels, outChannels]), 1, 'same'))
  if (!bias) return { y: tf.concat(y) }
  const biases = split(bias)
  return { y: tf.concat(y.map((own, m) => tf.add(own, biases[m]!))) }
}

function requireShapes(x: tf.Tensor4D, w: tf.Tensor5D, bias?: tf.Tensor2D): void {
  const [models, k, kw, inChannels, outChannels] = w.shape
  if (x.shape[0] % models || k % 2 === 0 || k !== kw || x.shape[3] !== inChannels || (bias && bias.size !== models * outChannels))
    throw new Error(`No convolution of images [${x.shape}] with filters [${w.shape}]${bias ? ` and biases [${bias.shape}]` : ''}.`)
}

/**
 * y[m·B + b] = conv(x[m·B + b], w[m]) + bias[m], stride 1, 'same' padding.
 * @param x images [M·B, H, W, Ci], those of the first network first
 * @param w filters [M, k, k, Ci, Co], k odd
 * @param bias [M, Co]; left out where a norm follows that adds it
 * @param options.inputGradient false where x needs no gradient, as the images that enter a network: spares a third of the backward pass
 * @returns [M·B, H, W, Co]
 * @throws Error where the shapes do not go together
 */
export function conv2d(x: tf.Tensor4D, w: tf.Tensor5D, bias?: tf.Tensor2D, options: { inputGradient?: boolean } = {}): tf.Tensor4D {
  requireShapes(x, w, bias)
  return conv2dOp.run({ x, w, ...(bias && { bias }) }, {}, options.inputGradient === false ? ['x'] : []).y as tf.Tensor4D
}

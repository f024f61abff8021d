import * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import { epsilon, normActivation, normActivationGrad, type NormAttrs } from './norm-activation.twin'
import { normActivationGradWgsl, normActivationWgsl } from './norm-activation.wgsl'

/** The SIMD kernels take groups of whole vectors and slopes for which lrelu(u) = max(u, slope u). */
const fitsSimd = (channels: number, { groups, slope }: NormAttrs) => channels % (4 * groups) === 0 && slope >= 0 && slope <= 1

function sizesOf({ x, gamma }: Record<'x' | 'gamma', number[]>, { groups, slope }: NormAttrs) {
  const [batch, height, width, C] = x as [number, number, number, number]
  const models = gamma[0]!
  return { models, images: batch / models, scratch: 64 * C, numbers: { pixels: height * width, C, groups, slope } }
}

export const normActivationGradOp = defineOp({
  name: 'NormActivationGrad',
  inputs: ['dy', 'x', 'bias', 'gamma', 'beta', 'stats'],
  outputs: ({ x, bias }) => ({ dx: x, dBias: bias, dGamma: bias, dBeta: bias }),
  gradientsOf: { dBias: 'bias', dGamma: 'gamma', dBeta: 'beta' },
  twin: (inputs, outputs, shapes, attrs: NormAttrs) => normActivationGrad(inputs, outputs, shapes.x, attrs),
  simd: (kernels, { dy, x, bias, gamma, beta, stats, dx, dBias, dGamma, dBeta }, shapes, attrs) => {
    if (!fitsSimd(shapes.x[3]!, attrs)) return false
    kernels.eachImage('normActivationGrad', {
      ...sizesOf(shapes, attrs),
      perImage: { dy, x, stats, dx },
      perModel: { bias, gamma, beta },
      sums: { dBias, dGamma, dBeta },
    })
    return true
  },
  wgsl: normActivationGradWgsl,
})

export const normActivationOp = defineOp({
  name: 'NormActivation',
  inputs: ['x', 'bias', 'gamma', 'beta'],
  outputs: ({ x }) => ({ y: x }),
  hidden: ({ x }, { groups }: NormAttrs) => ({ stats: [x[0]!, groups, 2] }),
  twin: (inputs, outputs, shapes, attrs) => normActivation(inputs, outputs, shapes.x, attrs),
  simd: (kernels, { x, bias, gamma, beta, y, stats }, shapes, attrs) => {
    if (!fitsSimd(shapes.x[3]!, attrs)) return false
    kernels.eachImage('normActivation', { ...sizesOf(shapes, attrs), perImage: { x, y, stats }, perModel: { bias, gamma, beta } })
    return true
  },
  wgsl: normActivationWgsl,
  stock,
  gradient: {
    by: ['x', 'bias', 'gamma', 'beta'],
    keeps: ['x', 'bias', 'gamma', 'beta', 'stats'],
    of: (dy, kept, attrs) => {
      const { dx, dBias, dGamma, dBeta } = normActivationGradOp.kernel({ dy, ...kept }, attrs)
      return { x: dx, bias: dBias, gamma: dGamma, beta: dBeta }
    },
  },
})

function stock({ x, bias, gamma, beta }: Record<'x' | 'bias' | 'gamma' | 'beta', tf.Tensor>, { groups, slope }: NormAttrs) {
  const [B, H, W, C] = x.shape as [number, number, number, number]
  const M = gamma.shape[0]!
  // [M, B / M, pixels, groups, channels of a group]
  const each = (p: tf.Tensor) => tf.reshape(p, [M, 1, 1, groups, C / groups])
  const grouped = tf.add(tf.reshape(x, [M, B / M, H * W, groups, C / groups]), each(bias))
  const mean = tf.mean(grouped, [2, 4], true)
  const centred = tf.sub(grouped, mean)
  const variance = tf.mean(tf.square(centred), [2, 4], true)
  const xhat = tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)))
  // On WebGPU the gradient of leakyRelu supports at most four axes.
  return { y: tf.leakyRelu(tf.reshape(tf.add(tf.mul(xhat, each(gamma)), each(beta)), x.shape), slope) }
}

/**
 * GroupNorm and LeakyReLU after a convolution, whose bias is added here at no cost. See norm-activation.twin.ts.
 * @param x [M B, H, W, C]
 * @param bias [M, C], as gamma and beta
 */
export function groupNormLeakyRelu(
  x: tf.Tensor4D,
  bias: tf.Tensor2D,
  gamma: tf.Tensor2D,
  beta: tf.Tensor2D,
  groups: number,
  slope: number,
): tf.Tensor4D {
  return normActivationOp.run({ x, bias, gamma, beta }, { groups, slope }).y as tf.Tensor4D
}

import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, registerTwin, runKernel, type Shapes } from '../heap'

/**
 * Bias of the convolution before it, GroupNorm, LeakyReLU: y = lrelu(gamma * (x + b - mean) / sqrt(var + 1e-5) + beta), mean and
 * variance per image and group of channels. x is [M B, H, W, C], the images of one model after those of the other; b, gamma, beta are
 * [M, C]; groups divide C.
 */
export interface NormAttrs {
  groups: number
  slope: number
}
export const epsilon = 1e-5

/**
 * The loops below go through one channel at a time, so that sums and factors stay in registers, and use |u| instead of a branch on the
 * sign, which is random: 3 ns a value forward instead of 11.
 */

/** Forward twin. Writes y and the statistics, [B, groups, 2] of mean and 1 / standard deviation of x + b. */
export function normActivation(
  x: Float32Array,
  bias: Float32Array,
  gamma: Float32Array,
  beta: Float32Array,
  y: Float32Array,
  stats: Float32Array,
  [batch, height, width, channels]: number[],
  { groups, slope }: NormAttrs,
): void {
  const pixels = height! * width!
  const C = channels!
  const perGroup = C / groups
  const count = pixels * perGroup
  // lrelu(u) = rise u + bend |u|
  const rise = (1 + slope) / 2
  const bend = (1 - slope) / 2
  const perModel = (batch! * C) / gamma.length
  for (let n = 0; n < batch!; n++) {
    const start = n * pixels * C
    const end = start + pixels * C
    const model = Math.floor(n / perModel) * C
    for (let g = 0; g < groups; g++) {
      let total = 0
      let squares = 0
      for (let c = g * perGroup; c < (g + 1) * perGroup; c++) {
        let s = 0
        let q = 0
        for (let i = start + c; i < end; i += C) {
          const v = x[i]!
          s += v
          q += v * v
        }
        const b = bias[model + c]!
        total += s + pixels * b
        squares += q + 2 * b * s + pixels * b * b
      }
      const mean = total / count
      const rstd = 1 / Math.sqrt(Math.max(0, squares / count - mean * mean) + epsilon)
      stats[(n * groups + g) * 2] = mean
      stats[(n * groups + g) * 2 + 1] = rstd
      for (let c = g * perGroup; c < (g + 1) * perGroup; c++) {
        const scale = rstd * gamma[model + c]!
        const shift = (bias[model + c]! - mean) * scale + beta[model + c]!
        for (let i = start + c; i < end; i += C) {
          const u = x[i]! * scale + shift
          y[i] = rise * u + bend * Math.abs(u)
        }
      }
    }
  }
}

/** Backward twin: gradients of x, bias, gamma and beta from dy. */
export function normActivationGrad(
  dy: Float32Array,
  x: Float32Array,
  bias: Float32Array,
  gamma: Float32Array,
  beta: Float32Array,
  stats: Float32Array,
  dx: Float32Array,
  dBias: Float32Array,
  dGamma: Float32Array,
  dBeta: Float32Array,
  [batch, height, width, channels]: number[],
  { groups, slope }: NormAttrs,
): void {
  const pixels = height! * width!
  const C = channels!
  const perGroup = C / groups
  const count = pixels * perGroup
  const rise = (1 + slope) / 2
  const bend = (1 - slope) / 2
  dBias.fill(0)
  dGamma.fill(0)
  dBeta.fill(0)
  const duSum = new Float64Array(C)
  const duXhatSum = new Float64Array(C)
  const xhatSum = new Float64Array(C)
  const perModel = (batch! * C) / gamma.length
  for (let n = 0; n < batch!; n++) {
    const start = n * pixels * C
    const end = start + pixels * C
    const model = Math.floor(n / perModel) * C
    for (let g = 0; g < groups; g++) {
      const mean = stats[(n * groups + g) * 2]!
      const rstd = stats[(n * groups + g) * 2 + 1]!
      let m1 = 0
      let m2 = 0
      for (let c = g * perGroup; c < (g + 1) * perGroup; c++) {
        const offset = (bias[model + c]! - mean) * rstd // xhat = x rstd + offset
        const scale = gamma[model + c]!
        const shift = beta[model + c]!
        let s1 = 0
        let s2 = 0
        let h = 0
        for (let i = start + c; i < end; i += C) {
          const xhat = x[i]! * rstd + offset
          const u = xhat * scale + shift + 1e-30 // never 0, so that u / |u| is its sign
          const du = dy[i]! * (rise + (bend * u) / Math.abs(u))
          dx[i] = du
          s1 += du
          s2 += du * xhat
          h += xhat
        }
        duSum[c] = s1
        duXhatSum[c] = s2
        xhatSum[c] = h
        m1 += scale * s1
        m2 += scale * s2
      }
      m1 /= count
      m2 /= count
      for (let c = g * perGroup; c < (g + 1) * perGroup; c++) {
        dGamma[model + c]! += duXhatSum[c]!
        dBeta[model + c]! += duSum[c]!
        dBias[model + c]! += rstd * (gamma[model + c]! * duSum[c]! - pixels * m1 - m2 * xhatSum[c]!)
        // dx = rstd (gamma du - m1 - xhat m2)
        const a = rstd * gamma[model + c]!
        const b = -rstd * m2 * rstd
        const d = -rstd * (m1 + (bias[model + c]! - mean) * rstd * m2)
        for (let i = start + c; i < end; i += C) dx[i] = a * dx[i]! + b * x[i]! + d
      }
    }
  }
}

/** The SIMD kernels take groups of whole vectors and slopes for which lrelu(u) = max(u, slope u). */
const fitsSimd = (channels: number, { groups, slope }: NormAttrs) => channels % (4 * groups) === 0 && slope >= 0 && slope <= 1

/** What both have in common. */
function sizesOf({ x, gamma }: Shapes<'x' | 'gamma'>, { groups, slope }: NormAttrs) {
  const [batch, height, width, C] = x as [number, number, number, number]
  const models = gamma[0]!
  return { models, images: batch / models, scratch: 64 * C, numbers: { pixels: height * width, C, groups, slope } }
}

registerTwin(
  'NormActivation',
  ['x', 'bias', 'gamma', 'beta'] as const,
  ({ x }, { groups }: NormAttrs) => [x, [x[0]!, groups, 2]],
  ({ x, bias, gamma, beta }, [y, stats], shapes, attrs) => normActivation(x, bias, gamma, beta, y!, stats!, shapes.x, attrs),
  (kernels, { x, bias, gamma, beta }, [y, stats], shapes, attrs) => {
    const C = shapes.x[3]!
    if (!fitsSimd(C, attrs)) return false
    kernels.eachImage('normActivation', {
      ...sizesOf(shapes, attrs),
      perImage: { x, y: y!, stats: stats! },
      perModel: { bias, gamma, beta },
    })
    return true
  },
)
registerTwin(
  'NormActivationGrad',
  ['dy', 'x', 'bias', 'gamma', 'beta', 'stats'] as const,
  ({ x, bias }) => [x, bias, bias, bias],
  ({ dy, x, bias, gamma, beta, stats }, [dx, dBias, dGamma, dBeta], shapes, attrs: NormAttrs) =>
    normActivationGrad(dy, x, bias, gamma, beta, stats, dx!, dBias!, dGamma!, dBeta!, shapes.x, attrs),
  (kernels, { dy, x, bias, gamma, beta, stats }, [dx, dBias, dGamma, dBeta], shapes, attrs) => {
    const C = shapes.x[3]!
    if (!fitsSimd(C, attrs)) return false
    kernels.eachImage('normActivationGrad', {
      ...sizesOf(shapes, attrs),
      perImage: { dy, x, stats, dx: dx! },
      perModel: { bias, gamma, beta },
      sums: { dBias: dBias!, dGamma: dGamma!, dBeta: dBeta! },
    })
    return true
  },
)

/** The same, composed from plain tfjs ops. */
export function groupNormLeakyReluPlain(
  x: tf.Tensor4D,
  bias: tf.Tensor2D,
  gamma: tf.Tensor2D,
  beta: tf.Tensor2D,
  groups: number,
  slope: number,
): tf.Tensor4D {
  const [B, H, W, C] = x.shape
  const M = gamma.shape[0]
  // [M, B / M, pixels, groups, channels of a group]
  const each = (p: tf.Tensor2D) => tf.reshape(p, [M, 1, 1, groups, C / groups])
  const grouped = tf.add(tf.reshape(x, [M, B / M, H * W, groups, C / groups]), each(bias))
  const mean = tf.mean(grouped, [2, 4], true)
  const centred = tf.sub(grouped, mean)
  const variance = tf.mean(tf.square(centred), [2, 4], true)
  const xhat = tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)))
  // On WebGPU the gradient of leakyRelu knows four axes at most.
  return tf.leakyRelu(tf.reshape(tf.add(tf.mul(xhat, each(gamma)), each(beta)), x.shape), slope)
}

/**
 * GroupNorm and LeakyReLU after a convolution whose bias is added here, where it costs nothing. See the top of this file.
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
  if (!hasKernel('NormActivation')) return groupNormLeakyReluPlain(x, bias, gamma, beta, groups, slope)
  const attrs = { groups, slope }
  const op = tf.customGrad((...args) => {
    const [x, bias, gamma, beta, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc]
    const [y, stats] = runKernel('NormActivation', { x, bias, gamma, beta }, attrs)
    save([x, bias, gamma, beta, stats!])
    return {
      value: y!,
      gradFunc: (dy, saved) => {
        const [x, bias, gamma, beta, stats] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
        return runKernel('NormActivationGrad', { dy: dy as tf.Tensor, x, bias, gamma, beta, stats }, attrs)
      },
    }
  })
  return op(x, bias, gamma, beta) as tf.Tensor4D
}

import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, registerTwin, runKernel } from './heap'

/**
 * Bias of the convolution before it, GroupNorm, LeakyReLU: y = lrelu(gamma * (x + b - mean) / sqrt(var + 1e-5) + beta), mean and
 * variance per image and group of channels. x is [B, H, W, C]; b, gamma, beta are [C]; groups divide C.
 */
interface Attrs {
  groups: number
  slope: number
}
const epsilon = 1e-5

/** Forward twin. Writes y and the statistics, [B, groups, 2] of mean and 1 / standard deviation of x + b. */
export function normActivation(
  x: Float32Array,
  bias: Float32Array,
  gamma: Float32Array,
  beta: Float32Array,
  y: Float32Array,
  stats: Float32Array,
  [batch, height, width, channels]: number[],
  { groups, slope }: Attrs,
): void {
  const pixels = height! * width!
  const C = channels!
  const perGroup = C / groups
  const sum = new Float64Array(C)
  const square = new Float64Array(C)
  const scale = new Float64Array(C)
  const shift = new Float64Array(C)
  for (let n = 0; n < batch!; n++) {
    const start = n * pixels * C
    const end = start + pixels * C
    sum.fill(0)
    square.fill(0)
    for (let i = start; i < end; i += C) {
      for (let c = 0; c < C; c++) {
        const v = x[i + c]!
        sum[c]! += v
        square[c]! += v * v
      }
    }
    for (let g = 0; g < groups; g++) {
      let s = 0
      let q = 0
      for (let c = g * perGroup; c < (g + 1) * perGroup; c++) {
        const b = bias[c]!
        s += sum[c]! + pixels * b
        q += square[c]! + 2 * b * sum[c]! + pixels * b * b
      }
      const count = pixels * perGroup
      const mean = s / count
      const rstd = 1 / Math.sqrt(Math.max(0, q / count - mean * mean) + epsilon)
      stats[(n * groups + g) * 2] = mean
      stats[(n * groups + g) * 2 + 1] = rstd
      for (let c = g * perGroup; c < (g + 1) * perGroup; c++) {
        scale[c] = rstd * gamma[c]!
        shift[c] = (bias[c]! - mean) * rstd * gamma[c]! + beta[c]!
      }
    }
    for (let i = start; i < end; i += C) {
      for (let c = 0; c < C; c++) {
        const u = x[i + c]! * scale[c]! + shift[c]!
        y[i + c] = u >= 0 ? u : slope * u
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
  { groups, slope }: Attrs,
): void {
  const pixels = height! * width!
  const C = channels!
  const perGroup = C / groups
  const count = pixels * perGroup
  dBias.fill(0)
  dGamma.fill(0)
  dBeta.fill(0)
  const rstd = new Float64Array(C)
  const offset = new Float64Array(C) // xhat = x * rstd + offset
  const g1 = new Float64Array(C) // sum of du
  const g2 = new Float64Array(C) // sum of du * xhat
  const h1 = new Float64Array(C) // sum of xhat
  const a = new Float64Array(C)
  const b = new Float64Array(C)
  const d = new Float64Array(C)
  for (let n = 0; n < batch!; n++) {
    const start = n * pixels * C
    const end = start + pixels * C
    for (let c = 0; c < C; c++) {
      const g = Math.floor(c / perGroup)
      rstd[c] = stats[(n * groups + g) * 2 + 1]!
      offset[c] = (bias[c]! - stats[(n * groups + g) * 2]!) * rstd[c]!
    }
    g1.fill(0)
    g2.fill(0)
    h1.fill(0)
    for (let i = start; i < end; i += C) {
      for (let c = 0; c < C; c++) {
        const xhat = x[i + c]! * rstd[c]! + offset[c]!
        const du = xhat * gamma[c]! + beta[c]! >= 0 ? dy[i + c]! : slope * dy[i + c]!
        g1[c]! += du
        g2[c]! += du * xhat
        h1[c]! += xhat
      }
    }
    for (let g = 0; g < groups; g++) {
      let m1 = 0
      let m2 = 0
      for (let c = g * perGroup; c < (g + 1) * perGroup; c++) {
        m1 += gamma[c]! * g1[c]!
        m2 += gamma[c]! * g2[c]!
      }
      m1 /= count
      m2 /= count
      for (let c = g * perGroup; c < (g + 1) * perGroup; c++) {
        const r = rstd[c]!
        dGamma[c]! += g2[c]!
        dBeta[c]! += g1[c]!
        dBias[c]! += r * (gamma[c]! * g1[c]! - pixels * m1 - m2 * h1[c]!)
        // dx = r (gamma du - m1 - xhat m2) with xhat = x r + offset
        a[c] = r * gamma[c]!
        b[c] = -r * m2 * r
        d[c] = -r * (m1 + offset[c]! * m2)
      }
    }
    for (let i = start; i < end; i += C) {
      for (let c = 0; c < C; c++) {
        const v = x[i + c]!
        const du = (v * rstd[c]! + offset[c]!) * gamma[c]! + beta[c]! >= 0 ? dy[i + c]! : slope * dy[i + c]!
        dx[i + c] = a[c]! * du + b[c]! * v + d[c]!
      }
    }
  }
}

registerTwin(
  'NormActivation',
  ['x', 'bias', 'gamma', 'beta'] as const,
  ({ x }, { groups }: Attrs) => [x, [x[0]!, groups, 2]],
  ({ x, bias, gamma, beta }, [y, stats], shapes, attrs) => normActivation(x, bias, gamma, beta, y!, stats!, shapes.x, attrs),
)
registerTwin(
  'NormActivationGrad',
  ['dy', 'x', 'bias', 'gamma', 'beta', 'stats'] as const,
  ({ x, bias }) => [x, bias, bias, bias],
  ({ dy, x, bias, gamma, beta, stats }, [dx, dBias, dGamma, dBeta], shapes, attrs: Attrs) =>
    normActivationGrad(dy, x, bias, gamma, beta, stats, dx!, dBias!, dGamma!, dBeta!, shapes.x, attrs),
)

/** The same, composed from plain tfjs ops. */
export function groupNormLeakyReluPlain(
  x: tf.Tensor4D,
  bias: tf.Tensor1D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  groups: number,
  slope: number,
): tf.Tensor4D {
  const [B, H, W, C] = x.shape
  const grouped = tf.reshape(tf.add(x, bias), [B, H * W, groups, C / groups])
  const mean = tf.mean(grouped, [1, 3], true)
  const centred = tf.sub(grouped, mean)
  const variance = tf.mean(tf.square(centred), [1, 3], true)
  const xhat = tf.reshape(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), [B, H, W, C])
  return tf.leakyRelu(tf.add(tf.mul(xhat, gamma), beta), slope) as tf.Tensor4D
}

/** GroupNorm and LeakyReLU after a convolution whose bias is added here, where it costs nothing. See the top of this file. */
export function groupNormLeakyRelu(
  x: tf.Tensor4D,
  bias: tf.Tensor1D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
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

import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, registerTwin, runKernel } from '../heap'

/** Source index and weight of the second neighbour for each of `2 n` outputs, corners aligned. */
function taps(n: number): { low: Int32Array; high: Int32Array; weight: Float64Array } {
  const out = 2 * n
  const low = new Int32Array(out)
  const high = new Int32Array(out)
  const weight = new Float64Array(out)
  for (let i = 0; i < out; i++) {
    const at = (i * (n - 1)) / (out - 1)
    low[i] = Math.floor(at)
    high[i] = Math.min(low[i]! + 1, n - 1)
    weight[i] = at - low[i]!
  }
  return { low, high, weight }
}

/** Forward twin: out [B, 2h, 2w, S + C] holds the skip [B, 2h, 2w, S], then x [B, h, w, C] enlarged twice, bilinear, corners aligned. */
export function upsampleConcat(skip: Float32Array, x: Float32Array, out: Float32Array, skipShape: number[], xShape: number[]): void {
  const [B, h, w, C] = xShape as [number, number, number, number]
  const S = skipShape[3]!
  const rows = taps(h)
  const columns = taps(w)
  const row = new Float64Array(w * C)
  let o = 0
  let s = 0
  for (let n = 0; n < B; n++) {
    for (let y = 0; y < 2 * h; y++) {
      const top = (n * h + rows.low[y]!) * w * C
      const bottom = (n * h + rows.high[y]!) * w * C
      const v = rows.weight[y]!
      for (let i = 0; i < w * C; i++) row[i] = x[top + i]! + (x[bottom + i]! - x[top + i]!) * v
      for (let z = 0; z < 2 * w; z++) {
        for (let c = 0; c < S; c++) out[o++] = skip[s++]!
        const left = columns.low[z]! * C
        const right = columns.high[z]! * C
        const u = columns.weight[z]!
        for (let c = 0; c < C; c++) out[o++] = row[left + c]! + (row[right + c]! - row[left + c]!) * u
      }
    }
  }
}

/** Backward twin: splits dOut into the skip's gradient and x's. */
export function upsampleConcatGrad(dOut: Float32Array, dSkip: Float32Array, dx: Float32Array, skipShape: number[], xShape: number[]): void {
  const [B, h, w, C] = xShape as [number, number, number, number]
  const S = skipShape[3]!
  const rows = taps(h)
  const columns = taps(w)
  const row = new Float64Array(w * C)
  dx.fill(0)
  let o = 0
  let s = 0
  for (let n = 0; n < B; n++) {
    for (let y = 0; y < 2 * h; y++) {
      row.fill(0)
      for (let z = 0; z < 2 * w; z++) {
        for (let c = 0; c < S; c++) dSkip[s++] = dOut[o++]!
        const left = columns.low[z]! * C
        const right = columns.high[z]! * C
        const u = columns.weight[z]!
        for (let c = 0; c < C; c++) {
          const g = dOut[o++]!
          row[left + c]! += g * (1 - u)
          row[right + c]! += g * u
        }
      }
      const top = (n * h + rows.low[y]!) * w * C
      const bottom = (n * h + rows.high[y]!) * w * C
      const v = rows.weight[y]!
      for (let i = 0; i < w * C; i++) {
        dx[top + i]! += row[i]! * (1 - v)
        dx[bottom + i]! += row[i]! * v
      }
    }
  }
}

const outShape = (skip: number[], x: number[]) => [x[0]!, 2 * x[1]!, 2 * x[2]!, skip[3]! + x[3]!]

registerTwin(
  'UpsampleConcat',
  ['skip', 'x'] as const,
  ({ skip, x }) => [outShape(skip, x)],
  ({ skip, x }, [out], shapes) => upsampleConcat(skip, x, out!, shapes.skip, shapes.x),
  (kernels, { skip, x }, [out], shapes) => {
    const [images, h, w, C] = shapes.x as [number, number, number, number]
    const S = shapes.skip[3]!
    if (C % 4 !== 0 || S % 4 !== 0) return false
    const perImage = { skip, x, out: out! }
    kernels.eachImage('upsampleConcat', { models: 1, images, perImage, scratch: 4 * w * C, numbers: { h, w, S, C } })
    return true
  },
)
registerTwin(
  'UpsampleConcatGrad',
  ['dOut'] as const,
  (_, { skipShape, xShape }: { skipShape: number[]; xShape: number[] }) => [skipShape, xShape],
  ({ dOut }, [dSkip, dx], _, { skipShape, xShape }) => upsampleConcatGrad(dOut, dSkip!, dx!, skipShape, xShape),
  (kernels, { dOut }, [dSkip, dx], _, { skipShape, xShape }) => {
    const [images, h, w, C] = xShape as [number, number, number, number]
    const S = skipShape[3]!
    if (C % 4 !== 0 || S % 4 !== 0) return false
    const perImage = { dOut, dSkip: dSkip!, dx: dx! }
    kernels.eachImage('upsampleConcatGrad', { models: 1, images, perImage, scratch: 4 * w * C, numbers: { h, w, S, C } })
    return true
  },
)

/** The same, composed from plain tfjs ops. */
export function upsampleConcatPlain(skip: tf.Tensor4D, x: tf.Tensor4D): tf.Tensor4D {
  return tf.concat([skip, tf.image.resizeBilinear(x, [2 * x.shape[1], 2 * x.shape[2]], true)], 3)
}

/** The decoder's join: skip [B, 2h, 2w, S] and x [B, h, w, C] enlarged twice (bilinear, corners aligned) -> [B, 2h, 2w, S + C]. */
export function joinSkip(skip: tf.Tensor4D, x: tf.Tensor4D): tf.Tensor4D {
  if (!hasKernel('UpsampleConcat')) return upsampleConcatPlain(skip, x)
  const attrs = { skipShape: skip.shape, xShape: x.shape }
  const op = tf.customGrad((...args) => {
    const [skip, x] = args as [tf.Tensor, tf.Tensor]
    return {
      value: runKernel('UpsampleConcat', { skip, x })[0]!,
      gradFunc: (dy) => runKernel('UpsampleConcatGrad', { dOut: dy as tf.Tensor }, attrs),
    }
  })
  return op(skip, x) as tf.Tensor4D
}

import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, registerTwin, runKernel } from './heap'

/**
 * The loss of a batch of logits [B, H, W, C] against a class [B, H, W] and a weight [B, H, W] per pixel:
 *
 *     crossEntropy * sum(w CE) / norm  +  dice * mean_c (1 - (2 sum(w P t) + e) / (sum(w P^2) + sum(w t) + e)),   e = 1e-5
 *
 * P = softmax(logits), t one-hot, sums over the whole batch; norm = max(1, sum w), or all pixels when `overAll`. Only the logits get a
 * gradient: target and weight are constants of the step, so what one model teaches the other is never differentiated.
 */
export interface LossForm {
  crossEntropy: number
  dice: number
  overAll: boolean
}
export const smooth = 1e-5

/** Twin: the loss, and its gradient by the logits in the same call (P has to be made for both). */
export function pixelLoss(
  logits: Float32Array,
  target: Float32Array,
  weight: Float32Array,
  loss: Float32Array,
  dLogits: Float32Array,
  C: number,
  form: LossForm,
): void {
  const pixels = target.length
  const both = new Float64Array(C) // sum w P t
  const squares = new Float64Array(C) // sum w P^2
  const truth = new Float64Array(C) // sum w t
  let ce = 0
  let total = 0
  for (let i = 0; i < pixels; i++) {
    const at = i * C
    const w = weight[i]!
    const t = target[i]!
    let top = -Infinity
    for (let c = 0; c < C; c++) if (logits[at + c]! > top) top = logits[at + c]!
    let sum = 0
    for (let c = 0; c < C; c++) sum += dLogits[at + c] = Math.exp(logits[at + c]! - top)
    for (let c = 0; c < C; c++) {
      const P = dLogits[at + c]! / sum
      dLogits[at + c] = P
      squares[c]! += w * P * P
    }
    if (w !== 0) ce += w * (Math.log(sum) + top - logits[at + t]!)
    both[t]! += w * dLogits[at + t]!
    truth[t]! += w
    total += w
  }
  const norm = form.overAll ? pixels : Math.max(1, total)
  let diceLoss = 0
  const a = new Float64Array(C) // d loss / d P = w (a t + b P)
  const b = new Float64Array(C)
  for (let c = 0; c < C; c++) {
    const above = 2 * both[c]! + smooth
    const below = squares[c]! + truth[c]! + smooth
    diceLoss += (1 - above / below) / C
    a[c] = (-2 / below / C) * form.dice
    b[c] = ((2 * above) / (below * below) / C) * form.dice
  }
  loss[0] = (form.crossEntropy * ce) / norm + form.dice * diceLoss
  const k = form.crossEntropy / norm
  for (let i = 0; i < pixels; i++) {
    const at = i * C
    const w = weight[i]!
    const t = target[i]!
    if (w === 0) {
      dLogits.fill(0, at, at + C)
      continue
    }
    let mean = 0
    for (let c = 0; c < C; c++) mean += dLogits[at + c]! * (b[c]! * dLogits[at + c]! + (c === t ? a[c]! : 0))
    for (let c = 0; c < C; c++) {
      const P = dLogits[at + c]!
      const dP = b[c]! * P + (c === t ? a[c]! : 0)
      dLogits[at + c] = w * (P * (dP - mean) + k * (P - (c === t ? 1 : 0)))
    }
  }
}

registerTwin(
  'PixelLoss',
  ['logits', 'target', 'weight'] as const,
  ({ logits }) => [[], logits],
  ({ logits, target, weight }, [loss, dLogits], shapes, form: LossForm) =>
    pixelLoss(logits, target, weight, loss!, dLogits!, shapes.logits[3]!, form),
)

/** The same, composed from plain tfjs ops. logSoftmax rather than softmax: the stock WebGPU softmax is wrong beyond 65,535 rows. */
export function pixelLossPlain(logits: tf.Tensor4D, target: tf.Tensor3D, weight: tf.Tensor3D, form: LossForm): tf.Scalar {
  const C = logits.shape[3]
  const w = tf.expandDims(weight, 3)
  const hot = tf.cast(tf.oneHot(tf.cast(target, 'int32'), C), 'float32')
  const logP = tf.logSoftmax(logits)
  const P = tf.exp(logP)
  const wt = tf.mul(hot, w)
  const above = tf.add(tf.mul(tf.sum(tf.mul(P, wt), [0, 1, 2]), 2), smooth)
  const below = tf.add(tf.add(tf.sum(tf.mul(tf.square(P), w), [0, 1, 2]), tf.sum(wt, [0, 1, 2])), smooth)
  const dice = tf.mean(tf.sub(1, tf.div(above, below)))
  const ce = tf.neg(tf.sum(tf.mul(logP, wt)))
  const norm = form.overAll ? tf.scalar(target.size) : tf.maximum(tf.sum(weight), 1)
  return tf.add(tf.mul(tf.div(ce, norm), form.crossEntropy), tf.mul(dice, form.dice))
}

/** See the top of this file. Returns a scalar; differentiable by the logits only, so target and weight must be detached. */
export function weightedLoss(logits: tf.Tensor4D, target: tf.Tensor3D, weight: tf.Tensor3D, form: LossForm): tf.Scalar {
  if (!hasKernel('PixelLoss')) return pixelLossPlain(logits, target, weight, form)
  const op = tf.customGrad((...args) => {
    const [logits, save] = args as unknown as [tf.Tensor4D, tf.GradSaveFunc]
    const [loss, dLogits] = runKernel('PixelLoss', { logits, target, weight }, form) as [tf.Tensor, tf.Tensor]
    save([dLogits])
    return { value: loss, gradFunc: (dy, saved) => tf.mul(saved[0]!, dy as tf.Tensor) }
  })
  return op(logits) as tf.Scalar
}

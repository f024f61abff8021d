import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, registerTwin, runKernel } from '../heap'

/**
 * The losses of a batch of logits [M B, H, W, C] against a class per pixel [M B, H, W], -1 where the pixel does not count. The B images
 * of each model fall into groups, one after the other, each with a loss of its own:
 *
 *     crossEntropy * sum(w CE) / norm  +  dice * mean_c (1 - (2 sum(w P t) + e) / (sum(w P^2) + sum(w t) + e)),   e = 1e-5
 *
 * P = softmax(logits), t one-hot, w = 0 where the target is -1, else 1; sums over all pixels of the group; norm = max(1, sum w), or all
 * pixels when `overAll`. Only the logits get a gradient: targets are constants of the step, so what one model teaches the other is never
 * differentiated.
 */
export interface LossForm {
  crossEntropy: number
  dice: number
  overAll: boolean
}

/** Images of a group in the batch of each model, and what their loss is. */
export interface LossGroup {
  images: number
  form: LossForm
}
export interface LossAttrs {
  models: number
  groups: LossGroup[]
}
export const smooth = 1e-5

/** Twin: the loss of pixels [start, end), and its gradient by their logits in the same call (P has to be made for both). */
function groupLoss(
  logits: Float32Array,
  target: Float32Array,
  dLogits: Float32Array,
  start: number,
  end: number,
  C: number,
  form: LossForm,
): number {
  const both = new Float64Array(C) // sum w P t
  const squares = new Float64Array(C) // sum w P^2
  const truth = new Float64Array(C) // sum w t
  let ce = 0
  let total = 0
  for (let i = start; i < end; i++) {
    const at = i * C
    const t = target[i]!
    if (t < 0) {
      dLogits.fill(0, at, at + C)
      continue
    }
    let top = logits[at]!
    for (let c = 1; c < C; c++) if (logits[at + c]! > top) top = logits[at + c]!
    let sum = 0
    for (let c = 0; c < C; c++) sum += dLogits[at + c] = Math.exp(logits[at + c]! - top)
    for (let c = 0; c < C; c++) {
      const P = dLogits[at + c]! / sum
      dLogits[at + c] = P
      squares[c]! += P * P
    }
    ce += Math.log(sum) + top - logits[at + t]!
    both[t]! += dLogits[at + t]!
    truth[t]!++
    total++
  }
  const norm = form.overAll ? end - start : Math.max(1, total)
  let diceLoss = 0
  const a = new Float64Array(C) // d loss / d P = a t + b P
  const b = new Float64Array(C)
  for (let c = 0; c < C; c++) {
    const above = 2 * both[c]! + smooth
    const below = squares[c]! + truth[c]! + smooth
    diceLoss += (1 - above / below) / C
    a[c] = (-2 / below / C) * form.dice
    b[c] = ((2 * above) / (below * below) / C) * form.dice
  }
  const k = form.crossEntropy / norm
  for (let i = start; i < end; i++) {
    const at = i * C
    const t = target[i]!
    if (t < 0) continue
    let mean = 0
    for (let c = 0; c < C; c++) mean += dLogits[at + c]! * (b[c]! * dLogits[at + c]! + (c === t ? a[c]! : 0))
    for (let c = 0; c < C; c++) {
      const P = dLogits[at + c]!
      const dP = b[c]! * P + (c === t ? a[c]! : 0)
      dLogits[at + c] = P * (dP - mean) + k * (P - (c === t ? 1 : 0))
    }
  }
  return (form.crossEntropy * ce) / norm + form.dice * diceLoss
}

/** Calls `use` for each model and group with its number among all and its images, [first, last). */
function eachGroup({ models, groups }: LossAttrs, use: (g: number, first: number, last: number, form: LossForm) => void): void {
  let first = 0
  for (let m = 0, g = 0; m < models; m++)
    for (const { images, form } of groups) {
      use(g++, first, first + images, form)
      first += images
    }
}

registerTwin(
  'PixelLoss',
  ['logits', 'target'] as const,
  ({ logits }, { models, groups }: LossAttrs) => [[models, groups.length], logits],
  ({ logits, target }, [losses, dLogits], { logits: [, H, W, C] }, attrs) => {
    const pixels = H! * W!
    eachGroup(attrs, (g, first, last, form) => {
      losses![g] = groupLoss(logits, target, dLogits!, first * pixels, last * pixels, C!, form)
    })
  },
)
registerTwin(
  'PixelLossGrad',
  ['dLogits', 'dLosses'] as const,
  ({ dLogits }) => [dLogits],
  ({ dLogits, dLosses }, [scaled], { dLogits: [, H, W, C] }, attrs: LossAttrs) => {
    const perImage = H! * W! * C!
    eachGroup(attrs, (g, first, last) => {
      for (let i = first * perImage; i < last * perImage; i++) scaled![i] = dLogits[i]! * dLosses[g]!
    })
  },
)

/** One loss, composed from plain tfjs ops. logSoftmax rather than softmax: the stock WebGPU softmax is wrong beyond 65,535 rows. */
function groupLossPlain(logits: tf.Tensor4D, target: tf.Tensor3D, form: LossForm): tf.Scalar {
  const C = logits.shape[3]
  const w = tf.cast(tf.greaterEqual(target, 0), 'float32')
  const hot = tf.cast(tf.oneHot(tf.cast(tf.maximum(target, 0), 'int32'), C), 'float32')
  const logP = tf.logSoftmax(logits)
  const P = tf.exp(logP)
  const wt = tf.mul(hot, tf.expandDims(w, 3))
  const above = tf.add(tf.mul(tf.sum(tf.mul(P, wt), [0, 1, 2]), 2), smooth)
  const below = tf.add(tf.add(tf.sum(tf.mul(tf.square(P), tf.expandDims(w, 3)), [0, 1, 2]), tf.sum(wt, [0, 1, 2])), smooth)
  const dice = tf.mean(tf.sub(1, tf.div(above, below)))
  const ce = tf.neg(tf.sum(tf.mul(logP, wt)))
  const norm = form.overAll ? tf.scalar(target.size) : tf.maximum(tf.sum(w), 1)
  return tf.add(tf.mul(tf.div(ce, norm), form.crossEntropy), tf.mul(dice, form.dice))
}

/** All losses, composed from plain tfjs ops. */
export function pixelLossesPlain(logits: tf.Tensor4D, target: tf.Tensor3D, models: number, groups: LossGroup[]): tf.Tensor2D {
  const counts = Array.from({ length: models }, () => groups.map(({ images }) => images)).flat()
  // The gradient of a split into one part fails in tfjs 4.22.
  const split = <T extends tf.Tensor>(t: T): T[] => (counts.length === 1 ? [t] : tf.split(t, counts))
  const targets = split(target)
  const losses = split(logits).map((z, g) => groupLossPlain(z, targets[g]!, groups[g % groups.length]!.form))
  return tf.reshape(tf.stack(losses), [models, groups.length])
}

/** See the top of this file. Returns [models, groups]; differentiable by the logits only. */
export function pixelLosses(logits: tf.Tensor4D, target: tf.Tensor3D, models: number, groups: LossGroup[]): tf.Tensor2D {
  if (!hasKernel('PixelLoss')) return pixelLossesPlain(logits, target, models, groups)
  const attrs: LossAttrs = { models, groups }
  const op = tf.customGrad((...args) => {
    const [logits, save] = args as unknown as [tf.Tensor4D, tf.GradSaveFunc]
    const [losses, dLogits] = runKernel('PixelLoss', { logits, target }, attrs) as [tf.Tensor, tf.Tensor]
    save([dLogits])
    return {
      value: losses,
      gradFunc: (dLosses, [dLogits]) => runKernel('PixelLossGrad', { dLogits: dLogits!, dLosses: dLosses as tf.Tensor }, attrs)[0]!,
    }
  })
  return op(logits) as tf.Tensor2D
}

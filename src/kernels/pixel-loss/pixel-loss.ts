import * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import type { Place } from '../wasm/simd'
import { eachGroup, groupLoss, smooth, type LossAttrs, type LossForm, type LossGroup } from './pixel-loss.twin'
import { pixelLossGradWgsl, pixelLossWgsl } from './pixel-loss.wgsl'

export const pixelLossGradOp = defineOp({
  name: 'PixelLossGrad',
  inputs: ['dLogits', 'dLosses'],
  outputs: ({ dLogits }) => ({ scaled: dLogits }),
  twin: ({ dLogits, dLosses }, { scaled }, { dLogits: [, H, W, C] }, attrs: LossAttrs) => {
    const perImage = H! * W! * C!
    eachGroup(attrs, (g, first, last) => {
      for (let i = first * perImage; i < last * perImage; i++) scaled[i] = dLogits[i]! * dLosses[g]!
    })
  },
  simd: (kernels, { dLogits, dLosses, scaled }, { dLogits: [, ...rest] }, attrs) => {
    const count = tf.util.sizeFromShape(rest)
    eachGroup(attrs, (g, first, last) => {
      const part = ({ at }: Place): Place => ({ at: at + 4 * first * count, size: (last - first) * count })
      const factor = { at: dLosses.at + 4 * g, size: 1 }
      const perImage = { x: part(dLogits), scaled: part(scaled) }
      kernels.eachImage('scaleAll', { models: 1, images: last - first, perImage, perModel: { factor }, numbers: { count } })
    })
    return true
  },
  wgsl: pixelLossGradWgsl,
})

export const pixelLossOp = defineOp({
  name: 'PixelLoss',
  inputs: ['logits', 'target'],
  outputs: (_, { models, groups }: LossAttrs) => ({ losses: [models, groups.length] }),
  // The gradient of each group's loss by its images: made in the same pass, since both need P.
  hidden: ({ logits }) => ({ dLogits: logits }),
  twin: ({ logits, target }, { losses, dLogits }, { logits: [, H, W, C] }, attrs) => {
    const pixels = H! * W!
    eachGroup(attrs, (g, first, last, form) => {
      losses[g] = groupLoss(logits, target, dLogits, first * pixels, last * pixels, C!, form)
    })
  },
  simd: (kernels, { logits, target, losses, dLogits }, { logits: [images, H, W, C] }, attrs) => {
    const numbers = { pixels: H! * W!, C: C! }
    const sumBytes = 32 * C!
    const factorBytes = 12 * C!
    kernels.withScratch(images! * (sumBytes + factorBytes), (at) => {
      const sums = { at, size: (images! * sumBytes) / 4 }
      const factors = { at: at + images! * sumBytes, size: (images! * factorBytes) / 4 }
      const each = { models: 1, images: images!, numbers }
      const perImage = { logits, target, dLogits, sums }
      kernels.eachImage('pixelLossSums', { ...each, perImage, scratch: 80 * C! })
      eachGroup(attrs, (g, first, last, { overAll, ...weights }) => {
        const places = { sums: sums.at + first * sumBytes, factors: factors.at + first * factorBytes, loss: losses.at + 4 * g }
        kernels.call('pixelLossOfGroup', { ...places, ...numbers, ...weights, images: last - first, overAll: Number(overAll) })
      })
      kernels.eachImage('pixelLossGradient', { ...each, perImage: { dLogits, target, factors }, scratch: 16 * C! })
    })
    return true
  },
  wgsl: pixelLossWgsl,
  stock,
  gradient: {
    by: ['logits'],
    keeps: ['dLogits'],
    of: (dLosses, { dLogits }, attrs) => ({ logits: pixelLossGradOp.kernel({ dLogits, dLosses }, attrs).scaled }),
  },
})

/** One loss. logSoftmax rather than softmax: the stock WebGPU softmax is wrong beyond 65,535 rows. */
function stockLoss(logits: tf.Tensor4D, target: tf.Tensor3D, form: LossForm): tf.Scalar {
  const C = logits.shape[3]
  const w = tf.cast(tf.greaterEqual(target, 0), 'float32')
  const hot = tf.cast(tf.oneHot(tf.cast(tf.maximum(target, 0), 'int32'), C), 'float32')
  const logP = tf.logSoftmax(logits)
  const P = tf.exp(logP)
  const wt = tf.mul(hot, tf.expandDims(w, 3))
  const above = tf.add(tf.mul(tf.sum(tf.mul(P, wt), [0, 1, 2]), 2), smooth)
  const below = tf.add(tf.add(tf.sum(tf.mul(tf.square(P), tf.expandDims(w, 3)), [0, 1, 2]), tf.sum(wt, [0, 1, 2])), smooth)
  const dice = tf.mean(tf.sub(1, tf.div(above, below)))
  const counts = tf.sum(wt, [0, 1, 2])
  const weights = tf.pow(tf.maximum(counts, 1), -form.balance)
  const ce = tf.neg(tf.sum(tf.mul(tf.sum(tf.mul(logP, wt), [0, 1, 2]), weights)))
  const norm = form.overAll ? tf.scalar(target.size) : tf.maximum(tf.sum(tf.mul(counts, weights)), 1)
  return tf.add(tf.mul(tf.div(ce, norm), form.crossEntropy), tf.mul(dice, form.dice))
}

function stock({ logits, target }: Record<'logits' | 'target', tf.Tensor>, { models, groups }: LossAttrs) {
  const counts = Array.from({ length: models }, () => groups.map(({ images }) => images)).flat()
  // The gradient of a split into one part fails in tfjs 4.22.
  const split = <T extends tf.Tensor>(t: T): T[] => (counts.length === 1 ? [t] : tf.split(t, counts))
  const targets = split(target)
  const losses = split(logits).map((z, g) => stockLoss(z as tf.Tensor4D, targets[g] as tf.Tensor3D, groups[g % groups.length]!.form))
  return { losses: tf.reshape(tf.stack(losses), [models, groups.length]) }
}

/** The losses of pixel-loss.twin.ts, [models, groups]; only the logits have a gradient. */
export const pixelLosses = (logits: tf.Tensor4D, target: tf.Tensor3D, models: number, groups: LossGroup[]): tf.Tensor2D =>
  pixelLossOp.run({ logits, target }, { models, groups }).losses as tf.Tensor2D

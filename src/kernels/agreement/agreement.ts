import * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import { agreementValues, countAgreement } from './agreement.twin'
import { agreementWgsl } from './agreement.wgsl'

export const agreementOp = defineOp({
  name: 'Agreement',
  inputs: ['labels', 'taught'],
  outputs: () => ({ shares: [agreementValues.length] }),
  twin: ({ labels, taught }, { shares }) => countAgreement(labels, taught, shares),
  simd: (kernels, { labels, taught, shares }) => {
    kernels.call('agreement', { labels: labels.at, taught: taught.at, shares: shares.at, half: labels.size / 2 })
    return true
  },
  wgsl: agreementWgsl,
  stock: ({ labels, taught }) => {
    const share = (condition: tf.Tensor) => tf.mean(tf.cast(condition, 'float32'))
    const [A, B] = tf.split(labels, 2) as [tf.Tensor, tf.Tensor]
    const confident = tf.split(taught, 2).map((t) => share(tf.greaterEqual(t, 0)))
    return { shares: tf.stack([...confident, ...[A, B].map((l) => share(tf.greater(l, 0))), share(tf.equal(A, B))]) }
  },
})

/** Shares of two models' pseudo-labels [2 B, H, W] that are taught, foreground, and equal: a tensor in the order of `agreementValues`. */
export const agreement = (labels: tf.Tensor3D, taught: tf.Tensor3D): tf.Tensor1D =>
  agreementOp.run({ labels, taught }, {}).shares as tf.Tensor1D

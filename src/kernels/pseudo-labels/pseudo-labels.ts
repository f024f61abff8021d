import * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import { pseudoLabelsWgsl } from './pseudo-labels.wgsl'

export const pseudoLabelsOp = defineOp({
  name: 'PseudoLabels',
  inputs: ['logits'],
  outputs: ({ logits }) => ({ labels: logits.slice(0, 3), taught: logits.slice(0, 3) }),
  twin: ({ logits }, { labels, taught }, { logits: [, , , C] }, { tau }: { tau: number }) => {
    for (let i = 0, at = 0; i < labels.length; i++, at += C!) {
      let best = 0
      for (let c = 1; c < C!; c++) if (logits[at + c]! > logits[at + best]!) best = c
      let sum = 0
      for (let c = 0; c < C!; c++) sum += Math.exp(logits[at + c]! - logits[at + best]!)
      labels[i] = best
      taught[i] = 1 / sum >= tau ? best : -1
    }
  },
  simd: (kernels, { logits, labels, taught }, { logits: [images, H, W, C] }, { tau }) => {
    const numbers = { pixels: H! * W!, C: C!, tau }
    kernels.eachImage('pseudoLabels', { models: 1, images: images!, perImage: { logits, labels, taught }, scratch: 16 * C!, numbers })
    return true
  },
  wgsl: pseudoLabelsWgsl,
  stock: ({ logits }, { tau }) => {
    const labels = tf.cast(tf.argMax(logits, 3), 'float32')
    const sure = tf.cast(tf.greaterEqual(tf.exp(tf.max(tf.logSoftmax(logits), 3)), tau), 'float32')
    return { labels, taught: tf.sub(tf.mul(tf.add(labels, 1), sure), 1) }
  },
})

/**
 * Pseudo-labels of logits [B, H, W, C]: per pixel the class with the largest softmax value (the first of equals), and the taught label:
 * that class where the value is at least tau, else -1. Both [B, H, W]; no gradient.
 */
export const pseudoLabels = (logits: tf.Tensor4D, tau: number): { labels: tf.Tensor3D; taught: tf.Tensor3D } =>
  pseudoLabelsOp.run({ logits }, { tau }) as { labels: tf.Tensor3D; taught: tf.Tensor3D }

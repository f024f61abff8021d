import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, registerTwin, runKernel } from './heap'

/** Twin: per pixel the class with the largest logit (the first of equals) and its softmax value. */
export function confidence(logits: Float32Array, label: Float32Array, probability: Float32Array, C: number): void {
  for (let i = 0, at = 0; i < label.length; i++, at += C) {
    let best = 0
    for (let c = 1; c < C; c++) if (logits[at + c]! > logits[at + best]!) best = c
    let sum = 0
    for (let c = 0; c < C; c++) sum += Math.exp(logits[at + c]! - logits[at + best]!)
    label[i] = best
    probability[i] = 1 / sum
  }
}

registerTwin(
  'Confidence',
  ['logits'] as const,
  ({ logits }) => [logits.slice(0, 3), logits.slice(0, 3)],
  ({ logits }, [label, probability], shapes) => confidence(logits, label!, probability!, shapes.logits[3]!),
)

/** logits [B, H, W, C] -> class and its probability, both [B, H, W] float32. Has no gradient. */
export function mostLikely(logits: tf.Tensor4D): { label: tf.Tensor3D; probability: tf.Tensor3D } {
  if (hasKernel('Confidence')) {
    const [label, probability] = runKernel('Confidence', { logits }) as [tf.Tensor3D, tf.Tensor3D]
    return { label, probability }
  }
  return {
    label: tf.cast(tf.argMax(logits, 3), 'float32') as tf.Tensor3D,
    probability: tf.exp(tf.max(tf.logSoftmax(logits), 3)) as tf.Tensor3D,
  }
}

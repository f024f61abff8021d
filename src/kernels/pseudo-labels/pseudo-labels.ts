import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, registerTwin, runKernel } from '../heap'

registerTwin(
  'PseudoLabels',
  ['logits'] as const,
  ({ logits }) => [logits.slice(0, 3), logits.slice(0, 3)],
  ({ logits }, [labels, taught], { logits: [, , , C] }, { tau }: { tau: number }) => {
    for (let i = 0, at = 0; i < labels!.length; i++, at += C!) {
      let best = 0
      for (let c = 1; c < C!; c++) if (logits[at + c]! > logits[at + best]!) best = c
      let sum = 0
      for (let c = 0; c < C!; c++) sum += Math.exp(logits[at + c]! - logits[at + best]!)
      labels![i] = best
      taught![i] = 1 / sum >= tau ? best : -1
    }
  },
)

/**
 * Pseudo-labels of logits [B, H, W, C]: per pixel the class with the largest softmax value (the first of equals), and what is taught:
 * that class where the value is at least tau, else -1. Both [B, H, W]; no gradient.
 */
export function pseudoLabels(logits: tf.Tensor4D, tau: number): { labels: tf.Tensor3D; taught: tf.Tensor3D } {
  if (hasKernel('PseudoLabels')) {
    const [labels, taught] = runKernel('PseudoLabels', { logits }, { tau }) as [tf.Tensor3D, tf.Tensor3D]
    return { labels, taught }
  }
  const labels = tf.cast(tf.argMax(logits, 3), 'float32') as tf.Tensor3D
  const sure = tf.cast(tf.greaterEqual(tf.exp(tf.max(tf.logSoftmax(logits), 3)), tau), 'float32')
  return { labels, taught: tf.sub(tf.mul(tf.add(labels, 1), sure), 1) }
}

/** Values of `agreement`, in their order; shares of all pixels, 0..1. */
export const agreementValues = ['confidentA', 'confidentB', 'foregroundA', 'foregroundB', 'agreement'] as const

registerTwin(
  'Agreement',
  ['labels', 'taught'] as const,
  () => [[agreementValues.length]],
  ({ labels, taught }, [shares]) => {
    const half = labels.length / 2
    const count = new Float64Array(5)
    for (let a = 0, b = half; a < half; a++, b++) {
      if (taught[a]! >= 0) count[0]!++
      if (taught[b]! >= 0) count[1]!++
      if (labels[a]! > 0) count[2]!++
      if (labels[b]! > 0) count[3]!++
      if (labels[a] === labels[b]) count[4]!++
    }
    for (let i = 0; i < 5; i++) shares![i] = count[i]! / half
  },
)

/** How much of two models' pseudo-labels [2 B, H, W] is taught, is foreground, and is the same: a tensor in the order of `agreementValues`. */
export function agreement(labels: tf.Tensor3D, taught: tf.Tensor3D): tf.Tensor1D {
  if (hasKernel('Agreement')) return runKernel('Agreement', { labels, taught })[0] as tf.Tensor1D
  const share = (condition: tf.Tensor) => tf.mean(tf.cast(condition, 'float32'))
  const [A, B] = tf.split(labels, 2) as [tf.Tensor, tf.Tensor]
  const confident = tf.split(taught, 2).map((t) => share(tf.greaterEqual(t, 0)))
  return tf.stack([...confident, ...[A, B].map((l) => share(tf.greater(l, 0))), share(tf.equal(A, B))]) as tf.Tensor1D
}

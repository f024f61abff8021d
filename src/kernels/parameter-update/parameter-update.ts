import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, registerTwin, runKernel } from '../heap'

/** What changes from update to update, as the three values of a tensor: learning rate, 1 / (1 - beta1^t), 1 / sqrt(1 - beta2^t). */
export function scheduleOf(learningRate: number, t: number): Float32Array {
  return Float32Array.of(learningRate, 1 / (1 - beta1 ** t), 1 / Math.sqrt(1 - beta2 ** t))
}

/** Adam (Kingma and Ba, 2015) with coupled L2, as torch.optim.Adam. */
export interface AdamAttrs {
  weightDecay: number
}
export const beta1 = 0.9
export const beta2 = 0.999
export const epsilon = 1e-8

registerTwin(
  'AdamUpdate',
  ['p', 'g', 'm', 'v', 'schedule'] as const,
  ({ p }) => [p, p, p],
  ({ p, g, m, v, schedule: [learningRate, first, second] }, [pOut, mOut, vOut], _, { weightDecay }: AdamAttrs) => {
    const size = learningRate! * first!
    for (let i = 0; i < p.length; i++) {
      const grad = g[i]! + weightDecay * p[i]!
      const mean = beta1 * m[i]! + (1 - beta1) * grad
      const square = beta2 * v[i]! + (1 - beta2) * grad * grad
      mOut![i] = mean
      vOut![i] = square
      pOut![i] = p[i]! - (size * mean) / (Math.sqrt(square) * second! + epsilon)
    }
  },
  (kernels, { p, g, m, v, schedule }, [pOut, mOut, vOut], _, { weightDecay }) => {
    const outputs = { pOut: pOut!.at, mOut: mOut!.at, vOut: vOut!.at }
    kernels.call('adamUpdate', { p: p.at, g: g.at, m: m.at, v: v.at, ...outputs, count: p.size, schedule: schedule.at, weightDecay })
    return true
  },
)

/**
 * One Adam update of all parameters, which lie in one flat tensor as their gradients and moments do: new parameters, first and second
 * moments. Nothing is changed in place: packed weights are cached by tensor.
 * @param schedule of `scheduleOf`; a tensor, for the launches of a step are recorded once and repeated
 */
export function adamUpdate<T extends tf.Tensor>(p: T, g: T, m: T, v: T, schedule: tf.Tensor1D, attrs: AdamAttrs): [T, T, T] {
  if (hasKernel('AdamUpdate')) return runKernel('AdamUpdate', { p, g, m, v, schedule }, attrs) as [T, T, T]
  const [learningRate, first, second] = tf.unstack(schedule) as [tf.Scalar, tf.Scalar, tf.Scalar]
  const grad = tf.add(g, tf.mul(p, attrs.weightDecay))
  const mean = tf.add(tf.mul(m, beta1), tf.mul(grad, 1 - beta1)) as T
  const square = tf.add(tf.mul(v, beta2), tf.mul(tf.square(grad), 1 - beta2)) as T
  const below = tf.add(tf.mul(tf.sqrt(square), second), epsilon)
  return [tf.sub(p, tf.div(tf.mul(tf.mul(mean, learningRate), first), below)), mean, square]
}

export interface SgdAttrs {
  weightDecay: number
  momentum: number
}

registerTwin(
  'SgdUpdate',
  ['p', 'g', 'm', 'schedule'] as const,
  ({ p }) => [p, p],
  ({ p, g, m, schedule: [learningRate] }, [pOut, mOut], _, { weightDecay, momentum }: SgdAttrs) => {
    for (let i = 0; i < p.length; i++) {
      const velocity = momentum * m[i]! + g[i]! + weightDecay * p[i]!
      mOut![i] = velocity
      pOut![i] = p[i]! - learningRate! * velocity
    }
  },
)

/** One SGD update with momentum and coupled L2, as torch.optim.SGD: new parameters and velocity. */
export function sgdUpdate<T extends tf.Tensor>(p: T, g: T, m: T, schedule: tf.Tensor1D, attrs: SgdAttrs): [T, T] {
  if (hasKernel('SgdUpdate')) return runKernel('SgdUpdate', { p, g, m, schedule }, attrs) as [T, T]
  const velocity = tf.add(tf.mul(m, attrs.momentum), tf.add(g, tf.mul(p, attrs.weightDecay))) as T
  return [tf.sub(p, tf.mul(velocity, tf.slice(schedule, 0, 1))), velocity]
}

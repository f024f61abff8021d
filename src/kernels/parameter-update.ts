import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, registerTwin, runKernel } from './heap'

/** Adam (Kingma and Ba, 2015) with coupled L2, as torch.optim.Adam; `t` counts from 1. */
export interface AdamAttrs {
  learningRate: number
  weightDecay: number
  t: number
}
export const beta1 = 0.9
export const beta2 = 0.999
export const epsilon = 1e-8

registerTwin(
  'AdamUpdate',
  ['p', 'g', 'm', 'v'] as const,
  ({ p }) => [p, p, p],
  ({ p, g, m, v }, [pOut, mOut, vOut], _, { learningRate, weightDecay, t }: AdamAttrs) => {
    const size = learningRate / (1 - beta1 ** t)
    const root = Math.sqrt(1 - beta2 ** t)
    for (let i = 0; i < p.length; i++) {
      const grad = g[i]! + weightDecay * p[i]!
      const first = beta1 * m[i]! + (1 - beta1) * grad
      const second = beta2 * v[i]! + (1 - beta2) * grad * grad
      mOut![i] = first
      vOut![i] = second
      pOut![i] = p[i]! - (size * first) / (Math.sqrt(second) / root + epsilon)
    }
  },
)

/** One Adam update of one parameter: new parameter, first and second moment. Nothing is changed in place: packed weights are cached by tensor. */
export function adamUpdate(p: tf.Tensor, g: tf.Tensor, m: tf.Tensor, v: tf.Tensor, attrs: AdamAttrs): [tf.Tensor, tf.Tensor, tf.Tensor] {
  if (hasKernel('AdamUpdate')) return runKernel('AdamUpdate', { p, g, m, v }, attrs) as [tf.Tensor, tf.Tensor, tf.Tensor]
  const { learningRate, weightDecay, t } = attrs
  const grad = tf.add(g, tf.mul(p, weightDecay))
  const first = tf.add(tf.mul(m, beta1), tf.mul(grad, 1 - beta1))
  const second = tf.add(tf.mul(v, beta2), tf.mul(tf.square(grad), 1 - beta2))
  const below = tf.add(tf.mul(tf.sqrt(second), 1 / Math.sqrt(1 - beta2 ** t)), epsilon)
  return [tf.sub(p, tf.div(tf.mul(first, learningRate / (1 - beta1 ** t)), below)), first, second]
}

export interface SgdAttrs {
  learningRate: number
  weightDecay: number
  momentum: number
}

registerTwin(
  'SgdUpdate',
  ['p', 'g', 'm'] as const,
  ({ p }) => [p, p],
  ({ p, g, m }, [pOut, mOut], _, { learningRate, weightDecay, momentum }: SgdAttrs) => {
    for (let i = 0; i < p.length; i++) {
      const velocity = momentum * m[i]! + g[i]! + weightDecay * p[i]!
      mOut![i] = velocity
      pOut![i] = p[i]! - learningRate * velocity
    }
  },
)

/** One SGD update with momentum and coupled L2, as torch.optim.SGD: new parameter and velocity. */
export function sgdUpdate(p: tf.Tensor, g: tf.Tensor, m: tf.Tensor, attrs: SgdAttrs): [tf.Tensor, tf.Tensor] {
  if (hasKernel('SgdUpdate')) return runKernel('SgdUpdate', { p, g, m }, attrs) as [tf.Tensor, tf.Tensor]
  const velocity = tf.add(tf.mul(m, attrs.momentum), tf.add(g, tf.mul(p, attrs.weightDecay)))
  return [tf.sub(p, tf.mul(velocity, attrs.learningRate)), velocity]
}

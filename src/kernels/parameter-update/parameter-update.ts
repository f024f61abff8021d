import * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import { adam, beta1, beta2, epsilon, sgd, type AdamAttrs, type SgdAttrs } from './parameter-update.twin'
import { adamWgsl, sgdWgsl } from './parameter-update.wgsl'

export const adamOp = defineOp({
  name: 'AdamUpdate',
  inputs: ['p', 'g', 'm', 'v', 'schedule'],
  outputs: ({ p }) => ({ pOut: p, mOut: p, vOut: p }),
  twin: (inputs, outputs, _, attrs: AdamAttrs) => adam(inputs, outputs, attrs),
  simd: (kernels, { p, g, m, v, pOut, mOut, vOut, schedule }, _, { weightDecay }) => {
    // The parts are what threads can share.
    const parts = p.size % 64 === 0 ? p.size / 64 : 1
    const perImage = { p, g, m, v, pOut, mOut, vOut }
    kernels.eachImage('adamUpdate', {
      models: 1,
      images: parts,
      perImage,
      perModel: { schedule },
      numbers: { perPart: p.size / parts, weightDecay },
    })
    return true
  },
  wgsl: adamWgsl,
  stock: ({ p, g, m, v, schedule }, { weightDecay }) => {
    const [learningRate, first, second] = tf.unstack(schedule) as [tf.Scalar, tf.Scalar, tf.Scalar]
    const grad = tf.add(g, tf.mul(p, weightDecay))
    const mean = tf.add(tf.mul(m, beta1), tf.mul(grad, 1 - beta1))
    const square = tf.add(tf.mul(v, beta2), tf.mul(tf.square(grad), 1 - beta2))
    const below = tf.add(tf.mul(tf.sqrt(square), second), epsilon)
    return { pOut: tf.sub(p, tf.div(tf.mul(tf.mul(mean, learningRate), first), below)), mOut: mean, vOut: square }
  },
})

export const sgdOp = defineOp({
  name: 'SgdUpdate',
  inputs: ['p', 'g', 'm', 'schedule'],
  outputs: ({ p }) => ({ pOut: p, mOut: p }),
  twin: (inputs, outputs, _, attrs: SgdAttrs) => sgd(inputs, outputs, attrs),
  wgsl: sgdWgsl,
  stock: ({ p, g, m, schedule }, { weightDecay, momentum }) => {
    const velocity = tf.add(tf.mul(m, momentum), tf.add(g, tf.mul(p, weightDecay)))
    return { pOut: tf.sub(p, tf.mul(velocity, tf.slice(schedule, 0, 1))), mOut: velocity }
  },
})

/**
 * One Adam update of all parameters, in one flat tensor like their gradients and moments: new parameters, first and second
 * moments. Nothing is changed in place: packed weights are cached by tensor.
 * @param schedule from `scheduleOf`; a tensor, since the launches of a step are recorded once and repeated
 */
export function adamUpdate<T extends tf.Tensor>(p: T, g: T, m: T, v: T, schedule: tf.Tensor1D, attrs: AdamAttrs): [T, T, T] {
  const { pOut, mOut, vOut } = adamOp.run({ p, g, m, v, schedule }, attrs)
  return [pOut as T, mOut as T, vOut as T]
}

/** One SGD update with momentum and coupled L2: new parameters and velocity. */
export function sgdUpdate<T extends tf.Tensor>(p: T, g: T, m: T, schedule: tf.Tensor1D, attrs: SgdAttrs): [T, T] {
  const { pOut, mOut } = sgdOp.run({ p, g, m, schedule }, attrs)
  return [pOut as T, mOut as T]
}

import * as tf from '@tensorflow/tfjs-core'
import { adamUpdate, sgdUpdate } from '../kernels/parameter-update/parameter-update'

/** All parameters of the networks in one flat tensor, with the optimiser's state: Adam's two moments, or SGD's velocity in m. */
export interface Trained {
  parameters: tf.Tensor1D
  m: tf.Tensor1D
  v: tf.Tensor1D | null
}

export interface Optimiser {
  optimizer: 'adam' | 'sgd'
  weightDecay: number
  momentum: number
}

/**
 * One update of every parameter. The arguments stay unchanged, and the caller owns the result.
 * @param schedule learning rate and bias corrections, from `scheduleOf`
 */
export function update({ parameters, m, v }: Trained, gradients: tf.Tensor1D, schedule: tf.Tensor1D, optimiser: Optimiser): Trained {
  const { weightDecay, momentum } = optimiser
  const updated = tf.tidy(() =>
    v
      ? adamUpdate(parameters, gradients, m, v, schedule, { weightDecay })
      : sgdUpdate(parameters, gradients, m, schedule, { weightDecay, momentum }),
  )
  return { parameters: updated[0], m: updated[1], v: updated[2] ?? null }
}

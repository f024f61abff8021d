import * as tf from '@tensorflow/tfjs-core'
import { adamUpdate, sgdUpdate } from '../kernels/parameter-update'
import { dispose, type Parameters } from './parameters'

/** What an optimiser remembers of each parameter: Adam's two moments, or SGD's velocity in `m`. */
export interface Moments {
  m: Parameters
  v: Parameters
}

export interface Schedule {
  optimizer: 'adam' | 'sgd'
  learningRate: number
  weightDecay: number
  momentum: number
}

/** Moments of zero for the parameters given. */
export function noMoments(parameters: Parameters, optimizer: Schedule['optimizer']): Moments {
  const zeros = () => Object.fromEntries(Object.entries(parameters).map(([name, p]) => [name, tf.zerosLike(p)]))
  return { m: zeros(), v: optimizer === 'adam' ? zeros() : {} }
}

/**
 * One update of every parameter. State in, state out: the arguments stay as they are, and the caller owns the result.
 * @param t number of this update, from 1
 */
export function update(
  parameters: Parameters,
  grads: Parameters,
  moments: Moments,
  schedule: Schedule,
  t: number,
): { parameters: Parameters; moments: Moments } {
  const next = { parameters: {} as Parameters, moments: { m: {}, v: {} } as Moments }
  const { learningRate, weightDecay, momentum } = schedule
  for (const [name, p] of Object.entries(parameters)) {
    const g = grads[name]!
    const m = moments.m[name]!
    if (schedule.optimizer === 'adam') {
      const [pOut, mOut, vOut] = tf.tidy(() => adamUpdate(p, g, m, moments.v[name]!, { learningRate, weightDecay, t }))
      next.parameters[name] = pOut
      next.moments.m[name] = mOut
      next.moments.v[name] = vOut
    } else {
      const [pOut, mOut] = tf.tidy(() => sgdUpdate(p, g, m, { learningRate, weightDecay, momentum }))
      next.parameters[name] = pOut
      next.moments.m[name] = mOut
    }
  }
  return next
}

export function disposeMoments({ m, v }: Moments): void {
  dispose(m, v)
}

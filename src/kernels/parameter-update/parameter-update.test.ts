import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { hostBackends, useHostBackend } from '../testing/host-backends.test-support'
import { relativeError } from '../testing/values'
import { adamUpdate, sgdUpdate } from './parameter-update'
import { scheduleOf } from './parameter-update.twin'

describe.each(hostBackends)('on %s', (backend) => {
  beforeAll(() => useHostBackend(backend))

  // Three updates of torch 1.13: p = [1, -2], gradients [0.5, -1], [0.25, 3], [-1, 0.1];
  // Adam(lr=0.1, weight_decay=0.01) and SGD(lr=0.1, momentum=0.9, weight_decay=0.01), in float64.
  test('Adam and SGD follow PyTorch', () => {
    const gradients = [
      [0.5, -1],
      [0.25, 3],
      [-1, 0.1],
    ]
    tf.tidy(() => {
      const schedule = (t: number) => tf.tensor1d(scheduleOf(0.1, t))
      let p: tf.Tensor = tf.tensor1d([1, -2])
      let m: tf.Tensor = tf.zeros([2])
      let v: tf.Tensor = tf.zeros([2])
      gradients.forEach((g, i) => ([p, m, v] = adamUpdate(p, tf.tensor1d(g), m, v, schedule(i + 1), { weightDecay: 0.01 })))
      expect(relativeError(p.dataSync<'float32'>(), Float32Array.of(...[0.8258477699317025, -1.9880138710860282]))).toBeLessThan(1e-6)
      p = tf.tensor1d([1, -2])
      m = tf.zeros([2])
      gradients.forEach((g) => ([p, m] = sgdUpdate(p, tf.tensor1d(g), m, schedule(1), { weightDecay: 0.01, momentum: 0.9 })))
      expect(relativeError(p.dataSync<'float32'>(), Float32Array.of(...[0.9116097489999999, -2.2978694980000003]))).toBeLessThan(1e-6)
    })
  })
})

import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../lib/random'
import { setEngine } from '../engine'
import { dropout } from './dropout'
import { hostBackends, useHostBackend } from '../testing/host-backends.test-support'

describe.each(hostBackends)('on %s', (backend) => {
  beforeAll(() => useHostBackend(backend))

  test.each([0, 0.1, 0.5, 0.9])('dropout with p = %f takes draw i for value i, forward and backward, with either engine', (p) => {
    tf.tidy(() => {
      const values = Random.key(4, 'dropout', 7)
      const key = { values, tensor: tf.tensor1d(values) }
      const x = tf.reshape(tf.range(1, 1 + 3 * 5 * 7 * 2), [3, 5, 7, 2])
      const dy = tf.reshape(tf.range(0, x.size), x.shape)
      const random = new Random(4, 'dropout', 7)
      const factor = Array.from({ length: x.size }, () => (random.uniform() < p ? 0 : 1 / (1 - p)))
      for (const engine of ['stock', 'ours'] as const) {
        setEngine(engine)
        const y = dropout(x, key, p)
        const dx = tf.grad((x) => dropout(x, key, p))(x, dy)
        const [forward, backward] = [y.dataSync(), dx.dataSync()]
        factor.forEach((v, i) => {
          expect(forward[i]).toBeCloseTo(v * (i + 1), 3)
          expect(backward[i]).toBeCloseTo(v * i, 3)
        })
      }
      const kept = factor.filter((v) => v > 0).length / x.size
      expect(Math.abs(kept - (1 - p))).toBeLessThan(0.12)
    })
  })
})

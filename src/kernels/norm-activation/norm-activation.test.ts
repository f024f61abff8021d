import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { hostBackends, useHostBackend } from '../testing/host-backends.test-support'
import { relativeError } from '../testing/values'
import { groupNormLeakyRelu } from './norm-activation'

describe.each(hostBackends)('on %s', (backend) => {
  beforeAll(() => useHostBackend(backend))

  test('a constant picture is normalised to its offset', () => {
    tf.tidy(() => {
      const x = tf.fill([1, 4, 4, 2], 1e3) as tf.Tensor4D
      const y = groupNormLeakyRelu(x, tf.zeros([1, 2]), tf.ones([1, 2]), tf.tensor2d([[0.5, -2]]), 1, 0.01)
      const want = Float32Array.from({ length: 32 }, (_, i) => (i % 2 ? -0.02 : 0.5))
      expect(relativeError(y.dataSync<'float32'>(), want)).toBeLessThan(1e-5)
    })
  })
})

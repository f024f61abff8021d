import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { Random } from '../../lib/random'
import { convCase, convErrors } from '../conv2d/conv-case.test-support'
import { useHostBackend } from '../testing/host-backends.test-support'
import { sizesOf } from '../testing/values'

beforeAll(() => useHostBackend('wasm'))

test('tf.conv2d has its gradients on wasm, including the filter’s', async () => {
  for (let i = 0; i < 15; i++) {
    const random = new Random(i, 'stock convolution')
    const { images, height, width, channels } = sizesOf(random, i)
    for (const k of [1, 3]) {
      const c = convCase([images, height, width, channels], [k, k, channels, 1 + random.integer(5)], [1, 1], 'same')
      for (const error of await convErrors(c, i)) expect(error).toBeLessThan(1e-4)
    }
  }
})

test('other strides are refused', () => {
  const gradient = () =>
    tf.grad((w) => tf.sum(tf.conv2d(tf.ones<tf.Rank.R4>([1, 4, 4, 1]), w as tf.Tensor4D, 2, 'same')))(tf.ones([3, 3, 1, 2]))
  expect(() => tf.tidy(gradient)).toThrow('stride 1')
})

import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { conv2d } from '../conv2d/conv2d'
import { currentEngine } from '../engine'
import { useSoftwareWebgpu } from '../testing/dawn.test-support'
import { relativeError } from '../testing/values'
import { useEngine } from './overrides'

useSoftwareWebgpu()

test('the stock engine has the kernels of tfjs alone, and ours come back', async () => {
  const softmax = () => tf.getKernel('Softmax', 'webgpu')!.kernelFunc
  const ours = softmax()
  const x = tf.randomUniform<tf.Rank.R4>([2, 5, 5, 4], -1, 1, 'float32', 3)
  const w = tf.randomUniform<tf.Rank.R5>([2, 3, 3, 4, 4], -1, 1, 'float32', 4)
  const run = () =>
    tf.tidy(() => {
      const [dx, dw] = tf.grads((x: tf.Tensor, w: tf.Tensor) => tf.sum(tf.square(conv2d(x as tf.Tensor4D, w as tf.Tensor5D))))([x, w])
      return [dx!, dw!]
    })
  const read = async () => {
    const tensors = run()
    const values = await Promise.all(tensors.map((t) => t.data<'float32'>()))
    tf.dispose(tensors)
    return values
  }
  useEngine('ours')
  const want = await read()
  useEngine('stock')
  expect(softmax()).not.toBe(ours)
  expect(currentEngine()).toBe('stock')
  const got = await read()
  useEngine('ours')
  expect(currentEngine()).toBe('ours')
  want.forEach((values, i) => expect(relativeError(got[i]!, values)).toBeLessThan(1e-5))
  tf.dispose([x, w])
})

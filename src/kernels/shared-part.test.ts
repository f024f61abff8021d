import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { Random } from '../lib/random'
import { conv2d } from './conv2d/conv2d'
import { canShare, partAlignment, sharedPart, unwritten } from './shared-part'
import { useHostBackend } from './testing/host-backends.test-support'
import { normals } from './testing/values'

beforeAll(() => useHostBackend('wasm'))

test('a part has the values of the whole, and leaves them when it is disposed of', () => {
  expect(canShare()).toBe(true)
  const values = normals(new Random(1), 4 * partAlignment)
  const flat = tf.tensor1d(values)
  const before = tf.memory().numTensors
  const part = sharedPart(flat, partAlignment, [2, 32])
  // Clones share the data, as on the gradient tape.
  const copy = tf.clone(part)
  part.dispose()
  expect(copy.dataSync()).toEqual(values.slice(partAlignment, 2 * partAlignment))
  // Stock kernels can read it.
  expect(tf.tidy(() => tf.neg(copy).dataSync())).toEqual(values.slice(partAlignment, 2 * partAlignment).map((x) => -x))
  copy.dispose()
  expect(tf.memory().numTensors).toBe(before)
  // Had the memory been freed, this would be handed it.
  const others = Array.from({ length: 50 }, () => tf.ones([partAlignment]))
  expect(flat.dataSync()).toEqual(values)
  tf.dispose([flat, others])
})

test('the gradient of a parameter is written into the flat gradients, once', () => {
  const random = new Random(2)
  const shape: [number, number, number, number, number] = [2, 3, 3, 4, 8]
  const size = tf.util.sizeFromShape(shape)
  const values = normals(random, partAlignment + size)
  const x = tf.tensor4d(normals(random, 4 * 6 * 6 * 4), [4, 6, 6, 4])
  const [flat, whole] = [tf.tensor1d(values), tf.tensor5d(values.slice(partAlignment), shape)]
  const gradients = unwritten(flat)
  const loss = (w: tf.Tensor) => tf.sum(tf.square(conv2d(x, w as tf.Tensor5D)))
  const want = tf.tidy(() => tf.grad(loss)(whole).dataSync())
  const part = sharedPart(flat, partAlignment, shape, gradients)
  tf.tidy(() => void tf.grad(loss)(part))
  // What lies before it is no gradient.
  expect(gradients.dataSync().slice(partAlignment)).toEqual(want)
  expect(() => tf.tidy(() => tf.grad(loss)(part))).toThrow('one differentiated operation only')
  tf.dispose([flat, whole, gradients, part, x])
})

import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../lib/random'
import { useSoftwareWebgpu } from '../testing/dawn.test-support'
import { normals, relativeError } from '../testing/values'
import { softmaxTwin } from './softmax.twin'

useSoftwareWebgpu()

describe('softmax', () => {
  test('is right with more than 65,535 rows, in the last row too', async () => {
    const logits = normals(new Random(6), 2 * 256 * 256 * 4)
    const got = await tf.tidy(() => tf.softmax(tf.tensor4d(logits, [2, 256, 256, 4]))).data<'float32'>()
    expect(relativeError(got, softmaxTwin(logits, 4))).toBeLessThan(1e-6)
  })

  test('agrees with its twin on random shapes and large logits', async () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 0, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(
        shapes,
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom(1, 100, 1e4),
        fc.nat(),
        async (outer, columns, scale, seed) => {
          const shape = [...outer, columns]
          const logits = normals(new Random(seed), tf.util.sizeFromShape(shape)).map((v) => scale * v)
          const result = tf.tidy(() => tf.softmax(tf.tensor(logits, shape)))
          expect(relativeError(await result.data<'float32'>(), softmaxTwin(logits, columns))).toBeLessThan(1e-5)
          result.dispose()
        },
      ),
      { numRuns: 20, seed: 7 },
    )
  })

  test('and the twin agrees with tfjs on the cpu', async () => {
    const before = tf.getBackend()
    await tf.setBackend('cpu')
    const logits = normals(new Random(2), 35).map((v) => 30 * v)
    expect(relativeError(softmaxTwin(logits, 5), tf.softmax(tf.tensor2d(logits, [7, 5])).dataSync<'float32'>())).toBeLessThan(1e-6)
    await tf.setBackend(before)
  })
})

import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { Random } from '../../lib/random'
import { softmaxTwin } from '../overrides/softmax-twin'
import { convCases, convErrors, normals, relativeError } from '../testing/conv-case.test-support'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

test('the convolution twins agree with tfjs on the cpu', async () => {
  await fc.assert(
    fc.asyncProperty(convCases, fc.nat(), async (c, seed) => {
      for (const error of await convErrors(c, seed)) expect(error).toBeLessThan(1e-5)
    }),
    { numRuns: 40, seed: 1 },
  )
})

test('the softmax twin agrees with tfjs on the cpu', () => {
  const logits = normals(new Random(2), 35).map((v) => 30 * v)
  expect(relativeError(softmaxTwin(logits, 5), tf.softmax(tf.tensor2d(logits, [7, 5])).dataSync<'float32'>())).toBeLessThan(1e-6)
})

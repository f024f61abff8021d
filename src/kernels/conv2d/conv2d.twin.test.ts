import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { convCases, convErrors } from './conv-case.test-support'

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

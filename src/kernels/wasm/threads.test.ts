import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe, expect, test } from 'vitest'
import { modelConvErrors } from '../conv2d/conv-case.test-support'
import { testAgainstStock, testKernels } from '../testing/harness.test-support'
import { relaxedOrNot } from '../testing/simd-kernels.test-support'
import { threadsInUse } from './simd'
import { openThreads } from './threads.test-support'

describe.each(relaxedOrNot)('relaxed SIMD %s', (relaxed) => {
  beforeAll(async () => {
    tf.enableProdMode()
    await openThreads(relaxed)
    expect(threadsInUse()).toBe(3)
  })

  testKernels('simd')
  testAgainstStock('cpu')

  // By Winograd's algorithm in tiles of 4 x 4 and of 2 x 2, and without; with rows that make no whole tile.
  test.each([
    { height: 33, width: 34, k: 3 },
    { height: 11, width: 10, k: 3 },
    { height: 13, width: 6, k: 5 },
    { height: 10, width: 9, k: 1 },
  ])('the rows of one and two images, $height x $width under filters of $k, are shared out', async (sizes) => {
    for (const batch of [1, 2])
      for (const models of [1, 2]) {
        const c = { ...sizes, models, batch, inChannels: 16, outChannels: 8, bias: true, inputGradient: true }
        for (const error of await modelConvErrors(c, batch)) expect(error).toBeLessThan(1e-5)
      }
  })

  // Fewer images than threads; as many; a number that threads do not divide.
  test.each([1, 2, 3, 7])('convolutions and gradients of %i images on three threads agree with their twins', async (batch) => {
    for (let seed = 0; seed < 20; seed++) {
      const sizes = { models: 2, batch, height: 9, width: 10, inChannels: 4 + (seed % 3) * 4, outChannels: 8, k: 3 }
      for (const error of await modelConvErrors({ ...sizes, bias: seed % 2 === 0, inputGradient: true }, seed))
        expect(error).toBeLessThan(1e-5)
    }
  })
})

import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { useHostBackend } from '../testing/host-backends.test-support'
import { relaxedOrNot } from '../testing/simd-kernels.test-support'
import { sideOf } from './simd'
import { convCase, convErrors, modelConvErrors, type ConvCase, type ModelConvCase } from './conv-case.test-support'

const channels = fc.constantFrom(8, 16, 24, 40)
const sides = fc.integer({ min: 1, max: 33 })

/** What the convolutions have that Winograd's algorithm does: odd sides, incomplete tiles. */
const sizes = { batch: fc.integer({ min: 1, max: 3 }), height: sides, width: sides, inChannels: channels, outChannels: channels }

const convolutions: fc.Arbitrary<ModelConvCase> = fc.record({
  ...sizes,
  models: fc.constantFrom(1, 2, 3),
  k: fc.constant(3),
  bias: fc.boolean(),
  inputGradient: fc.constant(true),
})

/** The gradient of the filter is also asked for by tfjs, with borders of every width. */
const bordered: fc.Arbitrary<ConvCase> = fc
  .record({ ...sizes, pad: fc.constantFrom<ConvCase['pad']>('valid', 1, 3) })
  .filter(({ height, width, pad }) => pad !== 'valid' || (height >= 3 && width >= 3))
  .map((c) => convCase([c.batch, c.height, c.width, c.inChannels], [3, 3, c.inChannels, c.outChannels], [1, 1], c.pad))

const tried = { numRuns: 30, seed: 3 }

describe.each(relaxedOrNot)('Winograd convolutions, relaxed SIMD %s', (relaxed) => {
  beforeAll(() => useHostBackend('wasm', relaxed))

  test('agree with tfjs on the cpu, and so do both gradients', async () => {
    await fc.assert(
      fc.asyncProperty(convolutions, fc.nat(), async (c, seed) => {
        for (const error of await modelConvErrors(c, seed)) expect(error).toBeLessThan(4e-6)
      }),
      tried,
    )
  })

  test('agree with the twin in the gradient of the filter, whatever the border', async () => {
    await fc.assert(
      fc.asyncProperty(bordered, fc.nat(), async (c, seed) => {
        expect((await convErrors(c, seed))[2]).toBeLessThan(4e-6)
      }),
      { numRuns: 60, seed: 3 },
    )
  })

  test('are tried in tiles of both sides', () => {
    const sizesTried = fc.sample(convolutions, tried).map(({ models, batch, height, width, inChannels, outChannels }) => {
      const out = { outHeight: height, outWidth: width, filterHeight: 3, filterWidth: 3, padTop: 1, padLeft: 1 }
      return { models, images: batch, height, width, inChannels, outChannels, ...out }
    })
    for (const operation of ['convolution', 'gradient'] as const)
      expect(new Set(sizesTried.map((size) => sideOf(size, operation)))).toEqual(new Set([2, 4]))
  })

  // Several parts to an image, several images to a part, and a last part that is incomplete.
  test.each([
    [1, 131, 30, 16, 8],
    [2, 37, 34, 24, 16],
    [3, 19, 23, 40, 64],
    [7, 9, 15, 16, 24],
    [9, 4, 4, 128, 32],
    [5, 7, 5, 64, 40],
  ])('agree where parts and images are %i x %i x %i x %i, to %i', async (batch, height, width, inChannels, outChannels) => {
    const c = { models: 2, batch, height, width, inChannels, k: 3, outChannels, bias: false, inputGradient: true }
    for (const error of await modelConvErrors(c, 4)) expect(error).toBeLessThan(4e-6)
    expect(tf.memory().numTensors).toBe(0)
  })
})

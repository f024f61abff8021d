import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { casesHere, useSoftwareWebgpu } from '../testing/dawn.test-support'
import { modelConvCases, modelConvErrors, type ModelConvCase } from './conv-case.test-support'
import { convOps, softwareTable, useVariants, variantsOf, withVariant } from './variants'

useSoftwareWebgpu()

test(
  'convolutions along a model axis, with their gradients, agree with tfjs on the cpu on small random shapes',
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(modelConvCases, fc.nat(), async (c, seed) => {
        for (const error of await modelConvErrors(c, seed)) expect(error).toBeLessThan(1e-5)
      }),
      { numRuns: casesHere(40), seed: 8 },
    )
  },
)

// Many lines in several chunks; few pixels and many channels; the heads' 1x1.
test.each([
  [40, 36, 8, 3, 16],
  [4, 4, 64, 3, 32],
  [33, 31, 8, 1, 3],
  [33, 31, 1, 3, 8],
])('and on layers of a U-Net: %i x %i x %i, filter %i, to %i', async (height, width, inChannels, k, outChannels) => {
  const c = { models: 2, batch: 2, height, width, inChannels, k, outChannels, bias: true, inputGradient: true }
  for (const error of await modelConvErrors(c, 4)) expect(error).toBeLessThan(1e-5)
})

const variants = convOps.flatMap((op) => variantsOf[op].map((variant) => ({ op, variant })))
describe.each(variants)('the form $variant of $op', ({ op, variant }) => {
  beforeEach(() => useVariants(withVariant(softwareTable, op, variant)))
  afterEach(() => useVariants(softwareTable))

  // Each kind of vector, tiles that reach over images and models, more than one step and tile. Few, for a pipeline takes SwiftShader a second.
  test.each<Partial<ModelConvCase>>([
    { height: 13, width: 6, inChannels: 8, outChannels: 12, k: 3 },
    { height: 5, width: 4, inChannels: 68, outChannels: 72, k: 3 },
    { height: 9, width: 7, inChannels: 1, outChannels: 6, k: 5, models: 3, batch: 1 },
    { height: 3, width: 5, inChannels: 3, outChannels: 4, k: 1, models: 1 },
  ])('agrees with tfjs on the cpu: %o', async (c) => {
    const filled: ModelConvCase = {
      models: 2,
      batch: 2,
      height: 1,
      width: 1,
      inChannels: 1,
      outChannels: 1,
      k: 1,
      bias: true,
      inputGradient: true,
      ...c,
    }
    for (const error of await modelConvErrors(filled, 9)) expect(error).toBeLessThan(1e-5)
    if (filled.inChannels % 4 !== 0) return
    // Each of x and the gradient of y is rounded by up to 2^-11, and so is the result.
    const errors = await modelConvErrors(filled, 9, 'f16')
    expect(Math.max(...errors)).toBeGreaterThan(1e-5)
    for (const error of errors) expect(error).toBeLessThan(2e-3)
  })
})

test('gradients leave no tensor and no GPU memory behind', async () => {
  const c = { models: 2, batch: 1, height: 16, width: 16, inChannels: 8, outChannels: 8, k: 3, bias: true, inputGradient: true }
  const memory = () => tf.memory() as tf.MemoryInfo & { numBytesInGPU: number }
  await modelConvErrors(c, 5)
  const { numTensors, numDataBuffers, numBytesInGPU } = memory()
  for (let i = 0; i < 3; i++) await modelConvErrors(c, 5)
  expect(memory()).toMatchObject({ numTensors, numDataBuffers, numBytesInGPU })
})

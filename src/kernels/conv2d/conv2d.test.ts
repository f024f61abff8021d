import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostBackends, useHostBackend } from '../testing/host-backends.test-support'
import { modelConvCases, modelConvErrors } from './conv-case.test-support'
import { conv2d } from './conv2d'

describe.each(hostBackends)('convolution along a model axis on %s', (backend) => {
  beforeAll(() => useHostBackend(backend))

  test('agrees with tfjs on the cpu, and so do its gradients', async () => {
    await fc.assert(
      fc.asyncProperty(modelConvCases, fc.nat(), async (c, seed) => {
        for (const error of await modelConvErrors(c, seed)) expect(error).toBeLessThan(1e-5)
      }),
      { numRuns: 60, seed: 1 },
    )
  })

  test('gives each model its own filter and bias', () => {
    const y = tf.tidy(() => conv2d(tf.ones([4, 1, 1, 1]), tf.tensor5d([2, 3], [2, 1, 1, 1, 1]), tf.tensor2d([10, 20], [2, 1])).dataSync())
    expect([...y]).toEqual([12, 12, 23, 23])
  })

  test('refuses shapes that do not go together', () => {
    expect(() => tf.tidy(() => conv2d(tf.ones([3, 4, 4, 1]), tf.ones([2, 3, 3, 1, 4])))).toThrow(
      'images [3,4,4,1] with filters [2,3,3,1,4]',
    )
    expect(() => tf.tidy(() => conv2d(tf.ones([2, 4, 4, 1]), tf.ones([2, 2, 2, 1, 4])))).toThrow('filters [2,2,2,1,4]')
    expect(() => tf.tidy(() => conv2d(tf.ones([2, 4, 4, 1]), tf.ones([2, 3, 3, 1, 4]), tf.ones([2, 3])))).toThrow('biases [2,3]')
  })
})

describe('on wasm', () => {
  beforeAll(() => useHostBackend('wasm'))

  // Several parts to an image, and several images to a part; the last of each incomplete.
  test.each([
    [2, 70, 67, 8, 3, 12],
    [1, 131, 130, 16, 3, 8],
    [1, 150, 151, 1, 3, 8],
    [7, 9, 8, 16, 3, 24],
    [3, 4, 4, 64, 3, 32],
    [2, 33, 31, 8, 1, 3],
    [2, 20, 20, 8, 5, 4],
  ])(
    'convolution and gradients agree with tfjs on the cpu on layers of a U-Net: %i x %i x %i x %i, filter %i, to %i',
    async (batch, height, width, inChannels, k, outChannels) => {
      const c = { models: 2, batch, height, width, inChannels, k, outChannels, bias: true, inputGradient: true }
      for (const error of await modelConvErrors(c, 4)) expect(error).toBeLessThan(1e-5)
    },
  )
})

describe('convolution without our kernels', () => {
  beforeAll(async () => {
    await useHostBackend('cpu')
    tf.copyRegisteredKernels('cpu', 'stock')
    for (const { kernelName } of tf.getKernelsForBackend('stock').filter(({ kernelName }) => kernelName.startsWith('Model')))
      tf.unregisterKernel(kernelName, 'stock')
    tf.registerBackend('stock', tf.findBackendFactory('cpu'))
    await tf.setBackend('stock')
  })
  afterAll(() => tf.removeBackend('stock'))

  test('is composed of plain operations and agrees with our kernels', async () => {
    await fc.assert(
      fc.asyncProperty(modelConvCases, fc.nat(), async (c, seed) => {
        for (const error of await modelConvErrors(c, seed)) expect(error).toBeLessThan(1e-5)
      }),
      { numRuns: 10, seed: 2 },
    )
  })
})

test('a thousand convolutions with their gradients leave the wasm heap and the count of tensors as they were', async () => {
  await useHostBackend('wasm')
  const wasm = (tf.backend() as BackendWasm).wasm as unknown as {
    _malloc: (bytes: number) => number
    _free: (at: number) => void
    HEAPU8: Uint8Array
  }
  const [x, w, bias] = [tf.ones([4, 8, 8, 8]), tf.ones([2, 3, 3, 8, 8]), tf.ones([2, 8])]
  const once = () =>
    tf.tidy(() => {
      const f = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => tf.sum(conv2d(x as tf.Tensor4D, w as tf.Tensor5D, b as tf.Tensor2D))
      tf.grads((x, w, b) => f(x!, w!, b!))([x, w, bias])
    })
  // Where the allocator puts a large block tells of leaks long before the heap has to grow.
  const probe = () => {
    const at = wasm._malloc(100_000)
    wasm._free(at)
    return [at, wasm.HEAPU8.length, tf.memory().numTensors, tf.memory().numBytes, tf.backend().numDataIds()]
  }
  for (let i = 0; i < 20; i++) once()
  const before = probe()
  for (let i = 0; i < 1000; i++) once()
  expect(probe()).toEqual(before)
  tf.dispose([x, w, bias])
})

import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import '#gradients'
import { beforeAll, expect, test } from 'vitest'
import { Random } from '../../lib/random'
import { runKernel } from '../heap'
import { normActivation, normActivationGrad } from '../norm-activation/norm-activation'
import { modelConvErrors, normals, relativeError } from '../testing/conv-case.test-support'
import { readSimdKernels } from '../testing/simd-kernels.test-support'
import { registerWasmKernels } from './register'
import { loadSimd } from './simd'
import { threadedBackend } from './threads'

beforeAll(async () => {
  tf.enableProdMode()
  const register = await threadedBackend({
    binary: createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm'),
    script: fileURLToPath(new URL('thread.js', import.meta.url)),
  })
  register()
  expect(await tf.setBackend('wasm')).toBe(true)
  registerWasmKernels()
  await loadSimd(readSimdKernels, 3)
})

// Fewer images than threads; as many; a number that threads do not divide.
test.each([1, 2, 3, 7])('convolutions and gradients of %i images on three threads agree with their twins', async (batch) => {
  for (let seed = 0; seed < 20; seed++) {
    const sizes = { models: 2, batch, height: 9, width: 10, inChannels: 4 + (seed % 3) * 4, outChannels: 8, k: 3 }
    for (const error of await modelConvErrors({ ...sizes, bias: seed % 2 === 0, inputGradient: true }, seed))
      expect(error).toBeLessThan(1e-5)
  }
})

test.each([1, 2, 5])('norm, activation and gradient of %i images on three threads agree with their twins', async (batch) => {
  const [shape, groups, C] = [[batch, 6, 5, 8], 2, 8]
  const size = batch * 6 * 5 * C
  const random = new Random(batch)
  const [x, dy] = [normals(random, size), normals(random, size)]
  const [bias, gamma, beta] = [normals(random, C), normals(random, C), normals(random, C)]
  const attrs = { groups, slope: 0.01 }
  const [y, stats] = [new Float32Array(size), new Float32Array(batch * groups * 2)]
  normActivation(x, bias, gamma, beta, y, stats, shape, attrs)
  const want = [size, C, C, C].map((n) => new Float32Array(n)) as [Float32Array, Float32Array, Float32Array, Float32Array]
  normActivationGrad(dy, x, bias, gamma, beta, stats, ...want, shape, attrs)
  tf.tidy(() => {
    const inputs = { x: tf.tensor(x, shape), bias: tf.tensor(bias, [1, C]), gamma: tf.tensor(gamma, [1, C]), beta: tf.tensor(beta, [1, C]) }
    const forward = runKernel('NormActivation', inputs, attrs)
    expect(relativeError(forward[0]!.dataSync<'float32'>(), y)).toBeLessThan(2e-5)
    expect(relativeError(forward[1]!.dataSync<'float32'>(), stats)).toBeLessThan(1e-5)
    const got = runKernel('NormActivationGrad', { ...inputs, dy: tf.tensor(dy, shape), stats: forward[1]! }, attrs)
    got.forEach((t, i) => expect(relativeError(t.dataSync<'float32'>(), want[i]!), `output ${i}`).toBeLessThan(1e-4))
  })
})

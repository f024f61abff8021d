import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import '#gradients'
import { afterEach, expect, test, vi } from 'vitest'
import { modelConvErrors } from '../conv2d/conv-case.test-support'
import { LostError } from '../lost-error'
import { useEngine } from '../overrides/overrides'
import { readSimdKernels } from '../testing/simd-kernels.test-support'
import { loadSimd } from './simd'
import { dropWasm, threadedBackend } from './threads'

const sizes = { models: 2, batch: 4, height: 9, width: 10, inChannels: 8, outChannels: 8, k: 3, bias: true, inputGradient: true }

async function openThreads(): Promise<void> {
  const register = await threadedBackend({
    binary: createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm'),
    script: fileURLToPath(new URL('thread.js', import.meta.url)),
  })
  register()
  useEngine('ours')
  expect(await tf.setBackend('wasm')).toBe(true)
  await loadSimd(readSimdKernels, 3)
}

afterEach(() => vi.restoreAllMocks())

test('a thread that was ended is noticed, and wasm opened anew computes again', async () => {
  await openThreads()
  const { PThread } = (tf.backend() as BackendWasm).wasm as unknown as { PThread: { unusedWorkers: { terminate: () => Promise<number> }[] } }
  await PThread.unusedWorkers[0]!.terminate()
  // Each look at the clock is a second later: nobody waits for the patience to end.
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000))
  await expect(modelConvErrors(sizes, 1)).rejects.toThrow(LostError)
  vi.restoreAllMocks()
  dropWasm()
  await openThreads()
  for (const error of await modelConvErrors(sizes, 1)) expect(error).toBeLessThan(1e-5)
})

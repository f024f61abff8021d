import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import '#gradients'
import { expect } from 'vitest'
import { useEngine } from '../overrides/overrides'
import { readSimdKernels } from '../testing/simd-kernels.test-support'
import { loadSimd } from './simd'
import { threadedBackend } from './threads'

export const threadScript = fileURLToPath(new URL('thread.js', import.meta.url))

/** Opens wasm with our kernels on three threads. */
export async function openThreads(relaxed?: boolean, script = threadScript): Promise<void> {
  const register = await threadedBackend({
    binary: createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm'),
    script,
  })
  register()
  useEngine('ours')
  expect(await tf.setBackend('wasm')).toBe(true)
  await loadSimd(readSimdKernels, 3, relaxed)
}

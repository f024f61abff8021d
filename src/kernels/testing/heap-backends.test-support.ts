import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '#gradients'
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm'
import { registerWasmKernels } from '../wasm/register'
import { loadSimd } from '../wasm/simd'
import { readSimdKernels } from './simd-kernels.test-support'

/** Backends on which the twins run as kernels. */
export const heapBackends = ['cpu', 'wasm'] as const

/** Makes one of them active, as a session does. */
export async function useHeapBackend(name: (typeof heapBackends)[number]): Promise<void> {
  tf.enableProdMode()
  if (name === 'wasm') {
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
    setThreadsCount(1)
  }
  if (!(await tf.setBackend(name))) throw new Error(`the ${name} backend did not start`)
  if (name === 'wasm') {
    registerWasmKernels()
    await loadSimd(readSimdKernels)
  }
}

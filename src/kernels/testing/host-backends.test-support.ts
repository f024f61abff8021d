import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '#gradients'
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm'
import type { hostBackends } from '../host-kernel'
import { useEngine } from '../overrides/overrides'
import { hasRelaxedSimd, loadSimd, simd } from '../wasm/simd'
import { readSimdKernels } from './simd-kernels.test-support'

export { hostBackends } from '../host-kernel'

/** Activates a backend whose memory is accessible to plain code, as a session does: wasm with SIMD on one thread, relaxed where that runs. */
export async function useHostBackend(name: (typeof hostBackends)[number], relaxed = hasRelaxedSimd()): Promise<void> {
  tf.enableProdMode()
  useEngine('ours')
  if (name === 'wasm') {
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
    setThreadsCount(1)
  }
  if (!(await tf.setBackend(name))) throw new Error(`the ${name} backend did not start`)
  if (name === 'wasm') {
    await loadSimd(readSimdKernels, 1, relaxed)
    if (!simd()) throw new Error('the SIMD kernels were not loaded: the twins would be compared with themselves')
  }
}

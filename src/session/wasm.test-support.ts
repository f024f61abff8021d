import { readSimdKernels } from '../kernels/testing/simd-kernels.test-support'
import { openBackend, type Platform } from './backend'
import type { BackendInfo } from './events'

/** Node with our kernels, on one thread. */
export const withoutGpu: Platform = {
  webgpu: () => Promise.resolve(null),
  wasmPaths: null,
  tuningStore: null,
  simdKernels: readSimdKernels,
  threadFiles: null,
}

/** Opens wasm with our kernels on one thread, as sessions in tests run on. */
export const openWasm = (): Promise<BackendInfo> => openBackend('wasm', withoutGpu, () => undefined)

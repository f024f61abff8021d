import { readSimdKernels } from '../kernels/testing/simd-kernels.test-support'
import { openBackend } from './backend'
import type { BackendInfo } from './events'

/** Opens wasm with our kernels on one thread, as sessions in tests run on. */
export const openWasm = (): Promise<BackendInfo> =>
  openBackend(
    'wasm',
    { webgpu: () => Promise.resolve(null), wasmPaths: null, tuningStore: null, simdKernels: readSimdKernels, threadFiles: null },
    () => undefined,
  )

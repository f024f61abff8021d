import type * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'

/** A kernel of ours in place of one of tfjs, under its name, or of one that a backend lacks. */
export interface Override {
  kernelName: string
  backendName: 'wasm' | 'webgpu'
  /** Null hands a call on to the stock kernel. */
  kernel: (call: Parameters<tf.KernelFunc>[0]) => tf.TensorInfo | null
  /** True for a kernel that the backend lacks, which stays with the stock engine too. */
  lacking?: boolean
}

/** A call of a kernel on wasm. */
export interface WasmCall {
  inputs: Record<string, tf.TensorInfo>
  attrs: object
  backend: BackendWasm
}

import type * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'

/** A kernel that replaces one of tfjs, under its name, or adds one that a backend lacks. */
export interface Override {
  kernelName: string
  backendName: 'wasm' | 'webgpu'
  /** Null passes a call on to the stock kernel. */
  kernel: (call: Parameters<tf.KernelFunc>[0]) => tf.TensorInfo | tf.TensorInfo[] | null
  /** True for a kernel that the backend lacks; it stays with the stock engine too. */
  lacking?: boolean
}

/** A call of a kernel on wasm. */
export interface WasmCall {
  inputs: Record<string, tf.TensorInfo>
  attrs: object
  backend: BackendWasm
}

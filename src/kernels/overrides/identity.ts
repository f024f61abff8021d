import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WasmCall } from './override'

/**
 * Lets a clone share its data, as on the cpu and WebGPU backends and in this one's Reshape. The stock kernel copies every value, and the
 * gradient tape clones what it saves: 1,491 copies in one R64 step.
 */
export function identity({ inputs, backend }: WasmCall): TensorInfo {
  const { dataId, shape, dtype } = inputs['x']!
  backend.incRef(dataId)
  return { dataId, shape, dtype }
}

import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { currentEngine } from './engine'

/**
 * Tensors that are a part of another's memory. tfjs gives each tensor memory of its own, so that an optimiser has to visit hundreds; as
 * parts of one flat tensor they are updated in one call, and nothing is copied out or back. On WebGPU only kernels started by `launch` know of
 * them: a stock kernel would read from the start of the buffer.
 */
interface SharedPart {
  /** Values before it. */
  offset: number
  /** The flat tensor in which, at the same place, this one's gradient is to be written, until it has been. */
  gradients: tf.TensorInfo | null
}

/** WebGPU binds buffers at multiples of 256 bytes. */
export const partAlignment = 64

const parts = new WeakMap<object, SharedPart>()

export const sharedPartOf = (info: tf.TensorInfo): SharedPart | undefined => parts.get(info.dataId)

type Backend = WebGPUBackend | BackendWasm

function partOn(backend: Backend, flat: tf.TensorInfo, part: SharedPart, shape: number[]): tf.TensorInfo {
  tf.util.assert(
    part.offset % partAlignment === 0,
    () => `A shared part must start at a multiple of ${partAlignment} values, not at ${part.offset}.`,
  )
  const info = 'tensorMap' in backend ? partOnWebgpu(backend, flat, shape) : partOnWasm(backend, flat, part.offset, shape)
  parts.set(info.dataId, part)
  return info
}

function partOnWebgpu(backend: WebGPUBackend, flat: tf.TensorInfo, shape: number[]): tf.TensorInfo {
  backend.uploadToGPU(flat.dataId)
  const { resource } = backend.tensorMap.get(flat.dataId)
  const dataId = backend.write(null as never, shape, 'float32')
  // External: the buffer is not given back when the part is disposed of.
  Object.assign(backend.tensorMap.get(dataId), { resource, external: true })
  return { dataId, shape, dtype: 'float32' }
}

function partOnWasm(backend: BackendWasm, flat: tf.TensorInfo, offset: number, shape: number[]): tf.TensorInfo {
  keepMemoryOfParts(backend)
  return backend.makeOutput(shape, 'float32', backend.getMemoryOffset(flat.dataId) + 4 * offset)
}

const kept = new WeakSet<BackendWasm>()

/** Makes the backend not free the memory of a part with the part. */
function keepMemoryOfParts(backend: BackendWasm): void {
  if (kept.has(backend)) return
  kept.add(backend)
  const dispose = backend.disposeData.bind(backend)
  backend.disposeData = (dataId, force) => {
    const data = parts.has(dataId) ? (backend.dataIdMap.get(dataId) as { refCount: number; memoryOffset: number } | undefined) : undefined
    // Freeing address 0 does nothing.
    if (data && (force || data.refCount <= 1)) data.memoryOffset = 0
    return dispose(dataId, force)
  }
}

/** True where `sharedPart` can be used: with kernels that understand shared parts. */
export const canShare = (): boolean => currentEngine() === 'ours' && ['webgpu', 'wasm'].includes(tf.getBackend())

/**
 * The values of `flat` from `offset` on as a tensor of `shape` that shares its memory and must not outlive it; only where `canShare`.
 * @param gradients where the gradient of the part is to be written, at the same place as in `flat`
 */
export function sharedPart(flat: tf.Tensor1D, offset: number, shape: number[], gradients?: tf.Tensor1D): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(partOn(tf.backend() as Backend, flat, { offset, gradients: gradients ?? null }, shape))
}

/** A tensor like x whose parts are to be written later; only where `canShare`. What lies between its parts is any number. */
export function unwritten<T extends tf.Tensor>(x: T): T {
  const backend = tf.backend() as Backend
  const info = 'tensorMap' in backend ? backend.makeTensorInfo(x.shape, 'float32') : backend.makeOutput(x.shape, 'float32')
  return tf.engine().makeTensorFromTensorInfo(info) as T
}

/**
 * Where the gradient of a parameter goes: its part of the flat gradients, or, if it is no shared part, a tensor of its own.
 * @throws Error the second time: a parameter that two passes use would need a sum
 */
export function gradientPlace(backend: Backend, parameter: tf.TensorInfo): tf.TensorInfo | undefined {
  const part = sharedPartOf(parameter)
  if (!part) return undefined
  if (!part.gradients) throw new Error('A parameter in a flat tensor takes part in one differentiated operation only.')
  const gradient = partOn(backend, part.gradients, { offset: part.offset, gradients: null }, parameter.shape)
  part.gradients = null
  return gradient
}

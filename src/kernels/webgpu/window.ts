import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { currentEngine } from '../engine'

/**
 * Tensors that are a part of another's buffer. tfjs gives each tensor a buffer of its own, so that an optimiser has to visit hundreds; as
 * windows on one flat tensor they are updated in one launch. Only kernels started by `launch` know of them: a stock kernel would read from
 * the start of the buffer.
 */
interface Place {
  /** Values before the window. */
  offset: number
  /** The flat tensor in whose window at the same place this one's gradient is to be written, until it has been. */
  gradients: tf.TensorInfo | null
}

/** WebGPU binds buffers at multiples of 256 bytes. */
export const alignment = 64

const places = new WeakMap<object, Place>()

export const placeOf = (info: tf.TensorInfo): Place | undefined => places.get(info.dataId)

function windowOn(backend: WebGPUBackend, flat: tf.TensorInfo, place: Place, shape: number[]): tf.TensorInfo {
  tf.util.assert(place.offset % alignment === 0, () => `A window must start at a multiple of ${alignment} values, not at ${place.offset}.`)
  backend.uploadToGPU(flat.dataId)
  const { resource } = backend.tensorMap.get(flat.dataId)
  const dataId = backend.write(null as never, shape, 'float32')
  // External: the buffer is not given back when the window is disposed of.
  Object.assign(backend.tensorMap.get(dataId), { resource, external: true })
  places.set(dataId, place)
  return { dataId, shape, dtype: 'float32' }
}

/** True where `windowOf` can be used: with kernels that understand windows. */
export const hasWindows = (): boolean => currentEngine() === 'ours' && tf.getBackend() === 'webgpu'

/**
 * The values of `flat` from `offset` on as a tensor of `shape` that shares its buffer and must not outlive it; only where `hasWindows`.
 * @param gradients where the gradient of the window is to be written, at the same place as in `flat`
 */
export function windowOf(flat: tf.Tensor1D, offset: number, shape: number[], gradients?: tf.Tensor1D): tf.Tensor {
  const info = windowOn(tf.backend() as WebGPUBackend, flat, { offset, gradients: gradients ?? null }, shape)
  return tf.engine().makeTensorFromTensorInfo(info)
}

/** A tensor like x on WebGPU whose values are to be written later. */
export const unwritten = <T extends tf.Tensor>(x: T): T =>
  tf.engine().makeTensorFromTensorInfo((tf.backend() as WebGPUBackend).makeTensorInfo(x.shape, 'float32')) as T

/**
 * Where the gradient of a parameter goes: its window on the flat gradients, or, if it is no window, a tensor of its own.
 * @throws Error the second time: a parameter that two passes use would need a sum
 */
export function gradientPlace(backend: WebGPUBackend, parameter: tf.TensorInfo): tf.TensorInfo | undefined {
  const place = placeOf(parameter)
  if (!place) return undefined
  if (!place.gradients) throw new Error('A parameter in a flat tensor takes part in one differentiated operation only.')
  const gradient = windowOn(backend, place.gradients, { offset: place.offset, gradients: null }, parameter.shape)
  place.gradients = null
  return gradient
}

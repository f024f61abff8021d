import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { currentEngine } from '../engine'

/**
 * Tensors that are part of another's buffer. tfjs gives each tensor its own buffer, so an optimiser has to visit hundreds; as
 * windows on one flat tensor they are updated in one launch. Only kernels started by `launch` support them: a stock kernel would read from
 * the start of the buffer.
 */
interface Place {
  /** Values before the window. */
  offset: number
  /** The flat tensor in which this window's gradient is to be written, at the same place, until it has been. */
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
  // External: the buffer is not released with the window.
  Object.assign(backend.tensorMap.get(dataId), { resource, external: true })
  places.set(dataId, place)
  return { dataId, shape, dtype: 'float32' }
}

/** Whether `windowOf` can be used: with kernels that support windows. */
export const hasWindows = (): boolean => currentEngine() === 'ours' && tf.getBackend() === 'webgpu'

/**
 * The values of `flat` from `offset` on as a tensor of `shape` that shares its buffer and must not outlive it; only where `hasWindows`.
 * @param gradients where the window's gradient is to be written, at the same place as in `flat`
 */
export function windowOf(flat: tf.Tensor1D, offset: number, shape: number[], gradients?: tf.Tensor1D): tf.Tensor {
  const info = windowOn(tf.backend() as WebGPUBackend, flat, { offset, gradients: gradients ?? null }, shape)
  return tf.engine().makeTensorFromTensorInfo(info)
}

/** A tensor like x on WebGPU whose values are to be written later. */
export const unwritten = <T extends tf.Tensor>(x: T): T =>
  tf.engine().makeTensorFromTensorInfo((tf.backend() as WebGPUBackend).makeTensorInfo(x.shape, 'float32')) as T

/**
 * Where the gradient of a parameter goes: its window on the flat gradients, or, if it is not a window, its own tensor.
 * @throws Error the second time: a parameter used by two passes would need a sum
 */
export function gradientPlace(backend: WebGPUBackend, parameter: tf.TensorInfo): tf.TensorInfo | undefined {
  const place = placeOf(parameter)
  if (!place) return undefined
  if (!place.gradients) throw new Error('A parameter in a flat tensor can take part in only one differentiated operation.')
  const gradient = windowOn(backend, place.gradients, { offset: place.offset, gradients: null }, parameter.shape)
  place.gradients = null
  return gradient
}

import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { currentEngine } from '../engine'

/**
 * Tensors that are a part of another's buffer. tfjs gives each tensor a buffer of its own, so that an optimiser has to visit hundreds; as
 * parts of one flat tensor they are updated in one launch. Only kernels started by `launch` know of them: a stock kernel would read from
 * the start of the buffer.
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

function partOn(backend: WebGPUBackend, flat: tf.TensorInfo, part: SharedPart, shape: number[]): tf.TensorInfo {
  tf.util.assert(
    part.offset % partAlignment === 0,
    () => `A shared part must start at a multiple of ${partAlignment} values, not at ${part.offset}.`,
  )
  backend.uploadToGPU(flat.dataId)
  const { resource } = backend.tensorMap.get(flat.dataId)
  const dataId = backend.write(null as never, shape, 'float32')
  // External: the buffer is not given back when the part is disposed of.
  Object.assign(backend.tensorMap.get(dataId), { resource, external: true })
  parts.set(dataId, part)
  return { dataId, shape, dtype: 'float32' }
}

/** True where `sharedPart` can be used: with kernels that understand shared parts. */
export const canShare = (): boolean => currentEngine() === 'ours' && tf.getBackend() === 'webgpu'

/**
 * The values of `flat` from `offset` on as a tensor of `shape` that shares its buffer and must not outlive it; only where `canShare`.
 * @param gradients where the gradient of the part is to be written, at the same place as in `flat`
 */
export function sharedPart(flat: tf.Tensor1D, offset: number, shape: number[], gradients?: tf.Tensor1D): tf.Tensor {
  const info = partOn(tf.backend() as WebGPUBackend, flat, { offset, gradients: gradients ?? null }, shape)
  return tf.engine().makeTensorFromTensorInfo(info)
}

/** A tensor like x on WebGPU whose values are to be written later. */
export const unwritten = <T extends tf.Tensor>(x: T): T =>
  tf.engine().makeTensorFromTensorInfo((tf.backend() as WebGPUBackend).makeTensorInfo(x.shape, 'float32')) as T

/**
 * Where the gradient of a parameter goes: its part of the flat gradients, or, if it is no shared part, a tensor of its own.
 * @throws Error the second time: a parameter that two passes use would need a sum
 */
export function gradientPlace(backend: WebGPUBackend, parameter: tf.TensorInfo): tf.TensorInfo | undefined {
  const part = sharedPartOf(parameter)
  if (!part) return undefined
  if (!part.gradients) throw new Error('A parameter in a flat tensor takes part in one differentiated operation only.')
  const gradient = partOn(backend, part.gradients, { offset: part.offset, gradients: null }, parameter.shape)
  part.gradients = null
  return gradient
}

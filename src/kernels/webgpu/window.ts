import { util } from '@tensorflow/tfjs-core'
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'

/**
 * Tensors that are a part of another's buffer. tfjs gives each tensor a buffer of its own, so that an optimiser has to visit hundreds; as
 * windows on one flat tensor they are updated in one launch. Only kernels started by `launch` know of them: a stock kernel would read from
 * the start of the buffer.
 */
interface Place {
  /** Values before the window. */
  offset: number
  /** The flat tensor in whose window at the same place this one's gradient is to be written. */
  gradients: TensorInfo | null
}

/** WebGPU binds buffers at multiples of 256 bytes. */
export const alignment = 64

const places = new WeakMap<object, Place>()

export const placeOf = (info: TensorInfo): Place | undefined => places.get(info.dataId)

/** The values of `flat` from `offset` on, as a tensor of `shape` that shares its buffer and must not outlive it. */
export function windowOn(backend: WebGPUBackend, flat: TensorInfo, offset: number, shape: number[], gradients: TensorInfo | null): TensorInfo {
  util.assert(offset % alignment === 0, () => `A window must start at a multiple of ${alignment} values, not at ${offset}.`)
  backend.uploadToGPU(flat.dataId)
  const { resource } = backend.tensorMap.get(flat.dataId)
  const dataId = backend.write(null as never, shape, 'float32')
  Object.assign(backend.tensorMap.get(dataId), { resource, external: true })
  places.set(dataId, { offset, gradients })
  return { dataId, shape, dtype: 'float32' }
}

/** Where the gradient of a parameter goes: its window on the flat gradients, or nowhere in particular. */
export function gradientPlace(backend: WebGPUBackend, parameter: TensorInfo): TensorInfo | undefined {
  const place = placeOf(parameter)
  return place?.gradients ? windowOn(backend, place.gradients, place.offset, parameter.shape, null) : undefined
}

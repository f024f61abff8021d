import { util } from '@tensorflow/tfjs-core'
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'

/**
 * Tensors that are a part of another's buffer. tfjs gives each tensor a buffer of its own, so that an optimiser has to visit hundreds; as
 * windows on one flat tensor they are updated in one launch. Only kernels started by `launch` know of them: a stock kernel would read from
 * the start of the buffer.
 */
interface Place {
  /** Values before the window. */
  offset: number
  /** The flat tensor in whose window at the same place this one's gradient is to be written, until it has been. */
  gradients: TensorInfo | null
}

/** WebGPU binds buffers at multiples of 256 bytes. */
export const alignment = 64

const places = new WeakMap<object, Place>()

export const placeOf = (info: TensorInfo): Place | undefined => places.get(info.dataId)

function windowOn(backend: WebGPUBackend, flat: TensorInfo, place: Place, shape: number[]): TensorInfo {
  util.assert(place.offset % alignment === 0, () => `A window must start at a multiple of ${alignment} values, not at ${place.offset}.`)
  backend.uploadToGPU(flat.dataId)
  const { resource } = backend.tensorMap.get(flat.dataId)
  const dataId = backend.write(null as never, shape, 'float32')
  // External: the buffer is not given back when the window is disposed of.
  Object.assign(backend.tensorMap.get(dataId), { resource, external: true })
  places.set(dataId, place)
  return { dataId, shape, dtype: 'float32' }
}

/** Window: the values of `flat` from `offset` on, as a tensor of `shape` that shares its buffer and must not outlive it. */
export const window: KernelFunc = ({ inputs, attrs, backend }) => {
  const { flat, gradients } = inputs as Record<'flat' | 'gradients', TensorInfo>
  const { offset, shape } = attrs as unknown as { offset: number; shape: number[] }
  return windowOn(backend as WebGPUBackend, flat, { offset, gradients: gradients ?? null }, shape)
}

/** FlatLike: a tensor of the shape of x whose values are to be written later. */
export const flatLike: KernelFunc = ({ inputs, backend }) => (backend as WebGPUBackend).makeTensorInfo(inputs['x']!.shape, 'float32')

/**
 * Where the gradient of a parameter goes: its window on the flat gradients, or, if it is no window, a tensor of its own.
 * @throws Error the second time: a parameter that two passes use would need a sum
 */
export function gradientPlace(backend: WebGPUBackend, parameter: TensorInfo | undefined): TensorInfo | undefined {
  const place = parameter && placeOf(parameter)
  if (!place) return undefined
  if (!place.gradients) throw new Error('A parameter in a flat tensor takes part in one differentiated operation only.')
  const gradient = windowOn(backend, place.gradients, { offset: place.offset, gradients: null }, parameter.shape)
  place.gradients = null
  return gradient
}

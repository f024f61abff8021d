import * as tf from '@tensorflow/tfjs-core'
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { mapped, outputShapes, type Declaration, type Inputs } from './declaration'
import { gradientPlace } from './shared-part'
import { placeOf, simd, type Place } from './wasm/simd'

/** The backends whose memory is accessible to plain code. */
export const hostBackends = ['cpu', 'wasm'] as const

type HostBackend = MathBackendCPU | BackendWasm

/** The values of a float32 tensor in place: a view of the wasm heap or the cpu backend's own array. Invalid after an allocation. */
function view(backend: HostBackend, info: tf.TensorInfo): Float32Array {
  if ('wasm' in backend) return backend.typedArrayFromHeap(info) as Float32Array
  return backend.data.get(info.dataId).values as Float32Array
}

function allocate(backend: HostBackend, shape: number[]): tf.TensorInfo {
  if ('wasm' in backend) return backend.makeOutput(shape, 'float32')
  return backend.makeTensorInfo(shape, 'float32', new Float32Array(tf.util.sizeFromShape(shape)))
}

/** An operation as a tfjs kernel on those backends: by SIMD if the shapes allow it, else by the twin. */
export function hostKernel<I extends string, P extends string, O extends string, H extends string, A extends object>(
  operation: Declaration<I, P, O, H, A>,
): tf.KernelFunc {
  type Given<T> = Inputs<I, P, T>
  return (call) => {
    const backend = call.backend as HostBackend
    const attrs = call.attrs as unknown as A
    const inputs = call.inputs as Record<string, tf.TensorInfo>
    const shapes = mapped(inputs, ({ shape }) => shape) as Given<number[]>
    // Views are taken after every output exists: an allocation may grow the heap and detach them.
    const placed = (name: O | H) => {
      const input = operation.gradientsOf?.[name as O]
      return input && 'wasm' in backend ? gradientPlace(backend, inputs[input]!) : undefined
    }
    const outputs = outputShapes(operation, shapes, attrs).map(([name, shape]) => [name, placed(name) ?? allocate(backend, shape)] as const)
    const made = Object.fromEntries(outputs)
    const infos = { ...inputs, ...made }
    const twin = (values: Record<string, Float32Array>) =>
      operation.twin(values as Given<Float32Array>, values as Record<O | H, Float32Array>, shapes, attrs)
    const kernels = 'wasm' in backend ? simd(backend) : null
    if (kernels && 'wasm' in backend) {
      const places = mapped(infos, (info) => placeOf(backend, info))
      if (operation.simd?.(kernels, places as Given<Place> & Record<O | H, Place>, shapes, attrs)) return Object.values(made)
      const names = Object.keys(places)
      kernels.host(Object.values(places), (...values) => twin(Object.fromEntries(values.map((own, i) => [names[i]!, own]))))
    } else twin(mapped(infos, (info) => view(backend, info)))
    return Object.values(made)
  }
}

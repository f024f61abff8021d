import * as tf from '@tensorflow/tfjs-core'
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { currentEngine } from './engine'
import { placeOf, simd, type Place, type Simd } from './wasm/simd'

type HeapBackend = MathBackendCPU | BackendWasm

/** The values of a float32 tensor where they lie: a view of the wasm heap or the cpu backend's own array. Not valid after an allocation. */
function view(backend: HeapBackend, info: tf.TensorInfo): Float32Array {
  if ('wasm' in backend) return backend.typedArrayFromHeap(info) as Float32Array
  return backend.data.get(info.dataId).values as Float32Array
}

function allocate(backend: HeapBackend, shape: number[]): tf.TensorInfo {
  if ('wasm' in backend) return backend.makeOutput(shape, 'float32')
  return backend.makeTensorInfo(shape, 'float32', new Float32Array(tf.util.sizeFromShape(shape)))
}

/** Shapes of inputs by name, and the attributes of one call. */
export type Shapes<I extends string> = Record<I, number[]>

/**
 * Registers a plain TypeScript function over Float32Arrays as a tfjs kernel on the backends whose memory a loop can reach, wasm and cpu.
 * The function is at once the oracle of the WGSL kernel of the same name and the implementation here. All inputs are float32.
 *
 * @param outputs shapes of the outputs; each output array arrives with undefined content and must be written completely
 * @param vector the same on wasm with SIMD, by places; returns false, with nothing written, for shapes it does not take
 */
export function registerTwin<I extends string, A extends object>(
  kernelName: string,
  inputNames: readonly I[],
  outputs: (shapes: Shapes<I>, attrs: A) => number[][],
  compute: (inputs: Record<I, Float32Array>, outputs: Float32Array[], shapes: Shapes<I>, attrs: A) => void,
  vector?: (kernels: Simd, inputs: Record<I, Place>, outputs: Place[], shapes: Shapes<I>, attrs: A) => boolean,
): void {
  for (const backendName of ['wasm', 'cpu'] as const) {
    if (tf.getKernel(kernelName, backendName)) continue
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const heap = backend as HeapBackend
        const infos = Object.fromEntries(inputNames.map((name) => [name, inputs[name] as tf.TensorInfo])) as Record<I, tf.TensorInfo>
        const shapes = Object.fromEntries(inputNames.map((name) => [name, infos[name].shape])) as Shapes<I>
        // Views are taken after every output exists: an allocation may grow the heap and detach them.
        const made = outputs(shapes, attrs as unknown as A).map((shape) => allocate(heap, shape))
        const kernels = vector && 'wasm' in heap ? simd(heap) : null
        if (vector && kernels && 'wasm' in heap) {
          const places = Object.fromEntries(inputNames.map((name) => [name, placeOf(heap, infos[name])])) as Record<I, Place>
          const to = made.map((info) => placeOf(heap, info))
          if (vector(kernels, places, to, shapes, attrs as unknown as A)) return made
        }
        const arrays = Object.fromEntries(inputNames.map((name) => [name, view(heap, infos[name])])) as Record<I, Float32Array>
        compute(
          arrays,
          made.map((info) => view(heap, info)),
          shapes,
          attrs as unknown as A,
        )
        return made
      },
    })
  }
}

/** True when the active backend has a kernel of this name, unless the stock engine is asked for; otherwise an operation is composed from plain tfjs ops. */
export function hasKernel(kernelName: string): boolean {
  return currentEngine() === 'ours' && tf.getKernel(kernelName, tf.getBackend()) !== undefined
}

/** Runs a kernel of ours and returns its outputs as tensors. */
export function runKernel(kernelName: string, inputs: Record<string, tf.Tensor>, attrs: object = {}): tf.Tensor[] {
  const result: unknown = tf.engine().runKernel(kernelName, inputs as unknown as tf.NamedTensorMap, attrs as tf.NamedAttrMap)
  return Array.isArray(result) ? (result as tf.Tensor[]) : [result as tf.Tensor]
}

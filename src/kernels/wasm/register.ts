import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { filterGradient } from '../conv2d/conv2d-simd'
import { placeOf, simd } from './simd'

type Shape4 = [number, number, number, number]
interface Call {
  inputs: Record<string, tf.TensorInfo>
  attrs: object
  backend: BackendWasm
}

/** The kernels of tfjs as they were before the first override. */
const stock = new Map<string, tf.KernelConfig>()

/**
 * Lets a clone share its data, as the cpu and WebGPU backends do, and as this one's Reshape does. The stock kernel copies every value, and the
 * gradient tape clones what it saves: 1,491 copies in one R64 step.
 */
function identity({ inputs, backend }: Call): tf.TensorInfo {
  const { dataId, shape, dtype } = inputs['x']!
  backend.incRef(dataId)
  return { dataId, shape, dtype }
}

/**
 * A part of a tensor, copied once, in runs as long as they are in memory. The stock kernel first copies the whole tensor: of both
 * networks' weights, 4 MB for each of their 92 parts.
 */
function slice({ inputs, attrs, backend }: Call): tf.TensorInfo | null {
  const x = inputs['x']!
  if (x.dtype === 'string') return null
  const given = attrs as { begin: number | number[]; size: number | number[] }
  const [begin, size] = tf.slice_util.parseSliceParams(x as tf.Tensor, given.begin, given.size)
  tf.slice_util.assertParamsValid(x as tf.Tensor, begin, size)
  const out = backend.makeOutput(size, x.dtype)
  // After makeOutput: the memory may have grown.
  const [from, to] = [backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(out)]
  let axis = size.length
  let run = 1
  // Axes that are taken whole lie side by side with those after them.
  while (axis > 0) {
    axis--
    run *= size[axis]!
    if (size[axis] !== x.shape[axis]) break
  }
  const strides = tf.util.computeStrides(x.shape)
  const step = (a: number) => (a === x.shape.length - 1 ? 1 : strides[a]!)
  const start = begin.reduce((sum, at, a) => sum + at * step(a), 0)
  for (let done = 0; done < to.length; done += run) {
    let at = start
    for (let a = axis - 1, rest = done / run; a >= 0; a--) {
      at += (rest % size[a]!) * step(a)
      rest = Math.floor(rest / size[a]!)
    }
    to.set(from.subarray(at, at + run), done)
  }
  return out
}

/** The gradient of the 2 x 2 max-pool with stride 2 and no padding; every other pool goes to the stock kernel. */
function maxPoolGradient({ inputs, attrs, backend }: Call): tf.TensorInfo | null {
  const { dy, input, output } = inputs as Record<'dy' | 'input' | 'output', tf.TensorInfo>
  const { filterSize, strides, pad } = attrs as { filterSize: number | number[]; strides: number | number[]; pad: unknown }
  const kernels = simd(backend)
  const halves = [filterSize, strides].flat().every((n) => n === 2) && (pad === 'valid' || pad === 0)
  const [batch, height, width, channels] = input.shape as Shape4
  if (!kernels || !halves || channels % 4 !== 0) return null
  const dx = backend.makeOutput(input.shape, 'float32')
  const place = (info: tf.TensorInfo) => placeOf(backend, info)
  kernels.eachImage('maxPoolGrad', {
    models: 1,
    images: batch,
    perImage: { dy: place(dy), x: place(input), y: place(output), dx: place(dx) },
    numbers: { H: height, W: width, C: channels },
  })
  return dx
}

/** The gradient of tf.conv2d for its filter, of which this backend has none, for stride 1: only the stock engine asks for it. */
function conv2dBackpropFilter({ inputs, attrs, backend }: Call): tf.TensorInfo {
  const { x, dy } = inputs as Record<'x' | 'dy', tf.TensorInfo>
  const { strides, pad, filterShape } = attrs as { strides: number | number[]; pad: 'same' | 'valid' | number; filterShape: Shape4 }
  if (![strides].flat().every((n) => n === 1)) throw new Error(`Conv2DBackpropFilter on wasm is written for stride 1, got ${strides}.`)
  const { batchSize, padInfo, ...s } = tf.backend_util.computeConv2DInfo(x.shape as Shape4, filterShape, 1, 1, pad)
  const sizes = { ...s, models: 1, images: batchSize, height: s.inHeight, width: s.inWidth, padTop: padInfo.top, padLeft: padInfo.left }
  const kernels = simd(backend)
  if (!kernels) throw new Error('Conv2DBackpropFilter on wasm needs SIMD.')
  const dw = backend.makeOutput(filterShape, 'float32')
  filterGradient(kernels, placeOf(backend, x), placeOf(backend, dy), placeOf(backend, dw), sizes)
  return dw
}

function replace(kernelName: string, kernel: (call: Call) => tf.TensorInfo | null): void {
  const original = stock.get(kernelName) ?? tf.getKernel(kernelName, 'wasm')
  if (original) {
    stock.set(kernelName, original)
    tf.unregisterKernel(kernelName, 'wasm')
  }
  const kernelFunc = (call: unknown) => kernel(call as Call) ?? original!.kernelFunc(call as Parameters<tf.KernelFunc>[0])
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc })
}

/** Overrides the wasm kernels of tfjs that copy without need or are missing. Safe to call more than once. */
export function registerWasmKernels(): void {
  replace('Identity', identity)
  replace('Slice', slice)
  replace('MaxPoolGrad', maxPoolGradient)
  if (!tf.getKernel('Conv2DBackpropFilter', 'wasm')) replace('Conv2DBackpropFilter', conv2dBackpropFilter)
}

/** Puts the kernels of tfjs back as they come; the one that it lacks stays. */
export function restoreStockWasmKernels(): void {
  for (const [kernelName, original] of stock) {
    tf.unregisterKernel(kernelName, 'wasm')
    tf.registerKernel(original)
  }
}

import fc from 'fast-check'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '#gradients'
import { Random } from '../../lib/random'
import { conv2d } from './conv2d'
import { conv2dBackpropFilterTwin, conv2dBackpropInputTwin, conv2dTwin } from './conv2d.twin'
import type { ConvSizes } from './conv2d.twin'
import { setEngine } from '../engine'
import { scaleChannels } from '../scale-channels/scale-channels'
import { normals, relativeError } from '../testing/values'
import { withPrecision, type Precision } from '../webgpu/halves'

/** A convolution as tfjs is asked for it, with the same in the twin's terms. */
export interface ConvCase {
  xShape: [number, number, number, number]
  wShape: [number, number, number, number]
  strides: [number, number]
  pad: 'same' | 'valid' | number
  sizes: ConvSizes
}

export function convCase(
  xShape: ConvCase['xShape'],
  wShape: ConvCase['wShape'],
  strides: ConvCase['strides'],
  pad: ConvCase['pad'],
): ConvCase {
  const info = tf.backend_util.computeConv2DInfo(xShape, wShape, strides, 1, pad)
  const [batch, inHeight, inWidth, inChannels] = xShape
  const [filterHeight, filterWidth, , outChannels] = wShape
  const [strideHeight, strideWidth] = strides
  const { outHeight, outWidth, padInfo } = info
  const image = { batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels }
  return {
    xShape,
    wShape,
    strides,
    pad,
    sizes: { ...image, filterHeight, filterWidth, strideHeight, strideWidth, padTop: padInfo.top, padLeft: padInfo.left },
  }
}

/** Small convolutions of every kind that has its own path in a kernel. */
export const convCases: fc.Arbitrary<ConvCase> = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    inChannels: fc.constantFrom(1, 2, 3, 4, 5, 8, 12, 16),
    outChannels: fc.constantFrom(1, 2, 3, 4, 5, 8, 12, 16),
    filterHeight: fc.constantFrom(1, 3, 5),
    filterWidth: fc.constantFrom(1, 3, 5),
    stride: fc.constantFrom(1, 1, 1, 2),
    pad: fc.constantFrom<ConvCase['pad']>('same', 'same', 'valid', 1),
  })
  .filter((c) => c.pad === 'same' || (c.height >= c.filterHeight && c.width >= c.filterWidth))
  .map((c) =>
    convCase(
      [c.batch, c.height, c.width, c.inChannels],
      [c.filterHeight, c.filterWidth, c.inChannels, c.outChannels],
      [c.stride, c.stride],
      c.pad,
    ),
  )

type Results = Float32Array[]

/** What was computed for comparison in this process, by the case that it is of: the same cases are tried with and without relaxed SIMD. */
const references = new Map<string, Results>()

async function referenceFor(of: unknown, compute: () => Results | Promise<Results>): Promise<Results> {
  const key = JSON.stringify(of)
  const known = references.get(key) ?? (await compute())
  references.set(key, known)
  return known
}

/** Errors of the active backend's convolution, and of its gradients for the input and the filter, against the twins. */
export async function convErrors(c: ConvCase, seed: number): Promise<number[]> {
  const { xShape, wShape, strides, pad, sizes } = c
  const random = new Random(seed)
  const yShape = [sizes.batch, sizes.outHeight, sizes.outWidth, sizes.outChannels]
  const [x, w, dy] = [xShape, wShape, yShape].map((shape) => normals(random, tf.util.sizeFromShape(shape))) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ]
  const attrs = { strides, pad, dataFormat: 'NHWC', dilations: [1, 1], inputShape: xShape, filterShape: wShape }
  const results = tf.tidy(() => {
    const inputs = { x: tf.tensor(x, xShape), filter: tf.tensor(w, wShape), dy: tf.tensor(dy, yShape) }
    const run = (kernel: string, ...names: (keyof typeof inputs)[]) =>
      tf.engine().runKernel(kernel, Object.fromEntries(names.map((name) => [name, inputs[name]])), attrs) as tf.Tensor
    return [run('Conv2D', 'x', 'filter'), run('Conv2DBackpropInput', 'dy', 'filter'), run('Conv2DBackpropFilter', 'x', 'dy')]
  })
  const got = await Promise.all(results.map((t) => t.data<'float32'>()))
  tf.dispose(results)
  const want = await referenceFor([c, seed], () => [
    conv2dTwin(x, w, sizes),
    conv2dBackpropInputTwin(dy, w, sizes),
    conv2dBackpropFilterTwin(x, dy, sizes),
  ])
  return got.map((values, i) => relativeError(values, want[i]!))
}

/** A convolution along a model axis, see ../conv2d.ts. */
export interface ModelConvCase {
  models: number
  /** Images of each model. */
  batch: number
  height: number
  width: number
  inChannels: number
  outChannels: number
  k: number
  bias: boolean
  inputGradient: boolean
}

export const modelConvCases: fc.Arbitrary<ModelConvCase> = fc.record({
  models: fc.constantFrom(1, 2, 2, 3),
  batch: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 1, max: 9 }),
  width: fc.integer({ min: 1, max: 9 }),
  inChannels: fc.constantFrom(1, 2, 3, 4, 5, 8, 12, 16),
  outChannels: fc.constantFrom(1, 2, 3, 4, 5, 8, 12, 16),
  k: fc.constantFrom(1, 3, 5),
  bias: fc.boolean(),
  inputGradient: fc.boolean(),
})

/**
 * Errors of the active backend's `conv2d` and of all its gradients, against the same composed of tfjs's own operations on the cpu.
 * @param precision f16, on WebGPU only: x and the gradient of the result enter as halves, and the result and the gradient of x leave as halves,
 * where they have whole vectors of channels
 */
export async function modelConvErrors(c: ModelConvCase, seed: number, precision: Precision = 'f32'): Promise<number[]> {
  const random = new Random(seed)
  const xShape = [c.models * c.batch, c.height, c.width, c.inChannels]
  const shapes = [
    xShape,
    [c.models, c.k, c.k, c.inChannels, c.outChannels],
    [c.models, c.outChannels],
    [...xShape.slice(0, 3), c.outChannels],
  ]
  const values = shapes.map((shape) => normals(random, tf.util.sizeFromShape(shape)))
  // Changes nothing but the storage, forwards and backwards.
  const stored = (x: tf.Tensor4D) => scaleChannels(x, tf.ones([x.shape[0], x.shape[3]]))
  const compute = () =>
    tf.tidy(() => {
      const [x, w, b, weights] = values.map((v, i) => tf.tensor(v, shapes[i] as [number, number])) as unknown as [
        tf.Tensor4D,
        tf.Tensor5D,
        tf.Tensor2D,
        tf.Tensor4D,
      ]
      const y = (x: tf.Tensor, w: tf.Tensor, b?: tf.Tensor) =>
        stored(
          conv2d(stored(x as tf.Tensor4D), w as tf.Tensor5D, c.bias ? (b as tf.Tensor2D) : undefined, { inputGradient: c.inputGradient }),
        )
      const loss = (x: tf.Tensor, w: tf.Tensor, b?: tf.Tensor) => tf.sum(tf.mul(y(x, w, b), weights))
      const trained = c.bias ? [w, b] : [w]
      const grads = c.inputGradient ? tf.grads((x, w, b) => loss(x!, w!, b))([x, ...trained]) : tf.grads((w, b) => loss(x, w!, b))(trained)
      return [y(x, w, b), ...grads]
    })
  const run = async () => {
    const results = withPrecision(precision, compute)
    const read = await Promise.all(results.map((t) => t.data<'float32'>()))
    tf.dispose(results)
    return read
  }
  const got = await run()
  const want = await referenceFor([c, seed, precision], async () => {
    const before = tf.getBackend()
    await tf.setBackend('cpu')
    setEngine('stock')
    try {
      return await run()
    } finally {
      setEngine('ours')
      await tf.setBackend(before)
    }
  })
  if (got.length !== want.length) return [Infinity]
  return got.map((v, i) => relativeError(v, want[i]!))
}

import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import type { FilterAttrs } from '../conv2d'
import { modelSizes, type ConvSizes } from '../conv2d-twin'
import { valuesOf, withAliases, withScratch, type Place } from './alias'

type Shape4 = [number, number, number, number]

/** Copies `from`, of the given shape, with its axes in the order given, e.g. [3, 1, 2, 0]; `flip` mirrors the first two of them. */
function permute(from: Float32Array, shape: Shape4, order: Shape4, to: Float32Array, flip = false): void {
  const strides = [shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1]
  const [n0, n1, n2, n3] = order.map((axis) => shape[axis]!) as Shape4
  const [s0, s1, s2, s3] = order.map((axis) => strides[axis]!) as Shape4
  for (let a = 0, o = 0; a < n0; a++) {
    const at0 = (flip ? n0 - 1 - a : a) * s0
    for (let b = 0; b < n1; b++) {
      const at1 = at0 + (flip ? n1 - 1 - b : b) * s1
      for (let c = 0; c < n2; c++) {
        let at = at1 + c * s2
        for (let d = 0; d < n3; d++, o++, at += s3) to[o] = from[at]!
      }
    }
  }
}

/** XNNPACK's convolution as C++ sees it: tensors by their numbers, 0 for none. */
type NativeConv = (...args: number[]) => void
const natives = new WeakMap<object, NativeConv>()

function nativeConv({ wasm }: BackendWasm): NativeConv {
  let native = natives.get(wasm)
  if (!native) {
    const { cwrap } = wasm as unknown as { cwrap: (name: string, returns: null, args: string[]) => NativeConv }
    natives.set(wasm, (native = cwrap('FusedConv2D', null, Array<string>(23).fill('number'))))
  }
  return native
}

/** Rows and columns of zeros at the top, right, bottom and left of images, stride 1. */
function padding(s: ConvSizes): Shape4 {
  const bottom = s.outHeight + s.filterHeight - 1 - s.inHeight - s.padTop
  const right = s.outWidth + s.filterWidth - 1 - s.inWidth - s.padLeft
  return [s.padTop, right, bottom, s.padLeft]
}

/** y = conv(x, w) + bias, from places to a place; stride 1. `images` is [B, H, W, Ci] and `filter` [kh, kw, Ci, Co]. */
function convolve(
  backend: BackendWasm,
  p: { x: Place; w: Place; bias?: Place; y: Place },
  images: Shape4,
  filter: Shape4,
  pads: Shape4,
): void {
  const [kh, kw, inChannels, outChannels] = filter
  withAliases(backend, [p.x, p.w, p.y, ...(p.bias ? [p.bias] : [])], ([x, w, y, bias = 0]) => {
    const noActivation = 0
    nativeConv(backend)(
      ...[x!, images[0], images[1], images[2], w!, kh, kw, bias, ...pads],
      ...[0, 1, 1, 1, 1, inChannels, outChannels, noActivation, 0, 0, y!],
    )
  })
}

/** dx of y = conv(x, w), stride 1: a convolution of dy with w mirrored and its channels exchanged. 12 times faster than the stock kernel. */
function inputGradient(backend: BackendWasm, dy: Place, w: Place, dx: Place, s: ConvSizes): void {
  const shape: Shape4 = [s.filterHeight, s.filterWidth, s.inChannels, s.outChannels]
  const mirroredShape: Shape4 = [s.filterHeight, s.filterWidth, s.outChannels, s.inChannels]
  const [top, right, bottom, left] = padding(s)
  const [h, v] = [s.filterWidth - 1, s.filterHeight - 1]
  withScratch(backend, [w.length], (mirrored) => {
    permute(valuesOf(backend, w), shape, [0, 1, 3, 2], valuesOf(backend, mirrored!), true)
    const images: Shape4 = [s.batch, s.outHeight, s.outWidth, s.outChannels]
    convolve(backend, { x: dy, w: mirrored!, y: dx }, images, mirroredShape, [v - top, h - right, v - bottom, h - left])
  })
}

/**
 * dw of y = conv(x, w), stride 1: itself a convolution, of x as [Ci, H, W, B] with dy as a filter [H, W, B, Co], padded as y was. It gives
 * [Ci, kh, kw, Co]. The stock wasm backend has no such kernel.
 */
function filterGradient(backend: BackendWasm, x: Place, dy: Place, dw: Place, s: ConvSizes): void {
  const images: Shape4 = [s.batch, s.inHeight, s.inWidth, s.inChannels]
  const gradients: Shape4 = [s.batch, s.outHeight, s.outWidth, s.outChannels]
  withScratch(backend, [x.length, dy.length, dw.length], (xt, dyt, dwt) => {
    permute(valuesOf(backend, x), images, [3, 1, 2, 0], valuesOf(backend, xt!))
    permute(valuesOf(backend, dy), gradients, [1, 2, 0, 3], valuesOf(backend, dyt!))
    const filter: Shape4 = [s.outHeight, s.outWidth, s.batch, s.outChannels]
    convolve(backend, { x: xt!, w: dyt!, y: dwt! }, [s.inChannels, s.inHeight, s.inWidth, s.batch], filter, padding(s))
    permute(valuesOf(backend, dwt!), [s.inChannels, s.filterHeight, s.filterWidth, s.outChannels], [1, 2, 0, 3], valuesOf(backend, dw))
  })
}

/** The place of model `m`'s share of a tensor that holds those of `models`, one after the other. */
function placeOf(backend: BackendWasm, info: tf.TensorInfo, m = 0, models = 1): Place {
  const length = tf.util.sizeFromShape(info.shape) / models
  return { at: backend.getMemoryOffset(info.dataId) + 4 * length * m, length }
}

/** Runs `one` for each model, into a new tensor. */
function eachModel(
  backend: BackendWasm,
  models: number,
  outShape: number[],
  one: (of: (info: tf.TensorInfo) => Place, out: Place) => void,
) {
  const out = backend.makeOutput(outShape, 'float32')
  for (let m = 0; m < models; m++) one((info) => placeOf(backend, info, m, models), placeOf(backend, out, m, models))
  return out
}

interface Call {
  inputs: Record<string, tf.TensorInfo>
  attrs: object
  backend: BackendWasm
}

function modelConv2D({ inputs, backend }: Call): tf.TensorInfo {
  const { x, w, bias } = inputs as Record<'x' | 'w', tf.TensorInfo> & { bias?: tf.TensorInfo }
  const s = modelSizes(x.shape, w.shape)
  return eachModel(backend, w.shape[0]!, [...x.shape.slice(0, 3), s.outChannels], (of, y) =>
    convolve(
      backend,
      { x: of(x), w: of(w), y, ...(bias ? { bias: of(bias) } : {}) },
      [s.batch, s.inHeight, s.inWidth, s.inChannels],
      w.shape.slice(1) as Shape4,
      padding(s),
    ),
  )
}

function modelConv2DBackpropInput({ inputs, backend }: Call): tf.TensorInfo {
  const { dy, w } = inputs as Record<'dy' | 'w', tf.TensorInfo>
  const s = modelSizes(dy.shape, w.shape)
  return eachModel(backend, w.shape[0]!, [...dy.shape.slice(0, 3), s.inChannels], (of, dx) => inputGradient(backend, of(dy), of(w), dx, s))
}

function modelConv2DBackpropFilter({ inputs, attrs, backend }: Call): tf.TensorInfo {
  const { x, dy } = inputs as Record<'x' | 'dy', tf.TensorInfo>
  const { filterShape } = attrs as FilterAttrs
  const s = modelSizes(x.shape, filterShape)
  return eachModel(backend, filterShape[0], filterShape, (of, dw) => filterGradient(backend, of(x), of(dy), dw, s))
}

/** Sizes of one of tfjs's own convolutions. */
function stockSizes(kernel: string, xShape: Shape4, filterShape: Shape4, attrs: object): ConvSizes {
  const { strides, pad } = attrs as { strides: number; pad: 'same' | 'valid' | number }
  const { padInfo, dataFormat, batchSize, ...info } = tf.backend_util.computeConv2DInfo(xShape, filterShape, strides, 1, pad)
  if (info.strideHeight !== 1 || info.strideWidth !== 1 || dataFormat !== 'channelsLast')
    throw new Error(`${kernel} on wasm is written for stride 1, got strides ${String(strides)}.`)
  return { ...info, batch: batchSize, padTop: padInfo.top, padLeft: padInfo.left }
}

function conv2dBackpropInput({ inputs, attrs, backend }: Call): tf.TensorInfo {
  const { dy, filter } = inputs as Record<'dy' | 'filter', tf.TensorInfo>
  const { inputShape } = attrs as { inputShape: Shape4 }
  const s = stockSizes('Conv2DBackpropInput', inputShape, filter.shape as Shape4, attrs)
  return eachModel(backend, 1, inputShape, (of, dx) => inputGradient(backend, of(dy), of(filter), dx, s))
}

function conv2dBackpropFilter({ inputs, attrs, backend }: Call): tf.TensorInfo {
  const { x, dy } = inputs as Record<'x' | 'dy', tf.TensorInfo>
  const { filterShape } = attrs as { filterShape: Shape4 }
  const s = stockSizes('Conv2DBackpropFilter', x.shape as Shape4, filterShape, attrs)
  return eachModel(backend, 1, filterShape, (of, dw) => filterGradient(backend, of(x), of(dy), dw, s))
}

/** Makes convolutions trainable on the wasm backend: tfjs's own and ours with a model axis. Safe to call more than once. */
export function registerWasmGradients(): void {
  for (const [kernelName, kernelFunc] of Object.entries({
    ModelConv2D: modelConv2D,
    ModelConv2DBias: modelConv2D,
    ModelConv2DBackpropInput: modelConv2DBackpropInput,
    ModelConv2DBackpropFilter: modelConv2DBackpropFilter,
    Conv2DBackpropFilter: conv2dBackpropFilter,
    Conv2DBackpropInput: conv2dBackpropInput,
  })) {
    if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm')
    tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: kernelFunc as unknown as tf.KernelFunc })
  }
}

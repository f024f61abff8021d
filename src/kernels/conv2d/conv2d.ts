import * as tf from '@tensorflow/tfjs-core'
import { conv2dBackpropFilterTwin, conv2dBackpropInputTwin, conv2dTwin, modelSizes } from './conv2d-twin'
import { detach } from '../detach'
import { hasKernel, registerTwin, runKernel } from '../heap'
import { convolution, filterGradient, inputGradient, type ConvolutionSizes } from './conv2d-simd'

/**
 * Convolution along a model axis: several networks of one shape at once. Images are [M·B, H, W, C], those of the first network first; filters
 * [M, k, k, Ci, Co] and biases [M, Co] hold one for each. Stride 1, 'same' padding, k odd.
 */

type Shape5 = [number, number, number, number, number]

/** The filter's shape, M and k of which do not show in the images. */
export interface FilterAttrs {
  filterShape: Shape5
}

/** Part `m` of an array that holds the same for each of `models` networks, one after the other. */
const part = (array: Float32Array, m: number, models: number): Float32Array =>
  array.subarray((array.length / models) * m, (array.length / models) * (m + 1))

function modelConv2D(
  x: Float32Array,
  w: Float32Array,
  bias: Float32Array | null,
  y: Float32Array,
  xShape: number[],
  wShape: number[],
): void {
  const models = wShape[0]!
  const sizes = modelSizes(xShape, wShape)
  const C = sizes.outChannels
  for (let m = 0; m < models; m++) {
    const own = part(y, m, models)
    own.set(conv2dTwin(part(x, m, models), part(w, m, models), sizes))
    if (bias) for (let i = 0; i < own.length; i += C) for (let c = 0; c < C; c++) own[i + c]! += bias[m * C + c]!
  }
}

const outShape = ({ x, w }: { x: number[]; w: number[] }) => [[x[0]!, x[1]!, x[2]!, w[4]!]]

/** Sizes as the SIMD kernels want them. */
function simdSizes(imageShape: number[], filterShape: number[]): ConvolutionSizes {
  const { batch: images, inHeight: height, inWidth: width, ...s } = modelSizes(imageShape, filterShape)
  return { ...s, models: filterShape[0]!, images, height, width }
}

registerTwin(
  'ModelConv2D',
  ['x', 'w'] as const,
  outShape,
  ({ x, w }, [y], shapes) => modelConv2D(x, w, null, y!, shapes.x, shapes.w),
  (kernels, { x, w }, [y], shapes) => {
    convolution(kernels, x, w, y!, simdSizes(shapes.x, shapes.w))
    return true
  },
)
registerTwin(
  'ModelConv2DBias',
  ['x', 'w', 'bias'] as const,
  outShape,
  ({ x, w, bias }, [y], shapes) => modelConv2D(x, w, bias, y!, shapes.x, shapes.w),
  (kernels, { x, w, bias }, [y], shapes) => {
    convolution(kernels, x, w, y!, simdSizes(shapes.x, shapes.w))
    const [M, C] = shapes.bias as [number, number]
    kernels.call('addBias', { y: y!.at, bias: bias.at, M, pixels: y!.size / M / C, C })
    return true
  },
)
registerTwin(
  'ModelConv2DBackpropInput',
  ['dy', 'w'] as const,
  ({ dy, w }) => [[dy[0]!, dy[1]!, dy[2]!, w[3]!]],
  ({ dy, w }, [dx], shapes) => {
    const models = shapes.w[0]!
    const sizes = modelSizes(shapes.dy, shapes.w)
    for (let m = 0; m < models; m++) part(dx!, m, models).set(conv2dBackpropInputTwin(part(dy, m, models), part(w, m, models), sizes))
  },
  (kernels, { dy, w }, [dx], shapes) => {
    inputGradient(kernels, dy, w, dx!, simdSizes(shapes.dy, shapes.w))
    return true
  },
)
registerTwin(
  'ModelConv2DBackpropFilter',
  ['x', 'dy'] as const,
  (_, { filterShape }: FilterAttrs) => [filterShape],
  ({ x, dy }, [dw], shapes, { filterShape }) => {
    const models = filterShape[0]
    const sizes = modelSizes(shapes.x, filterShape)
    for (let m = 0; m < models; m++) part(dw!, m, models).set(conv2dBackpropFilterTwin(part(x, m, models), part(dy, m, models), sizes))
  },
  (kernels, { x, dy }, [dw], shapes, { filterShape }) => {
    filterGradient(kernels, x, dy, dw!, simdSizes(shapes.x, filterShape))
    return true
  },
)
registerTwin(
  'ModelSumToChannels',
  ['x'] as const,
  ({ x }, { models }: { models: number }) => [[models, x[x.length - 1]!]],
  ({ x }, [sum], shapes, { models }) => {
    const C = shapes.x.at(-1)!
    for (let m = 0; m < models; m++) {
      const own = part(x, m, models)
      const total = new Float64Array(C)
      for (let i = 0; i < own.length; i += C) for (let c = 0; c < C; c++) total[c]! += own[i + c]!
      sum!.set(total, m * C)
    }
  },
  (kernels, { x }, [sum], shapes, { models }) => {
    const C = shapes.x.at(-1)!
    kernels.call('sumToChannels', { x: x.at, sum: sum!.at, M: models, pixels: x.size / models / C, C })
    return true
  },
)

/** The same, composed from plain tfjs ops. */
export function conv2dPlain(x: tf.Tensor4D, w: tf.Tensor5D, bias?: tf.Tensor2D): tf.Tensor4D {
  const [models, k, , inChannels, outChannels] = w.shape
  // The gradient of a split into one part fails in tfjs 4.22.
  const split = <T extends tf.Tensor>(t: T): T[] => (models === 1 ? [t] : tf.split(t, models))
  const images = split(x)
  const y = split(w).map((own, m) => tf.conv2d(images[m]!, tf.reshape(own, [k, k, inChannels, outChannels]), 1, 'same'))
  if (!bias) return tf.concat(y)
  const biases = split(bias)
  return tf.concat(y.map((own, m) => tf.add(own, biases[m]!) as tf.Tensor4D))
}

function requireShapes(x: tf.Tensor4D, w: tf.Tensor5D, bias?: tf.Tensor2D): void {
  const [models, k, kw, inChannels, outChannels] = w.shape
  if (x.shape[0] % models || k % 2 === 0 || k !== kw || x.shape[3] !== inChannels || (bias && bias.size !== models * outChannels))
    throw new Error(`No convolution of images [${x.shape}] with filters [${w.shape}]${bias ? ` and biases [${bias.shape}]` : ''}.`)
}

/**
 * y[m·B + b] = conv(x[m·B + b], w[m]) + bias[m], stride 1, 'same' padding.
 * @param x images [M·B, H, W, Ci], those of the first network first
 * @param w filters [M, k, k, Ci, Co], k odd
 * @param bias [M, Co]; left out where a norm follows that adds it
 * @param options.inputGradient false where x needs no gradient, as the images that enter a network: spares a third of the backward pass
 * @returns [M·B, H, W, Co]
 * @throws Error where the shapes do not go together
 */
export function conv2d(x: tf.Tensor4D, w: tf.Tensor5D, bias?: tf.Tensor2D, options: { inputGradient?: boolean } = {}): tf.Tensor4D {
  requireShapes(x, w, bias)
  const inputGradient = options.inputGradient ?? true
  // Only inputs on the tape get a gradient, and tfjs makes all gradients of an operation or none.
  const image = inputGradient ? x : detach(x)
  if (!hasKernel('ModelConv2D')) return conv2dPlain(image, w, bias)
  const op = tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as tf.GradSaveFunc
    save([image, w])
    return {
      value: (bias ? runKernel('ModelConv2DBias', { x: image, w, bias }) : runKernel('ModelConv2D', { x: image, w }))[0]!,
      gradFunc: (gradient, saved) => {
        const [x, w] = saved as [tf.Tensor4D, tf.Tensor5D]
        const dy = gradient as tf.Tensor
        return [
          ...(inputGradient ? runKernel('ModelConv2DBackpropInput', { dy, w }) : []),
          ...runKernel('ModelConv2DBackpropFilter', { x, dy, parameter: w }, { filterShape: w.shape }),
          ...(bias ? runKernel('ModelSumToChannels', { x: dy, parameter: bias }, { models: w.shape[0] }) : []),
        ]
      },
    }
  })
  return op(...[...(inputGradient ? [image] : []), w, ...(bias ? [bias] : [])]) as tf.Tensor4D
}

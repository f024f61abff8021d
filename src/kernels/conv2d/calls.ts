import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { ConvSizes } from './conv2d.twin'

/** What the WGSL forms of convolutions are asked for; each form takes all of it. */

export type Shape4 = [number, number, number, number]
export type Shape5 = [number, number, number, number, number]

/** A convolution with stride 1 and zero padding, or the gradient of one for its images. */
export interface ConvCall {
  /** Images, those of the first model first. */
  x: TensorInfo
  /** Filters of all models, one after the other. */
  w: TensorInfo
  /** Values to start from, `outer` for each model. */
  bias?: TensorInfo | undefined
  models: number
  /** NHWC of the result. */
  outShape: Shape4
  filterHeight: number
  filterWidth: number
  padTop: number
  padLeft: number
  /** Walk the filter from its last tap to its first and swap its channel axes: the gradient of the input is this convolution of dy. */
  transposed: boolean
}

/** The gradient of a convolution for its filters, those of each model. */
export interface FilterGradientCall {
  /** Images, those of the first model first, and the gradient for the result. */
  x: TensorInfo
  dy: TensorInfo
  /** Of one model's share. */
  sizes: ConvSizes
  models: number
  outputShape: number[]
  /** Where the gradient goes; a new tensor if absent. */
  into?: TensorInfo | undefined
}

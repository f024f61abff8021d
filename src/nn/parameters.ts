import * as tf from '@tensorflow/tfjs-core'
import { partAlignment, sharedPart, unwritten } from '../kernels/shared-part'
import type { Random } from '../lib/random'

/** Named tensors of all networks, disposed of by whoever makes them. The first axis is the network. */
export type Parameters = Record<string, tf.Tensor>

/** Shapes of one network by name. Names are PyTorch's; convolution kernels are HWIO here and OIHW in files. */
export type Shapes = Record<string, number[]>

/** Number of values in all tensors of `shapes`. */
export const countOf = (shapes: Shapes): number => Object.values(shapes).reduce((sum, shape) => sum + tf.util.sizeFromShape(shape), 0)

/**
 * Layout of the parameters of several networks of one structure in one flat tensor: by name, each [networks, ...shape], so that one
 * launch serves both networks and another updates everything. Each starts at a multiple of `partAlignment` values, as WebGPU's bindings need.
 */
export interface Layout {
  networks: number
  shapes: Shapes
  offsets: Record<string, number>
  size: number
}

export function layoutOf(shapes: Shapes, networks = 2): Layout {
  const offsets: Record<string, number> = {}
  let size = 0
  for (const [name, shape] of Object.entries(shapes)) {
    offsets[name] = size
    size += Math.ceil((networks * tf.util.sizeFromShape(shape)) / partAlignment) * partAlignment
  }
  return { networks, shapes, offsets, size }
}

export { canShare } from '../kernels/shared-part'

/**
 * The values of `flat` from `offset` on as a tensor of `shape`: a copy, or a part that shares its memory, which only the operations of
 * src/kernels understand.
 * @param shared a shared part instead of a copy; only if `canShare` allows it
 * @param gradients where a shared part's gradient is to be written, at the same place as in `flat`
 */
export function partOf(flat: tf.Tensor1D, offset: number, shape: number[], shared: boolean, gradients?: tf.Tensor1D): tf.Tensor {
  if (shared) return sharedPart(flat, offset, shape, gradients)
  return tf.tidy(() => tf.reshape(tf.slice(flat, offset, tf.util.sizeFromShape(shape)), shape))
}

/** All parameters in a flat tensor, each [networks, ...], as `partOf` makes them. */
export function unpack(flat: tf.Tensor1D, { networks, shapes, offsets }: Layout, shared: boolean, gradients?: tf.Tensor1D): Parameters {
  const parts = Object.entries(shapes).map(([name, shape]) => [name, partOf(flat, offsets[name]!, [networks, ...shape], shared, gradients)])
  return Object.fromEntries(parts) as Parameters
}

/** A tensor like `flat`, to be filled later with the gradients of its parts. */
export const gradientsLike = (flat: tf.Tensor1D): tf.Tensor1D => unwritten(flat)

/** The flat tensor made of named ones: the inverse of `unpack`. */
export function pack(named: Parameters, { offsets, size }: Layout): tf.Tensor1D {
  return tf.tidy(() => {
    const parts: tf.Tensor1D[] = []
    let end = 0
    const fill = (to: number) => void (to > end && parts.push(tf.zeros([to - end])))
    for (const [name, offset] of Object.entries(offsets)) {
      fill(offset)
      parts.push(tf.reshape(named[name]!, [-1]) as tf.Tensor1D)
      end = offset + named[name]!.size
    }
    fill(size)
    return tf.concat1d(parts)
  })
}

/** The values of network `k` by name, views on those of all. */
export function valuesOf(flat: Float32Array, { networks, shapes, offsets }: Layout, k: number): Record<string, Float32Array> {
  if (k >= networks) throw new RangeError(`There is no network ${k}: they are numbered 0 to ${networks - 1}.`)
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const size = tf.util.sizeFromShape(shape)
      return [name, flat.subarray(offsets[name]! + k * size, offsets[name]! + (k + 1) * size)]
    }),
  )
}

/**
 * Fills `values` as PyTorch does by default: convolution weights and biases uniform in ±1 / sqrt(fan-in), norms at weight 1 and bias 0,
 * running statistics at mean 0 and variance 1.
 */
export function initialise(values: Record<string, Float32Array>, shapes: Shapes, random: Random): void {
  let bound = 1
  for (const [name, shape] of Object.entries(shapes)) {
    const own = values[name]!
    if (/norm\d\./.test(name)) own.fill(/(weight|running_var)$/.test(name) ? 1 : 0)
    else {
      // A bias follows its kernel and shares its fan-in.
      if (shape.length === 4) bound = 1 / Math.sqrt(shape[0]! * shape[1]! * shape[2]!)
      for (let i = 0; i < own.length; i++) own[i] = random.uniform(-bound, bound)
    }
  }
}

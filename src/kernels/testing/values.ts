import * as tf from '@tensorflow/tfjs-core'
import type { Random } from '../../lib/random'

/** Values and shape of an input or output. */
export interface Values {
  values: Float32Array
  shape: number[]
}

export const filled = (shape: number[], draw: () => number): Values => ({
  values: Float32Array.from({ length: tf.util.sizeFromShape(shape) }, draw),
  shape,
})

export const normal = (random: Random, ...shape: number[]): Values => filled(shape, () => random.normal())

export const normals = (random: Random, length: number): Float32Array => normal(random, length).values

/**
 * Largest difference of two arrays, in units of the largest value of `want` (at least `least`); Infinity where one holds what is no number,
 * or if their lengths differ.
 */
export function relativeError(got: Float32Array, want: Float32Array, least = 1): number {
  if (got.length !== want.length) return Infinity
  let error = 0
  let scale = least
  for (let i = 0; i < want.length; i++) {
    // Equal infinities would differ by NaN.
    if (got[i] === want[i] && !Number.isFinite(want[i])) continue
    const difference = Math.abs(got[i]! - want[i]!)
    if (!(difference < Infinity)) return Infinity
    error = Math.max(error, difference)
    scale = Math.max(scale, Math.abs(want[i]!))
  }
  return error / scale
}

/** Images of a case: corner cases first, then random ones. The corner cases are the smallest sizes, and sums too long for one lane of threads. */
export interface Sizes {
  models: number
  /** Number per model. */
  images: number
  height: number
  width: number
  channels: number
}

const corners: Sizes[] = [
  { models: 1, images: 1, height: 1, width: 1, channels: 1 },
  { models: 2, images: 1, height: 33, width: 31, channels: 8 },
  { models: 1, images: 1, height: 33, width: 31, channels: 1 },
  { models: 3, images: 1, height: 41, width: 29, channels: 6 },
]

/** Sizes of case `i`. */
export const sizesOf = (random: Random, i: number): Sizes =>
  corners[i] ?? {
    models: 1 + random.integer(3),
    images: [1, 2, 3, 5][random.integer(4)]!,
    height: 1 + random.integer(7),
    width: 1 + random.integer(6),
    channels: [1, 2, 3, 4, 6, 8, 12, 20][random.integer(8)]!,
  }

/** Side and number of square images in case `i`. */
export const squaresOf = (random: Random, i: number): { size: number; count: number } =>
  [
    { size: 1, count: 1 },
    { size: 33, count: 1 },
    { size: 64, count: 3 },
  ][i] ?? { size: 1 + random.integer(19), count: 1 + random.integer(4) }

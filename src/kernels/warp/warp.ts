import type * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import type { Place } from '../wasm/simd'
import { affineLength, bendLength, warpImage, warpLabels, type Rows } from './warp.twin'
import { warpImagesWgsl, warpLabelsWgsl } from './warp.wgsl'

/** Rows `first` to `first + count` of a table with `length` numbers a row. */
const rowsIn = ({ at }: Place, length: number, { first, count }: Rows): Place => ({ at: at + 4 * first * length, size: count * length })

const simdCall = (size: number, { count }: Rows) => ({ models: 1, images: count, scratch: 8 * (12 * size + 16), numbers: { size } })

const row = (table: Float32Array, i: number, length: number) => table.subarray(i * length, (i + 1) * length)

export const warpImagesOp = defineOp({
  name: 'WarpImages',
  inputs: ['images', 'source', 'affine', 'bend', 'tone'],
  outputs: ({ images: [, size] }, { count }: Rows) => ({ out: [count, size!, size!, 1] }),
  twin: ({ images, source, affine, bend, tone }, { out }, { images: [, size] }, { first, count }) => {
    const pixels = size! * size!
    for (let i = 0, n = first; i < count; i++, n++) {
      const warp = { affine: row(affine, n, affineLength), bend: row(bend, n, bendLength) }
      warpImage(row(images, source[n]!, pixels), row(out, i, pixels), size!, warp, row(tone, n, 3))
    }
  },
  simd: (kernels, { images, source, affine, bend, tone, out }, { images: [, size] }, rows) => {
    const { numbers, ...call } = simdCall(size!, rows)
    const tables = {
      source: rowsIn(source, 1, rows),
      affine: rowsIn(affine, affineLength, rows),
      bend: rowsIn(bend, bendLength, rows),
      tone: rowsIn(tone, 3, rows),
    }
    kernels.eachImage('warpImages', { ...call, perImage: { ...tables, out }, numbers: { ...numbers, images: images.at } })
    return true
  },
  wgsl: warpImagesWgsl,
})

export const warpLabelsOp = defineOp({
  name: 'WarpLabels',
  inputs: ['labels', 'source', 'affine', 'bend'],
  outputs: ({ labels: [, size] }, { count }: Rows) => ({ out: [count, size!, size!] }),
  twin: ({ labels, source, affine, bend }, { out }, { labels: [, size] }, { first, count }) => {
    const pixels = size! * size!
    for (let i = 0, n = first; i < count; i++, n++) {
      const warp = { affine: row(affine, n, affineLength), bend: row(bend, n, bendLength) }
      warpLabels(row(labels, source[n]!, pixels), row(out, i, pixels), size!, warp)
    }
  },
  simd: (kernels, { labels, source, affine, bend, out }, { labels: [, size] }, rows) => {
    const { numbers, ...call } = simdCall(size!, rows)
    const tables = { source: rowsIn(source, 1, rows), affine: rowsIn(affine, affineLength, rows), bend: rowsIn(bend, bendLength, rows) }
    kernels.eachImage('warpLabels', { ...call, perImage: { ...tables, out }, numbers: { ...numbers, labels: labels.at } })
    return true
  },
  wgsl: warpLabelsWgsl,
})

/** Warps as tables, one row each: image number [n], affine [n, 6] and bend [n, 50]. */
export interface WarpTables {
  source: tf.Tensor
  affine: tf.Tensor
  bend: tf.Tensor
}

/**
 * Warped images [count, S, S, 1]: image `source`[n] of `images` [N, S, S] under warp n with tone n (gamma, gain, offset: [n, 3]), for `count`
 * rows n from `first` on. Has no gradient.
 */
export function warpedImages(
  images: tf.Tensor3D,
  { source, affine, bend, tone }: WarpTables & { tone: tf.Tensor },
  rows: Rows,
): tf.Tensor4D {
  return warpImagesOp.run({ images, source, affine, bend, tone }, rows).out as tf.Tensor4D
}

/** Warped label maps [count, S, S], -1 where unknown: map `source`[n] of `labels` [N, S, S] under warp n, for the same rows. Has no gradient. */
export function warpedLabels(labels: tf.Tensor3D, { source, affine, bend }: WarpTables, rows: Rows): tf.Tensor3D {
  return warpLabelsOp.run({ labels, source, affine, bend }, rows).out as tf.Tensor3D
}

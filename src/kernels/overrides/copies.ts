import * as tf from '@tensorflow/tfjs-core'
import { placeOf, simd, type Pointer, type Simd } from '../wasm/simd'
import type { WasmCall } from './override'

/** What puts tensors together and takes them apart, and their sum, by kernels of ours: on all threads, and in recordings. */

/** Some rows of a tensor, evenly spaced: numbers of values. */
interface Rows {
  rows: number
  count: number
  /** Where the first begins, and from one to the next. */
  start: number
  stride: number
}

const sizeOf = tf.util.sizeFromShape
const bytes = 4

/** The part of a tensor from `begin` on, of `size`, as rows; null if they are not evenly spaced. */
export function rowsOf(shape: readonly number[], begin: readonly number[], size: readonly number[]): Rows | null {
  const strides = shape.map((_, a) => sizeOf(shape.slice(a + 1)))
  const start = begin.reduce((sum, at, a) => sum + at * strides[a]!, 0)
  // Axes taken whole are contiguous with those after them.
  let axis = shape.length
  let count = 1
  while (axis > 0) {
    axis--
    count *= size[axis]!
    if (size[axis] !== shape[axis]) break
  }
  let rows = 1
  let stride = count
  for (let a = axis - 1; a >= 0; a--) {
    if (size[a] === 1) continue
    if (rows === 1) stride = strides[a]!
    else if (strides[a] !== stride * rows) return null
    rows *= size[a]!
  }
  return { rows, count, start, stride }
}

/** The same as blocks of evenly spaced rows, in order: one, or as many as it takes. */
function blocksOf(shape: readonly number[], begin: readonly number[], size: readonly number[]): Rows[] {
  const rows = rowsOf(shape, begin, size)
  if (rows) return [rows]
  const axis = size.findIndex((n) => n > 1)
  return Array.from({ length: size[axis] ?? 0 }, (_, i) =>
    blocksOf(
      shape,
      begin.map((at, a) => (a === axis ? at + i : at)),
      size.map((n, a) => (a === axis ? 1 : n)),
    ),
  ).flat()
}

/** The same in pieces of which threads can take any number, if it is one row. */
function cut({ rows, count, start, stride }: Rows): Rows {
  if (rows > 1 || count % 64 !== 0) return { rows, count, start, stride }
  return { rows: count / 64, count: 64, start, stride: 64 }
}

/** Copies rows of what lies at `x` to as many and as long rows of what lies at `y`. */
function copy(kernels: Simd, x: Pointer, from: Rows, y: Pointer, to: Rows): void {
  const both = from.rows === 1 && to.rows === 1 ? [cut(from), cut(to)] : [from, to]
  const [a, b] = both as [Rows, Rows]
  if (a.rows * a.count === 0) return
  kernels.eachImage('copyRows', {
    models: 1,
    images: a.rows,
    perImage: { x: { at: x + bytes * a.start, size: a.rows * a.stride }, y: { at: y + bytes * b.start, size: b.rows * b.stride } },
    numbers: { count: a.count, from: a.stride, to: b.stride },
  })
}

/** The kernels, for values of four bytes. */
const kernelsFor = ({ backend }: WasmCall, ...inputs: tf.TensorInfo[]): Simd | null =>
  inputs.every(({ dtype }) => dtype === 'float32' || dtype === 'int32') ? simd(backend) : null

const whole = (size: number): Rows => ({ rows: 1, count: size, start: 0, stride: size })

/** The part of x from `begin` on, of `size`; null without kernels for it. */
export function part(call: WasmCall, x: tf.TensorInfo, begin: number[], size: number[]): tf.TensorInfo | null {
  const kernels = kernelsFor(call, x)
  if (!kernels) return null
  const out = call.backend.makeOutput(size, x.dtype)
  const [from, to] = [placeOf(call.backend, x).at, placeOf(call.backend, out).at]
  let start = 0
  for (const rows of blocksOf(x.shape, begin, size)) {
    copy(kernels, from, rows, to, { ...rows, start, stride: rows.count })
    start += rows.rows * rows.count
  }
  return out
}

export function splitV(call: WasmCall): tf.TensorInfo[] | null {
  const x = call.inputs['x']!
  const { numOrSizeSplits, axis } = call.attrs as { numOrSizeSplits: number | number[]; axis: number }
  if (!kernelsFor(call, x)) return null
  const along = tf.util.parseAxisParam(axis, x.shape)[0]!
  let at = 0
  return tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, along).map((length) => {
    const begin = x.shape.map((_, a) => (a === along ? at : 0))
    at += length
    return part(
      call,
      x,
      begin,
      x.shape.map((size, a) => (a === along ? length : size)),
    )!
  })
}

export function concat(call: WasmCall): tf.TensorInfo | null {
  const { backend } = call
  const inputs = Object.values(call.inputs)
  const kernels = kernelsFor(call, ...inputs)
  if (!kernels || inputs.length === 1) return null
  const along = tf.util.parseAxisParam((call.attrs as { axis: number }).axis, inputs[0]!.shape)[0]!
  const shapes = inputs.map(({ shape }) => shape)
  tf.backend_util.assertParamsConsistent(shapes, along)
  const out = backend.makeOutput(tf.backend_util.computeOutShape(shapes, along), inputs[0]!.dtype)
  let at = 0
  for (const x of inputs) {
    const begin = out.shape.map((_, a) => (a === along ? at : 0))
    at += x.shape[along]!
    const to = rowsOf(out.shape, begin, x.shape)!
    copy(kernels, placeOf(backend, x).at, { ...to, start: 0, stride: to.count }, placeOf(backend, out).at, to)
  }
  return out
}

/** Zeros around x. */
export function pad(call: WasmCall): tf.TensorInfo | null {
  const { backend } = call
  const x = call.inputs['x']!
  const { paddings, constantValue } = call.attrs as { paddings: [number, number][]; constantValue: number }
  const shape = x.shape.map((size, a) => paddings[a]![0] + size + paddings[a]![1])
  const kernels = kernelsFor(call, x)
  const begin = paddings.map(([before]) => before)
  const to = rowsOf(shape, begin, x.shape)
  if (!kernels || !to || constantValue !== 0) return null
  const out = backend.makeOutput(shape, x.dtype)
  const y = placeOf(backend, out)
  const all = cut(whole(y.size))
  kernels.eachImage('clear', { models: 1, images: all.rows, perImage: { y }, numbers: { count: all.count } })
  copy(kernels, placeOf(backend, x).at, { ...to, start: 0, stride: to.count }, y.at, to)
  return out
}

/** The sum of two tensors of one shape. */
export function add(call: WasmCall): tf.TensorInfo | null {
  const { backend } = call
  const { a, b } = call.inputs as Record<'a' | 'b', tf.TensorInfo>
  const kernels = a.dtype === 'float32' && b.dtype === 'float32' && tf.util.arraysEqual(a.shape, b.shape) ? simd(backend) : null
  if (!kernels) return null
  const sum = backend.makeOutput(a.shape, 'float32')
  const out = placeOf(backend, sum)
  const { rows, count } = cut(whole(out.size))
  const perImage = { x: placeOf(backend, a), y: placeOf(backend, b), out }
  if (out.size > 0) kernels.eachImage('add', { models: 1, images: rows, perImage, numbers: { count } })
  return sum
}

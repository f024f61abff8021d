import * as tf from '@tensorflow/tfjs-core'
import { part } from './copies'
import type { WasmCall } from './override'

/**
 * A slice of a tensor, copied once, in the longest contiguous runs. The stock kernel first copies the whole tensor: both
 * networks' weights, 4 MB for each of their 92 parts.
 */
export function slice(call: WasmCall): tf.TensorInfo | null {
  const { inputs, attrs, backend } = call
  const x = inputs['x']!
  if (x.dtype === 'string') return null
  const given = attrs as { begin: number | number[]; size: number | number[] }
  const [begin, size] = tf.slice_util.parseSliceParams(x as tf.Tensor, given.begin, given.size)
  tf.slice_util.assertParamsValid(x as tf.Tensor, begin, size)
  const made = part(call, x, begin, size)
  if (made) return made
  const out = backend.makeOutput(size, x.dtype)
  // After makeOutput: the memory may have grown.
  const [from, to] = [backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(out)]
  let axis = size.length
  let run = 1
  // Axes taken whole are contiguous with those after them.
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

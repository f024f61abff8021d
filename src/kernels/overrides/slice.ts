import * as tf from '@tensorflow/tfjs-core'
import { part } from './copies'
import type { WasmCall } from './override'

/**
 * A slice of a tensor, copied once, in the longest contiguous runs. The stock kernel first copies the whole tensor: both
 * networks' weights, 4 MB for each of their 92 parts.
 */
export function slice(call: WasmCall): tf.TensorInfo | null {
  const { inputs, attrs } = call
  const x = inputs['x']!
  const given = attrs as { begin: number | number[]; size: number | number[] }
  const [begin, size] = tf.slice_util.parseSliceParams(x as tf.Tensor, given.begin, given.size)
  tf.slice_util.assertParamsValid(x as tf.Tensor, begin, size)
  return part(call, x, begin, size)
}

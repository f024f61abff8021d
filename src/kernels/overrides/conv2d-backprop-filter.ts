import * as tf from '@tensorflow/tfjs-core'
import { filterGradient } from '../conv2d/simd'
import { placeOf, simd } from '../wasm/simd'
import type { WasmCall } from './override'

type Shape4 = [number, number, number, number]

/** The filter gradient of tf.conv2d, which this backend lacks, for stride 1: only the stock engine uses it. */
export function conv2dBackpropFilter({ inputs, attrs, backend }: WasmCall): tf.TensorInfo {
  const { x, dy } = inputs as Record<'x' | 'dy', tf.TensorInfo>
  const { strides, pad, filterShape } = attrs as { strides: number | number[]; pad: 'same' | 'valid' | number; filterShape: Shape4 }
  if (![strides].flat().every((n) => n === 1)) throw new Error(`Conv2DBackpropFilter on wasm supports only stride 1, not ${strides}.`)
  const { batchSize, padInfo, ...s } = tf.backend_util.computeConv2DInfo(x.shape as Shape4, filterShape, 1, 1, pad)
  const sizes = { ...s, models: 1, images: batchSize, height: s.inHeight, width: s.inWidth, padTop: padInfo.top, padLeft: padInfo.left }
  const kernels = simd(backend)
  if (!kernels) throw new Error('Conv2DBackpropFilter on wasm needs SIMD.')
  const dw = backend.makeOutput(filterShape, 'float32')
  filterGradient(kernels, placeOf(backend, x), placeOf(backend, dy), placeOf(backend, dw), sizes)
  return dw
}

import type { TensorInfo } from '@tensorflow/tfjs-core'
import { placeOf, simd } from '../wasm/simd'
import type { WasmCall } from './override'

/** The gradient of the 2 x 2 max-pool with stride 2 and no padding; every other pool goes to the stock kernel. */
export function maxPoolGradient({ inputs, attrs, backend }: WasmCall): TensorInfo | null {
  const { dy, input, output } = inputs as Record<'dy' | 'input' | 'output', TensorInfo>
  const { filterSize, strides, pad } = attrs as { filterSize: number | number[]; strides: number | number[]; pad: unknown }
  const kernels = simd(backend)
  const halves = [filterSize, strides].flat().every((n) => n === 2) && (pad === 'valid' || pad === 0)
  const [batch, height, width, channels] = input.shape as [number, number, number, number]
  if (!kernels || !halves || channels % 4 !== 0) return null
  const dx = backend.makeOutput(input.shape, 'float32')
  const place = (info: TensorInfo) => placeOf(backend, info)
  kernels.eachImage('maxPoolGrad', {
    models: 1,
    images: batch,
    perImage: { dy: place(dy), x: place(input), y: place(output), dx: place(dx) },
    numbers: { H: height, W: width, C: channels },
  })
  return dx
}

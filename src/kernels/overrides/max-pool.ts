import type { TensorInfo } from '@tensorflow/tfjs-core'
import { placeOf, simd, type Simd } from '../wasm/simd'
import type { WasmCall } from './override'

interface Pool {
  filterSize: number | number[]
  strides: number | number[]
  pad: unknown
}

/** The kernels for the 2 x 2 max-pool with stride 2 and no padding; every other pool goes to the stock kernel. */
function kernelsFor({ backend, attrs }: WasmCall, channels: number): Simd | null {
  const { filterSize, strides, pad } = attrs as Pool
  const halves = [filterSize, strides].flat().every((n) => n === 2) && (pad === 'valid' || pad === 0)
  return halves && channels % 4 === 0 ? simd(backend) : null
}

const sizes = ([images, H, W, C]: number[]) => ({ models: 1, images: images!, numbers: { H: H!, W: W!, C: C! } })

export function maxPool(call: WasmCall): TensorInfo | null {
  const { backend } = call
  const x = call.inputs['x']!
  const [images, H, W, C] = x.shape as [number, number, number, number]
  const kernels = kernelsFor(call, C)
  if (!kernels || x.shape.length !== 4) return null
  const y = backend.makeOutput([images, Math.floor(H / 2), Math.floor(W / 2), C], 'float32')
  kernels.eachImage('maxPool', { ...sizes(x.shape), perImage: { x: placeOf(backend, x), y: placeOf(backend, y) } })
  return y
}

/** Its gradient. */
export function maxPoolGradient(call: WasmCall): TensorInfo | null {
  const { backend } = call
  const { dy, input: x, output: y } = call.inputs as Record<'dy' | 'input' | 'output', TensorInfo>
  const kernels = kernelsFor(call, x.shape[3]!)
  if (!kernels) return null
  const dx = backend.makeOutput(x.shape, 'float32')
  const place = (info: TensorInfo) => placeOf(backend, info)
  kernels.eachImage('maxPoolGrad', { ...sizes(x.shape), perImage: { dy: place(dy), x: place(x), y: place(y), dx: place(dx) } })
  return dx
}

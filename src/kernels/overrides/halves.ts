import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { isHalf } from '../webgpu/halves'
import { launch } from '../webgpu/launch'
import type { Override } from './override'

/** What the gradient tape and batches do with tensors of halves, which tfjs would do with floats twice as long. All else goes to the stock kernels. */

/** a + b, as where a tensor is used twice and has two gradients. */
export const add: Override['kernel'] = ({ inputs, backend }) => {
  const { a, b } = inputs as Record<'a' | 'b', TensorInfo>
  if (!isHalf(a) || !isHalf(b) || !util.arraysEqual(a.shape, b.shape)) return null
  return launch(backend as WebGPUBackend, {
    key: 'exemplarAdd',
    inputs: { a, b },
    inputComponents: [4, 4],
    outputShape: a.shape,
    outputComponent: 4,
    activation: true,
    threads: util.sizeFromShape(a.shape) / 4,
    body: () => `result[index] = a[index] + b[index];`,
  })
}

/** Part `start` to `start + count` of the middle axis of x [outer, middle, inner], or with `count` beyond its ends zeros there. */
function middle(backend: WebGPUBackend, x: TensorInfo, start: number, count: number): TensorInfo {
  const [outer, length, inner] = x.shape as [number, number, number]
  const steps = inner / 4
  return launch(backend, {
    key: 'exemplarMiddle',
    inputs: { x },
    inputComponents: [4],
    outputShape: [outer, count, inner],
    outputComponent: 4,
    activation: true,
    threads: outer * count * steps,
    uniforms: { start, count, length, steps },
    body: () => `
      let place = index / uniforms.steps;
      let step = index - place * uniforms.steps;
      let n = place / uniforms.count;
      let at = place - n * uniforms.count + uniforms.start;
      let inside = at >= 0 && at < uniforms.length;
      result[index] = select(vec4<f32>(), x[(n * uniforms.length + at) * uniforms.steps + step], inside);`,
  })
}

const isList = ({ shape }: TensorInfo) => shape.length === 3 && shape[2]! % 4 === 0

/** Some of the images of each network. */
export const slice: Override['kernel'] = ({ inputs, attrs, backend }) => {
  const { x } = inputs as Record<'x', TensorInfo>
  const { begin, size } = attrs as unknown as { begin: number[]; size: number[] }
  const whole = (axis: number) => begin[axis] === 0 && (size[axis] === -1 || size[axis] === x.shape[axis])
  if (!isHalf(x) || !isList(x) || !whole(0) || !whole(2) || size[1] === -1) return null
  return middle(backend as WebGPUBackend, x, begin[1]!, size[1]!)
}

/** Its gradient. */
export const pad: Override['kernel'] = ({ inputs, attrs, backend }) => {
  const { x } = inputs as Record<'x', TensorInfo>
  const { paddings, constantValue } = attrs as unknown as { paddings: [number, number][]; constantValue: number }
  if (!isHalf(x) || !isList(x) || constantValue !== 0 || [...paddings[0]!, ...paddings[2]!].some((n) => n !== 0)) return null
  const [before, after] = paddings[1]!
  return middle(backend as WebGPUBackend, x, -before, before + x.shape[1]! + after)
}

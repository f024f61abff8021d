import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { launch } from '../webgpu/launch'
import type { Override } from './override'

type Shape4 = [number, number, number, number]

/** Whether a pool is 2 x 2 with stride 2, of images of even sides with whole vectors of channels: others go to the stock kernels. */
function fits(shape: number[], attrs: unknown): boolean {
  const { filterSize, strides, pad } = attrs as { filterSize: number | number[]; strides: number | number[]; pad: unknown }
  const [, height, width, channels] = shape as Shape4
  return [filterSize, strides].flat().every((n) => n === 2) && pad === 'valid' && height % 2 === 0 && width % 2 === 0 && channels % 4 === 0
}

/** Where the window of output `index` begins in x, as vectors: `at`, with the next pixel `uniforms.steps` further and the next row `uniforms.line`. */
const window = `
  let pixel = index / uniforms.steps;
  let row = pixel / (uniforms.line / uniforms.steps / 2);
  let at = row * uniforms.line + pixel * uniforms.steps + index;`
const uniformsOf = ([, , width, channels]: Shape4) => ({ steps: channels / 4, line: (width * channels) / 4 })

/** The largest of each 2 x 2 pixels. One thread for 4 channels of an output. */
export const maxPool: Override['kernel'] = ({ inputs, attrs, backend }) => {
  const { x } = inputs as Record<'x', TensorInfo>
  if (!fits(x.shape, attrs)) return null
  const [images, height, width, channels] = x.shape as Shape4
  const outputShape = [images, height / 2, width / 2, channels]
  return launch(backend as WebGPUBackend, {
    key: 'exemplarMaxPool',
    inputs: { x },
    inputComponents: [4],
    outputShape,
    outputComponent: 4,
    activation: true,
    threads: util.sizeFromShape(outputShape) / 4,
    uniforms: uniformsOf(x.shape as Shape4),
    body: () => `
      ${window}
      let upper = max(x[at], x[at + uniforms.steps]);
      result[index] = max(upper, max(x[at + uniforms.line], x[at + uniforms.line + uniforms.steps]));`,
  })
}

/** Its gradient: the first of equal values gets it, as on the other backends. */
export const maxPoolGradient: Override['kernel'] = ({ inputs, attrs, backend }) => {
  const { dy, input: x, output: y } = inputs as Record<'dy' | 'input' | 'output', TensorInfo>
  if (!fits(x.shape, attrs)) return null
  return launch(backend as WebGPUBackend, {
    key: 'exemplarMaxPoolGrad',
    inputs: { dy, x, y },
    inputComponents: [4, 4, 4],
    outputShape: x.shape,
    outputComponent: 4,
    activation: true,
    threads: util.sizeFromShape(y.shape) / 4,
    uniforms: uniformsOf(x.shape as Shape4),
    body: () => `
      ${window}
      let top = y[index];
      let given = dy[index];
      let a = x[at] == top;
      let b = (x[at + uniforms.steps] == top) & !a;
      let c = (x[at + uniforms.line] == top) & !(a | b);
      result[at] = select(vec4<f32>(), given, a);
      result[at + uniforms.steps] = select(vec4<f32>(), given, b);
      result[at + uniforms.line] = select(vec4<f32>(), given, c);
      result[at + uniforms.line + uniforms.steps] = select(given, vec4<f32>(), a | b | c);`,
  })
}

import { util } from '@tensorflow/tfjs-core'
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { launch } from '../webgpu/launch'
import { elementOf } from '../webgpu/reduction'

/** ScaleChannels: x [B, H, W, C] times factor [B, C]. */
export const scaleChannels: KernelFunc = ({ inputs, backend }) => {
  const { x, factor } = inputs as Record<'x' | 'factor', TensorInfo>
  const [batch, channels] = factor.shape as [number, number]
  const { vector } = elementOf(channels)
  const threads = util.sizeFromShape(x.shape) / vector
  return launch(backend as WebGPUBackend, {
    key: `exemplarScaleChannels_${vector}`,
    inputs: { x, factor },
    inputComponents: [vector, vector],
    outputShape: x.shape,
    outputComponent: vector,
    threads,
    uniforms: { steps: channels / vector, perImage: threads / batch },
    body: () => `result[index] = x[index] * factor[index / uniforms.perImage * uniforms.steps + index % uniforms.steps];`,
  })
}

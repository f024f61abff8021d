import { util } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launch } from '../webgpu/launch'
import { elementOf } from '../webgpu/reduction'

/** x [B, H, W, C] times factor [B, C]. */
export function scaleChannelsWgsl({ inputs: { x, factor }, backend }: WgslCall<'x' | 'factor'>) {
  const [batch, channels] = factor.shape as [number, number]
  const { vector } = elementOf(channels)
  const threads = util.sizeFromShape(x.shape) / vector
  const y = launch(backend, {
    key: `exemplarScaleChannels_${vector}`,
    inputs: { x, factor },
    inputComponents: [vector, vector],
    outputShape: x.shape,
    outputComponent: vector,
    activation: true,
    threads,
    uniforms: { steps: channels / vector, perImage: threads / batch },
    body: () => `result[index] = x[index] * factor[index / uniforms.perImage * uniforms.steps + index % uniforms.steps];`,
  })
  return { y }
}

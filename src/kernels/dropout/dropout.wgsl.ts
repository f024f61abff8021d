import { util } from '@tensorflow/tfjs-core'
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { dropThreshold } from './dropout'
import { launch } from '../webgpu/launch'
import { drawPair, keyOf } from '../webgpu/random-wgsl'

/** Dropout: one thread for the two values that one pair of draws decides. */
export const dropout: KernelFunc = ({ inputs, attrs, backend }) => {
  const { x, key } = inputs as Record<'x' | 'key', TensorInfo>
  const { p } = attrs as unknown as { p: number }
  const values = util.sizeFromShape(x.shape)
  return launch(backend as WebGPUBackend, {
    key: 'exemplarDropout',
    inputs: { x, key },
    inputComponents: [1, 1],
    outputShape: x.shape,
    outputComponent: 1,
    threads: Math.ceil(values / 2),
    uniforms: { values, below: dropThreshold(p) },
    factors: { factor: 1 / (1 - p) },
    body: () => `
      ${drawPair('draws', keyOf('key', '0'), 'u32(index)')}
      let kept = vec2<i32>(draws >> vec2<u32>(8u)) >= vec2<i32>(uniforms.below);
      let i = index * 2;
      result[i] = select(0.0, x[i] * uniforms.factor, kept.x);
      if (i + 1 < uniforms.values) { result[i + 1] = select(0.0, x[i + 1] * uniforms.factor, kept.y); }`,
  })
}

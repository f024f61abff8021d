import { util } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launch } from '../webgpu/launch'
import { drawPair, keyOf } from '../webgpu/random-wgsl'
import { dropThreshold } from './dropout.twin'

/** One thread for the two values decided by one pair of draws. */
export function dropoutWgsl({ inputs: { x, key }, attrs: { p }, backend }: WgslCall<'x' | 'key', { p: number }>) {
  const values = util.sizeFromShape(x.shape)
  const out = launch(backend, {
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
  return { out }
}

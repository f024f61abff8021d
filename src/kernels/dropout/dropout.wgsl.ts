import { util } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launch } from '../webgpu/launch'
import { drawPair, keyOf } from '../webgpu/random-wgsl'
import { dropThreshold } from './dropout.twin'

/** One thread for the two values decided by one pair of draws. */
export function dropoutWgsl({ inputs: { x, key, places }, attrs: { p }, backend }: WgslCall<'x' | 'key', { p: number }, 'places'>) {
  const values = util.sizeFromShape(x.shape)
  // The pair that thread `index` has among those of the whole batch.
  const pair = places ? 'u32(places[index / uniforms.pairs]) * u32(uniforms.pairs) + u32(index % uniforms.pairs)' : 'u32(index)'
  const out = launch(backend, {
    key: `exemplarDropout${places ? 'OfPart' : ''}`,
    inputs: { x, key, ...(places && { places }) },
    inputComponents: places ? [1, 1, 1] : [1, 1],
    outputShape: x.shape,
    outputComponent: 1,
    threads: Math.ceil(values / 2),
    uniforms: { values, below: dropThreshold(p), ...(places && { pairs: values / x.shape[0]! / 2 }) },
    factors: { factor: 1 / (1 - p) },
    body: () => `
      ${drawPair('draws', keyOf('key', '0'), pair)}
      let kept = vec2<i32>(draws >> vec2<u32>(8u)) >= vec2<i32>(uniforms.below);
      let i = index * 2;
      result[i] = select(0.0, x[i] * uniforms.factor, kept.x);
      if (i + 1 < uniforms.values) { result[i + 1] = select(0.0, x[i + 1] * uniforms.factor, kept.y); }`,
  })
  return { out }
}

import { util } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launch } from '../webgpu/launch'
import { drawPair, keyOf } from '../webgpu/random-wgsl'
import { dropThreshold } from './dropout.twin'

/** One thread for the two values decided by one pair of draws, or for the four of two pairs where the values of an image are whole vectors. */
export function dropoutWgsl({ inputs: { x, key, places }, attrs: { p }, backend }: WgslCall<'x' | 'key', { p: number }, 'places'>) {
  const values = util.sizeFromShape(x.shape)
  const perImage = values / x.shape[0]!
  const vector = perImage % 4 === 0 ? 4 : 1
  // Pair i of this call among those of the whole batch.
  const pair = (i: string) =>
    places ? `u32(places[${i} / uniforms.pairs]) * u32(uniforms.pairs) + u32(${i} % uniforms.pairs)` : `u32(${i})`
  const kept = (draws: string) => `(vec2<i32>(${draws} >> vec2<u32>(8u)) >= vec2<i32>(uniforms.below))`
  const out = launch(backend, {
    key: `exemplarDropout_${vector}${places ? '_part' : ''}`,
    inputs: { x, key, ...(places && { places }) },
    inputComponents: [vector, 1, ...(places ? [1] : [])],
    outputShape: x.shape,
    outputComponent: vector,
    activation: true,
    threads: Math.ceil(values / (vector === 4 ? 4 : 2)),
    uniforms: { values, below: dropThreshold(p), ...(places && { pairs: perImage / 2 }) },
    factors: { factor: 1 / (1 - p) },
    body: () =>
      vector === 4
        ? `
      ${drawPair('first', keyOf('key', '0'), pair('(2 * index)'))}
      ${drawPair('second', keyOf('key', '0'), pair('(2 * index + 1)'))}
      result[index] = select(vec4<f32>(), x[index] * uniforms.factor, vec4<bool>(${kept('first')}, ${kept('second')}));`
        : `
      ${drawPair('draws', keyOf('key', '0'), pair('index'))}
      let kept = ${kept('draws')};
      let i = index * 2;
      result[i] = select(0.0, x[i] * uniforms.factor, kept.x);
      if (i + 1 < uniforms.values) { result[i + 1] = select(0.0, x[i + 1] * uniforms.factor, kept.y); }`,
  })
  return { out }
}

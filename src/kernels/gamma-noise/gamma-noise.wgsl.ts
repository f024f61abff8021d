import { util } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launch } from '../webgpu/launch'
import { drawPair, keyOf, uniformOf } from '../webgpu/random-wgsl'
import { noiseLength } from './gamma-noise.twin'

/** One thread per pixel. If the first draw is odd, a pixel's two draws lie in two neighbouring pairs. */
export function gammaNoiseWgsl({ inputs: { x, noise }, backend }: WgslCall<'x' | 'noise'>) {
  const threads = util.sizeFromShape(x.shape)
  const out = launch(backend, {
    key: 'exemplarGammaNoise',
    inputs: { x, noise },
    inputComponents: [1, 1],
    outputShape: x.shape,
    outputComponent: 1,
    threads,
    uniforms: { pixels: threads / x.shape[0]! },
    body: () => `
      let image = index / uniforms.pixels;
      let at = image * ${noiseLength};
      let gamma = noise[at];
      let sigma = noise[at + 1];
      var value = x[index];
      if (gamma != 1.0) { value = select(0.0, pow(max(value, 1e-30), gamma), value > 0.0); }
      if (sigma != 0.0) {
        let first = u32(noise[at + 2]);
        let counter = first / 2u + u32(index - image * uniforms.pixels);
        ${drawPair('draws', keyOf('noise', 'at + 3'), 'counter')}
        if (first % 2u == 1u) {
          ${drawPair('next', keyOf('noise', 'at + 3'), 'counter + 1u')}
          draws = vec2<u32>(draws.y, next.x);
        }
        // The angle in -pi..pi, where WGSL guarantees the cosine's precision.
        let turn = ${uniformOf('draws.y')};
        let angle = 6.283185307 * select(turn, turn - 1.0, turn > 0.5);
        value = clamp(value + sigma * sqrt(-2.0 * log(1.0 - ${uniformOf('draws.x')})) * cos(angle), 0.0, 1.0);
      }
      result[index] = value;`,
  })
  return { out }
}

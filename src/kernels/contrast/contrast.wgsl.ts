import { util } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launch } from '../webgpu/launch'

/** Threads that share the sum over one image. */
const lanes = 32

/** First each lane's part of the sum over an image, then one thread per pixel, which adds up the lanes itself. */
export function contrastWgsl({ inputs: { x, jitter }, backend }: WgslCall<'x' | 'jitter'>) {
  const count = x.shape[0]!
  const threads = util.sizeFromShape(x.shape)
  const pixels = threads / count
  const sums = launch(backend, {
    key: 'exemplarContrastSums',
    inputs: { x, jitter },
    inputComponents: [1, 1],
    outputShape: [count, lanes],
    outputComponent: 1,
    threads: count * lanes,
    uniforms: { pixels },
    body: () => `
      let image = index / ${lanes};
      let brightness = jitter[image * 2];
      let start = image * uniforms.pixels;
      var sum = 0.0;
      for (var i = index % ${lanes}; i < uniforms.pixels; i += ${lanes}) { sum += clamp(x[start + i] * brightness, 0.0, 1.0); }
      result[index] = sum;`,
  })
  const out = launch(backend, {
    key: 'exemplarContrast',
    inputs: { x, jitter, sums },
    inputComponents: [1, 1, 1],
    outputShape: x.shape,
    outputComponent: 1,
    threads,
    uniforms: { pixels },
    body: () => `
      let image = index / uniforms.pixels;
      let contrast = jitter[image * 2 + 1];
      var mean = 0.0;
      for (var i = 0; i < ${lanes}; i++) { mean += sums[image * ${lanes} + i]; }
      mean /= f32(uniforms.pixels);
      let bright = clamp(x[index] * jitter[image * 2], 0.0, 1.0);
      result[index] = clamp(contrast * bright + (1.0 - contrast) * mean, 0.0, 1.0);`,
  })
  backend.disposeData(sums.dataId)
  return { out }
}

import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launch } from '../webgpu/launch'
import { blurRadius } from './blur.twin'

/** Horizontally, then vertically; one thread per pixel. */
export function blurWgsl({ inputs: { x, sigma }, backend }: WgslCall<'x' | 'sigma'>) {
  const size = x.shape[1]!
  const along = (x: TensorInfo, down: 0 | 1) =>
    launch(backend, {
      key: 'exemplarBlur',
      inputs: { x, sigma },
      inputComponents: [1, 1],
      outputShape: x.shape,
      outputComponent: 1,
      threads: util.sizeFromShape(x.shape),
      uniforms: { size, down },
      body: () => `
        let s = sigma[index / (uniforms.size * uniforms.size)];
        if (s <= 0.0) {
          result[index] = x[index];
          return;
        }
        let step = select(1, uniforms.size, uniforms.down == 1);
        let place = index / step % uniforms.size;
        var sum = 0.0;
        var total = 0.0;
        for (var k = -${blurRadius}; k <= ${blurRadius}; k++) {
          let weight = exp(-f32(k * k) / (2.0 * s * s));
          total += weight;
          sum += weight * x[index + (clamp(place + k, 0, uniforms.size - 1) - place) * step];
        }
        result[index] = sum / total;`,
    })
  const across = along(x, 0)
  const out = along(across, 1)
  backend.disposeData(across.dataId)
  return { out }
}

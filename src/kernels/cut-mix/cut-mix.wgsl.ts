import { util } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launch } from '../webgpu/launch'

/** One thread per value. */
export function cutMixWgsl({ inputs: { maps, boxes, partners }, backend }: WgslCall<'maps' | 'boxes' | 'partners'>) {
  const [, height, width, channels = 1] = maps.shape as [number, number, number, number?]
  const out = launch(backend, {
    key: 'exemplarCutMix',
    inputs: { maps, boxes, partners },
    inputComponents: [1, 1, 1],
    outputShape: maps.shape,
    outputComponent: 1,
    threads: util.sizeFromShape(maps.shape),
    uniforms: { height, width, channels, images: boxes.shape[0]! },
    body: () => `
      let pixel = index / uniforms.channels;
      let line = pixel / uniforms.width;
      let image = line / uniforms.height;
      let u = image % uniforms.images;
      let place = vec2<f32>(f32(pixel - line * uniforms.width), f32(line - image * uniforms.height));
      let start = vec2<f32>(boxes[u * 4], boxes[u * 4 + 1]);
      let end = start + vec2<f32>(boxes[u * 4 + 2], boxes[u * 4 + 3]);
      let inside = all(place >= start) && all(place < end);
      let other = select(u, i32(partners[u]), inside);
      result[index] = maps[index + (other - u) * uniforms.height * uniforms.width * uniforms.channels];`,
  })
  return { out }
}

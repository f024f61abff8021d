import type { WgslCall } from '../declaration'
import { launch } from '../webgpu/launch'

/** One thread per pixel. Fronts lie `pasted` images before their backgrounds, after `whole` pixels of finished images. */
export function pasteWgsl({ inputs: { images, alpha }, backend }: WgslCall<'images' | 'alpha'>) {
  const [made, size] = alpha.shape as [number, number]
  const pasted = images.shape[0]! - made
  const pixels = size * size
  const out = launch(backend, {
    key: 'exemplarPaste',
    inputs: { images, alpha },
    inputComponents: [1, 1],
    outputShape: [...alpha.shape, 1],
    outputComponent: 1,
    threads: made * pixels,
    uniforms: { whole: (made - pasted) * pixels, toBackground: pasted * pixels },
    body: () => `
      let front = images[index];
      if (index < uniforms.whole) {
        result[index] = front;
        return;
      }
      result[index] = alpha[index] * front + (1.0 - alpha[index]) * images[index + uniforms.toBackground];`,
  })
  return { out }
}

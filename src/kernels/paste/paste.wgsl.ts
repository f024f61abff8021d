import { util } from '@tensorflow/tfjs-core'
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { launch } from '../webgpu/launch'

/** Paste: one thread per pixel. Fronts lie `pasted` images before their backgrounds, after `whole` pixels of finished images. */
export const paste: KernelFunc = ({ inputs, backend }) => {
  const { images, alpha } = inputs as Record<'images' | 'alpha', TensorInfo>
  const [made, size] = alpha.shape as [number, number]
  const pasted = images.shape[0]! - made
  const pixels = size * size
  return launch(backend as WebGPUBackend, {
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
}

/** KnownLabels: one thread per pixel. */
export const knownLabels: KernelFunc = ({ inputs, backend }) => {
  const { labels, rim, outside } = inputs as Record<'labels' | 'rim' | 'outside', TensorInfo>
  const [, height, width] = rim.shape as [number, number, number]
  return launch(backend as WebGPUBackend, {
    key: 'exemplarKnownLabels',
    inputs: { labels, rim, outside },
    inputComponents: [1, 1, 1],
    outputShape: rim.shape,
    outputComponent: 1,
    threads: util.sizeFromShape(rim.shape),
    uniforms: { pixels: height * width },
    body: () => `result[index] = select(-1.0, labels[index], rim[index] > 0.0 || outside[index / uniforms.pixels] > 0.0);`,
  })
}

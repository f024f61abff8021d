import { util } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launch } from '../webgpu/launch'

/** One thread per pixel. */
export function knownLabelsWgsl({ inputs: { labels, rim, outside }, backend }: WgslCall<'labels' | 'rim' | 'outside'>) {
  const [, height, width] = rim.shape as [number, number, number]
  const out = launch(backend, {
    key: 'exemplarKnownLabels',
    inputs: { labels, rim, outside },
    inputComponents: [1, 1, 1],
    outputShape: rim.shape,
    outputComponent: 1,
    threads: util.sizeFromShape(rim.shape),
    uniforms: { pixels: height * width },
    body: () => `result[index] = select(-1.0, labels[index], rim[index] > 0.0 || outside[index / uniforms.pixels] > 0.0);`,
  })
  return { out }
}

import { util } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launch } from '../webgpu/launch'
import { rimRadius } from './rim.twin'

/** One thread per pixel reads 7 x 7. Two passes would read 14 pixels instead of 49 but need another launch. */
export function rimWgsl({ inputs: { labels }, backend }: WgslCall<'labels'>) {
  const rim = launch(backend, {
    key: 'exemplarRim',
    inputs: { labels },
    inputComponents: [1],
    outputShape: labels.shape,
    outputComponent: 1,
    threads: util.sizeFromShape(labels.shape),
    uniforms: { size: labels.shape[1]! },
    body: () => `
      let size = uniforms.size;
      let column = index % size;
      let row = index / size % size;
      var most = 0.0;
      for (var y = max(0, row - ${rimRadius}); y <= min(size - 1, row + ${rimRadius}); y++) {
        for (var x = max(0, column - ${rimRadius}); x <= min(size - 1, column + ${rimRadius}); x++) {
          most = max(most, labels[index + (y - row) * size + x - column]);
        }
      }
      result[index] = select(0.0, 1.0, most > 0.0);`,
  })
  return { rim }
}

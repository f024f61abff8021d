import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launchAll } from '../webgpu/launch'

/** One thread per pixel. */
export function pseudoLabelsWgsl({ inputs: { logits }, attrs: { tau }, backend }: WgslCall<'logits', { tau: number }>) {
  const shape = logits.shape.slice(0, 3)
  const [labels, taught] = launchAll(backend, {
    key: 'exemplarPseudoLabels',
    inputs: { logits },
    inputComponents: [1],
    outputs: [
      { name: 'labels', shape, component: 1 },
      { name: 'taught', shape, component: 1 },
    ],
    threads: util.sizeFromShape(shape),
    uniforms: { classes: logits.shape[3]! },
    factors: { tau },
    body: () => `
      let at = index * uniforms.classes;
      var best = 0;
      for (var c = 1; c < uniforms.classes; c++) { if (logits[at + c] > logits[at + best]) { best = c; } }
      let top = logits[at + best];
      var sum = 0.0;
      for (var c = 0; c < uniforms.classes; c++) { sum += exp(logits[at + c] - top); }
      labels[index] = f32(best);
      taught[index] = select(-1.0, f32(best), 1.0 / sum >= uniforms.tau);`,
  }) as [TensorInfo, TensorInfo]
  return { labels, taught }
}

import { util } from '@tensorflow/tfjs-core'
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { launch } from './launch'

/** Confidence: per pixel the class with the largest logit, the first of equals, and its softmax value. One thread per pixel. */
export const confidence: KernelFunc = ({ inputs, backend }) => {
  const { logits } = inputs as Record<'logits', TensorInfo>
  const shape = logits.shape.slice(0, 3)
  const output = (name: string, value: string) =>
    launch(backend as WebGPUBackend, {
      key: `exemplarConfidence_${name}`,
      inputs: { logits },
      inputComponents: [1],
      outputShape: shape,
      outputComponent: 1,
      threads: util.sizeFromShape(shape),
      uniforms: { classes: logits.shape[3]! },
      body: () => `
        let at = index * uniforms.classes;
        var best = 0;
        for (var c = 1; c < uniforms.classes; c++) { if (logits[at + c] > logits[at + best]) { best = c; } }
        ${value}`,
    })
  const probability = `
    let top = logits[at + best];
    var sum = 0.0;
    for (var c = 0; c < uniforms.classes; c++) { sum += exp(logits[at + c] - top); }
    result[index] = 1.0 / sum;`
  return [output('label', 'result[index] = f32(best);'), output('probability', probability)]
}

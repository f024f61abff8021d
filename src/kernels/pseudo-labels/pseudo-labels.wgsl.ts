import { util } from '@tensorflow/tfjs-core'
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { agreementValues } from './pseudo-labels'
import { launch, launchAll } from '../webgpu/launch'
import { lanesFor } from '../webgpu/reduction'

/** PseudoLabels: one thread per pixel. */
export const pseudoLabels: KernelFunc = ({ inputs, attrs, backend }) => {
  const { logits } = inputs as Record<'logits', TensorInfo>
  const shape = logits.shape.slice(0, 3)
  return launchAll(backend as WebGPUBackend, {
    key: 'exemplarPseudoLabels',
    inputs: { logits },
    inputComponents: [1],
    outputs: [
      { name: 'labels', shape, component: 1 },
      { name: 'taught', shape, component: 1 },
    ],
    threads: util.sizeFromShape(shape),
    uniforms: { classes: logits.shape[3]! },
    factors: { tau: (attrs as unknown as { tau: number }).tau },
    body: () => `
      let at = index * uniforms.classes;
      var best = 0;
      for (var c = 1; c < uniforms.classes; c++) { if (logits[at + c] > logits[at + best]) { best = c; } }
      let top = logits[at + best];
      var sum = 0.0;
      for (var c = 0; c < uniforms.classes; c++) { sum += exp(logits[at + c] - top); }
      labels[index] = f32(best);
      taught[index] = select(-1.0, f32(best), 1.0 / sum >= uniforms.tau);`,
  })
}

/** Agreement: lanes of pixels count, then one thread for each share adds up. */
export const agreement =
  (threadsWanted: number): KernelFunc =>
  (params) => {
    const { labels, taught } = params.inputs as Record<'labels' | 'taught', TensorInfo>
    const backend = params.backend as WebGPUBackend
    const pixels = util.sizeFromShape(labels.shape) / 2
    const values = agreementValues.length
    const lanes = lanesFor(pixels, 1, threadsWanted)
    const counts = launch(backend, {
      key: 'exemplarAgreementCounts',
      inputs: { labels, taught },
      inputComponents: [1, 1],
      outputShape: [lanes, values],
      outputComponent: 1,
      threads: lanes,
      uniforms: { pixels },
      body: () => `
        var count = array<f32, ${values}>();
        for (var a = index; a < uniforms.pixels; a += uniforms.threads) {
          let b = a + uniforms.pixels;
          count[0] += select(0.0, 1.0, taught[a] >= 0.0);
          count[1] += select(0.0, 1.0, taught[b] >= 0.0);
          count[2] += select(0.0, 1.0, labels[a] > 0.0);
          count[3] += select(0.0, 1.0, labels[b] > 0.0);
          count[4] += select(0.0, 1.0, labels[a] == labels[b]);
        }
        for (var i = 0; i < ${values}; i++) { result[index * ${values} + i] = count[i]; }`,
    })
    const shares = launch(backend, {
      key: 'exemplarAgreement',
      inputs: { counts },
      inputComponents: [1],
      outputShape: [values],
      outputComponent: 1,
      threads: values,
      uniforms: { lanes, pixels },
      body: () => `
        var sum = 0.0;
        for (var k = 0; k < uniforms.lanes; k++) { sum += counts[k * ${values} + index]; }
        result[index] = sum / f32(uniforms.pixels);`,
    })
    backend.disposeData(counts.dataId)
    return shares
  }

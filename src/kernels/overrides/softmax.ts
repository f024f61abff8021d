import type { SoftmaxAttrs, TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { launch } from '../webgpu/launch'
import type { Override } from './override'

/**
 * Softmax over the last axis, one thread for each row and no barriers. The kernel of tfjs 4.22 returns a wrong last row when there are
 * more than 65,535 rows and their number is not a square: dispatch is rounded up to a square, and the surplus workgroups, whose writes are
 * clamped to the end of the buffer, overwrite its end.
 */
export const softmax: Override['kernel'] = ({ inputs, attrs, backend }) => {
  const { logits } = inputs as Record<'logits', TensorInfo>
  const { dim } = attrs as unknown as SoftmaxAttrs
  const columns = logits.shape[dim]!
  return launch(backend as WebGPUBackend, {
    key: 'exemplarSoftmax',
    inputs: { logits },
    inputComponents: [1],
    outputShape: logits.shape,
    outputComponent: 1,
    threads: logits.shape.slice(0, dim).reduce((a, b) => a * b, 1),
    uniforms: { columns },
    body: () => `
      let start = index * uniforms.columns;
      let end = start + uniforms.columns;
      var top = logits[start];
      for (var i = start + 1; i < end; i++) { top = max(top, logits[i]); }
      var sum = 0.0;
      for (var i = start; i < end; i++) { sum += exp(logits[i] - top); }
      for (var i = start; i < end; i++) { result[i] = exp(logits[i] - top) / sum; }`,
  })
}

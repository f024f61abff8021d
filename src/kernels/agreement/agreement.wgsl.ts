import { util } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launch } from '../webgpu/launch'
import { lanesFor } from '../webgpu/reduction'
import { agreementValues } from './agreement.twin'

/** Each lane counts its pixels, then one thread per share adds up the lanes. */
export function agreementWgsl({ inputs: { labels, taught }, backend }: WgslCall<'labels' | 'taught'>) {
  const pixels = util.sizeFromShape(labels.shape) / 2
  const values = agreementValues.length
  const lanes = lanesFor(backend, pixels, 1)
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
    summed: lanes,
    body: () => `
        var sum = 0.0;
        for (var k = lane; k < uniforms.lanes; k += laneCount) { sum += counts[k * ${values} + index]; }
        sum = total1(sum);
        if (lane == 0) { result[index] = sum / f32(uniforms.pixels); }`,
  })
  backend.disposeData(counts.dataId)
  return { shares }
}

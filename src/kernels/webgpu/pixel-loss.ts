import { util } from '@tensorflow/tfjs-core'
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { smooth, type LossForm } from '../pixel-loss'
import { launch } from './launch'
import { lanesFor, sumChunks } from './reduction'

/** Of the logits of the pixel that starts at `at`: the largest, and the sum of exp(logit - top). */
const topAndSum = `
  var top = logits[at];
  for (var c = 1; c < uniforms.classes; c++) { top = max(top, logits[at + c]); }
  var sum = 0.0;
  for (var c = 0; c < uniforms.classes; c++) { sum += exp(logits[at + c] - top); }`

/** Of the sums over all pixels, (w P t, w P^2, w t, w t CE) for each class: the norm of the cross-entropy. */
const normOfSums = `
  var total = 0.0;
  for (var c = 0; c < uniforms.classes; c++) { total += sums[c].z; }
  let norm = select(max(1.0, total), f32(uniforms.pixels), uniforms.overAll != 0);`

/** P of class c and d loss / d P, without the weight of the pixel, of the Dice term. */
const gradientByP = `
  let P = exp(logits[at + c] - top) / sum;
  let below = sums[c].y + sums[c].z + ${smooth};
  let share = uniforms.dice * 2.0 / f32(uniforms.classes) / below;
  let dP = share * ((2.0 * sums[c].x + ${smooth}) / below * P - select(0.0, 1.0, c == class_));`

/**
 * PixelLoss: the loss and its gradient by the logits. First the sums of each class, for which a thread takes one class in one lane of
 * pixels: it makes the softmax anew, which is cheaper than keeping it; then the loss; then the gradient, one thread per pixel.
 */
export const pixelLoss =
  (threadsWanted: number): KernelFunc =>
  (params) => {
    const { logits, target: truth, weight } = params.inputs as Record<'logits' | 'target' | 'weight', TensorInfo>
    const { crossEntropy, dice, overAll } = params.attrs as unknown as LossForm
    const backend = params.backend as WebGPUBackend
    const classes = logits.shape[3]!
    const pixels = util.sizeFromShape(truth.shape)
    const lanes = lanesFor(pixels, classes, threadsWanted)

    const partial = launch(backend, {
      key: 'exemplarPixelLossSums',
      inputs: { logits, truth, weight },
      inputComponents: [1, 1, 1],
      outputShape: [lanes, classes, 4],
      outputComponent: 4,
      threads: lanes * classes,
      uniforms: { classes, pixels, lanes },
      body: () => `
        let class_ = index % uniforms.classes;
        var sums = vec4<f32>();
        for (var i = index / uniforms.classes; i < uniforms.pixels; i += uniforms.lanes) {
          let w = weight[i];
          if (w != 0.0) {
            let at = i * uniforms.classes;
            ${topAndSum}
            let z = logits[at + class_] - top;
            let P = exp(z) / sum;
            sums.y += w * P * P;
            if (i32(truth[i]) == class_) { sums += vec4<f32>(w * P, 0.0, w, w * (log(sum) - z)); }
          }
        }
        result[index] = sums;`,
    })
    const sums = sumChunks(backend, partial, [classes, 4])
    const shared = { uniforms: { classes, pixels, overAll: overAll ? 1 : 0 }, factors: { crossEntropy, dice } }

    const loss = launch(backend, {
      ...shared,
      key: 'exemplarPixelLoss',
      inputs: { sums },
      inputComponents: [4],
      outputShape: [],
      outputComponent: 1,
      threads: 1,
      body: () => `
        ${normOfSums}
        var ce = 0.0;
        var diceLoss = 0.0;
        for (var c = 0; c < uniforms.classes; c++) {
          let s = sums[c];
          ce += s.w;
          diceLoss += 1.0 - (2.0 * s.x + ${smooth}) / (s.y + s.z + ${smooth});
        }
        result[0] = uniforms.crossEntropy * ce / norm + uniforms.dice * diceLoss / f32(uniforms.classes);`,
    })
    const dLogits = launch(backend, {
      ...shared,
      key: 'exemplarPixelLossGrad',
      inputs: { logits, truth, weight, sums },
      inputComponents: [1, 1, 1, 4],
      outputShape: logits.shape,
      outputComponent: 1,
      threads: pixels,
      body: () => `
        let at = index * uniforms.classes;
        let w = weight[index];
        if (w == 0.0) {
          for (var c = 0; c < uniforms.classes; c++) { result[at + c] = 0.0; }
          return;
        }
        ${normOfSums}
        ${topAndSum}
        let class_ = i32(truth[index]);
        var mean = 0.0;
        for (var c = 0; c < uniforms.classes; c++) {
          ${gradientByP}
          mean += P * dP;
        }
        for (var c = 0; c < uniforms.classes; c++) {
          ${gradientByP}
          result[at + c] = w * (P * (dP - mean) + uniforms.crossEntropy / norm * (P - select(0.0, 1.0, c == class_)));
        }`,
    })
    backend.disposeData(sums.dataId)
    return [loss, dLogits]
  }

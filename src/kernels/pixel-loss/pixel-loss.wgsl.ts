import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launch, launchAll } from '../webgpu/launch'
import { elementOf, lanesFor } from '../webgpu/reduction'
import { smooth, type LossAttrs } from './pixel-loss.twin'

/** The largest logit of the pixel that starts at `at`, and the sum of exp(logit - top). */
const topAndSum = `
  var top = logits[at];
  for (var c = 1; c < uniforms.classes; c++) { top = max(top, logits[at + c]); }
  var sum = 0.0;
  for (var c = 0; c < uniforms.classes; c++) { sum += exp(logits[at + c] - top); }`

/** P of class c and d loss / d P of the Dice term. */
const gradientByP = `
  let P = exp(logits[at + c] - top) / sum;
  let s = sums[g * uniforms.classes + c];
  let below = s.y + s.z + ${smooth};
  let share = dice[group] * 2.0 / f32(uniforms.classes) / below;
  let dP = share * ((2.0 * s.x + ${smooth}) / below * P - select(0.0, 1.0, c == class_));`

/** The groups as WGSL constants, so that one call handles them all. `starts` counts images within the batch of a model. */
function groupTable({ groups }: LossAttrs): string {
  const list = (type: string, values: (number | string)[]) => `array<${type}, ${values.length}>(${values.join(', ')})`
  const starts = groups.map((_, g) => groups.slice(0, g).reduce((sum, { images }) => sum + images, 0))
  const real = (v: number) => `f32(${v})`
  return `
    var starts = ${list('i32', starts)};
    var images = ${list(
      'i32',
      groups.map(({ images }) => images),
    )};
    var crossEntropy = ${list(
      'f32',
      groups.map(({ form }) => real(form.crossEntropy)),
    )};
    var dice = ${list(
      'f32',
      groups.map(({ form }) => real(form.dice)),
    )};
    var overAll = ${list(
      'bool',
      groups.map(({ form }) => `${form.overAll}`),
    )};
    var balance = ${list(
      'f32',
      groups.map(({ form }) => real(form.balance)),
    )};`
}

/** The group of pixel `pixel`, and its number g over all models. */
const findGroup = (groups: number) => `
  let image = pixel / uniforms.pixels;
  let model = image / uniforms.perModel;
  var group = 0;
  for (var k = 1; k < ${groups}; k++) { if (image - model * uniforms.perModel >= starts[k]) { group = k; } }
  let g = model * ${groups} + group;`

/** What a pixel counts in the cross-entropy of its group, of a class that so many have. */
const weightOf = (count: string) => `pow(max(1.0, ${count}), -balance[group])`

/** The norm of the cross-entropy from a group's sums, (P t, P^2, t, t CE) for each class. */
const normOfSums = `
  var total = 0.0;
  for (var c = 0; c < uniforms.classes; c++) {
    let count = sums[g * uniforms.classes + c].z;
    total += ${weightOf('count')} * count;
  }
  let norm = select(max(1.0, total), f32(images[group] * uniforms.pixels), overAll[group]);`

/**
 * The losses and their gradients by the logits. First the sums of each class, where a thread takes one class in one lane of
 * a group's pixels and recomputes the softmax, which is cheaper than keeping it; then the losses; then the gradient, a thread per pixel.
 */
export function pixelLossWgsl({ inputs, attrs, backend }: WgslCall<'logits' | 'target', LossAttrs>) {
  const { logits, target: truth } = inputs
  const [batch, height, width, classes] = logits.shape as [number, number, number, number]
  const groups = attrs.groups.length
  const all = groups * attrs.models
  const pixels = height * width
  const perModel = batch / attrs.models
  const largest = Math.max(...attrs.groups.map(({ images }) => images)) * pixels
  const lanes = lanesFor(backend, largest, classes * all)
  const uniforms = { classes, pixels, perModel, lanes }
  const table = groupTable(attrs)
  const key = JSON.stringify(attrs.groups)

  const partial = launch(backend, {
    key: `exemplarPixelLossSums_${key}`,
    inputs: { logits, truth },
    inputComponents: [1, 1],
    outputShape: [all, lanes, classes, 4],
    outputComponent: 4,
    threads: all * lanes * classes,
    uniforms,
    body: () => `
        ${table}
        let class_ = index % uniforms.classes;
        let g = index / uniforms.classes / uniforms.lanes;
        let model = g / ${groups};
        let group = g - model * ${groups};
        let first = (model * uniforms.perModel + starts[group]) * uniforms.pixels;
        let last = first + images[group] * uniforms.pixels;
        var sums = vec4<f32>();
        for (var i = first + index / uniforms.classes % uniforms.lanes; i < last; i += uniforms.lanes) {
          if (truth[i] >= 0.0) {
            let at = i * uniforms.classes;
            ${topAndSum}
            let z = logits[at + class_] - top;
            let P = exp(z) / sum;
            sums.y += P * P;
            if (i32(truth[i]) == class_) { sums += vec4<f32>(P, 0.0, 1.0, log(sum) - z); }
          }
        }
        result[index] = sums;`,
  })
  const [losses, sums] = launchAll(backend, {
    key: `exemplarPixelLoss_${key}`,
    inputs: { partial },
    inputComponents: [4],
    outputs: [
      { name: 'losses', shape: [attrs.models, groups], component: 1 },
      { name: 'sums', shape: [all, classes, 4], component: 4 },
    ],
    threads: all,
    uniforms,
    summed: lanes,
    body: () => `
        ${table}
        let g = index;
        let group = g % ${groups};
        var ce = 0.0;
        var diceLoss = 0.0;
        for (var c = 0; c < uniforms.classes; c++) {
          var s = vec4<f32>();
          for (var k = lane; k < uniforms.lanes; k += laneCount) { s += partial[(g * uniforms.lanes + k) * uniforms.classes + c]; }
          s = total4(s);
          if (lane == 0) { sums[g * uniforms.classes + c] = s; }
          ce += ${weightOf('s.z')} * s.w;
          diceLoss += 1.0 - (2.0 * s.x + ${smooth}) / (s.y + s.z + ${smooth});
        }
        // Which wrote the sums.
        if (lane == 0) {
          ${normOfSums}
          losses[g] = crossEntropy[group] * ce / norm + dice[group] * diceLoss / f32(uniforms.classes);
        }`,
  }) as [TensorInfo, TensorInfo]
  const dLogits = launch(backend, {
    key: `exemplarPixelLossGrad_${key}`,
    inputs: { logits, truth, sums },
    inputComponents: [1, 1, 4],
    outputShape: logits.shape,
    outputComponent: 1,
    threads: batch * pixels,
    uniforms,
    body: () => `
        let pixel = index;
        let at = index * uniforms.classes;
        if (truth[pixel] < 0.0) {
          for (var c = 0; c < uniforms.classes; c++) { result[at + c] = 0.0; }
          return;
        }
        ${table}
        ${findGroup(groups)}
        ${normOfSums}
        ${topAndSum}
        let class_ = i32(truth[pixel]);
        let own = crossEntropy[group] * ${weightOf('sums[g * uniforms.classes + class_].z')} / norm;
        var mean = 0.0;
        for (var c = 0; c < uniforms.classes; c++) {
          ${gradientByP}
          mean += P * dP;
        }
        for (var c = 0; c < uniforms.classes; c++) {
          ${gradientByP}
          result[at + c] = P * (dP - mean) + own * (P - select(0.0, 1.0, c == class_));
        }`,
  })
  for (const info of [partial, sums]) backend.disposeData(info.dataId)
  return { losses, dLogits }
}

/** Each image's gradient times its group's loss gradient. */
export function pixelLossGradWgsl({ inputs, attrs, backend }: WgslCall<'dLogits' | 'dLosses', LossAttrs>) {
  const { dLogits, dLosses } = inputs
  const [batch, height, width, classes] = dLogits.shape as [number, number, number, number]
  const { vector } = elementOf(classes)
  const scaled = launch(backend, {
    key: `exemplarPixelLossScale_${vector}_${JSON.stringify(attrs.groups)}`,
    inputs: { dLogits, dLosses },
    inputComponents: [vector, 1],
    outputShape: dLogits.shape,
    outputComponent: vector,
    activation: true,
    threads: util.sizeFromShape(dLogits.shape) / vector,
    uniforms: { pixels: height * width, steps: classes / vector, perModel: batch / attrs.models },
    body: () => `
      ${groupTable(attrs)}
      let pixel = index / uniforms.steps;
      ${findGroup(attrs.groups.length)}
      result[index] = dLogits[index] * dLosses[g];`,
  })
  return { scaled }
}

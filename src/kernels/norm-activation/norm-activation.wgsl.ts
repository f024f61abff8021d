import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { WgslCall } from '../declaration'
import { launch, launchAll } from '../webgpu/launch'
import { elementOf, lanesFor } from '../webgpu/reduction'
import { threadsWanted } from '../webgpu/threads-wanted'
import { gradientPlace } from '../shared-part'
import { epsilon, type NormAttrs } from './norm-activation.twin'

/**
 * The threads over x [B, P, C] are numbered ((n lanes) + k) steps + c: lane k of image n takes pixels k, k + lanes, ... of the
 * channel, or vector of 4 channels, c. So neighbouring threads read neighbouring values, and the channel's factors stay in registers.
 */
const walk = `
  let perImage = uniforms.lanes * uniforms.steps;
  let n = index / perImage;
  let c = index % uniforms.steps;
  let first = n * uniforms.pixels * uniforms.steps + index - n * perImage;
  let end = (n + 1) * uniforms.pixels * uniforms.steps;`

/** Sizes of one call, as uniforms, and the parameters of the code. */
function sizesOf(x: TensorInfo, gamma: TensorInfo, { groups }: NormAttrs) {
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const { vector, type } = elementOf(channels)
  const steps = channels / vector
  const uniforms = { pixels: height * width, steps, groups, perGroup: channels / groups, perModel: batch / gamma.shape[0]! }
  return { batch, channels, vector, type, steps, uniforms }
}

/** Lanes of a pass that only writes values: about 4 pixels to a thread, and at most four times the threads wanted. */
const lanesToWrite = (backend: WebGPUBackend, pixels: number, others: number) =>
  Math.min(Math.ceil(pixels / 4), Math.ceil((4 * threadsWanted(backend)) / others))

/** Two values per group, for the groups that hold the channels of element c. */
const ofGroups = (buffer: string, vector: 1 | 4, [first, second]: [string, string]) => {
  const value = (which: number) => {
    const lane = (q: number) => `${buffer}[2 * (n * uniforms.groups + (c * ${vector} + ${q}) / uniforms.perGroup) + ${which}]`
    return vector === 1 ? lane(0) : `vec4<f32>(${[0, 1, 2, 3].map(lane).join(', ')})`
  }
  return `let ${first} = ${value(0)};\nlet ${second} = ${value(1)};`
}

/** The element of [M, C] parameters that belongs to channels c of image n. */
const parameter = 'let p = n / uniforms.perModel * uniforms.steps + c;'

/** WGSL index of channel `c` in lane k of a buffer [B, lanes, C / vector, size, vector], seen as a list of f32. */
const scalarAt = (vector: 1 | 4, size: number, which: number) =>
  `(((n * uniforms.lanes + k) * uniforms.steps + c / ${vector}) * ${size} + ${which}) * ${vector} + c % ${vector}`

/** A thread for each image and group: n, and its channels from firstChannel to endChannel. */
const group = `
  let n = index / uniforms.groups;
  let firstChannel = (index - n * uniforms.groups) * uniforms.perGroup;
  let endChannel = firstChannel + uniforms.perGroup;
  let ofModel = n / uniforms.perModel * uniforms.steps;`

/**
 * y and the statistics. Sums have only f32, so each lane adds up differences from its first pixel, whose squares
 * do not cancel, and lanes and channels are combined by mean and sum of squared deviations (Chan, Golub, LeVeque 1979).
 */
export function normActivationWgsl({ inputs, attrs, backend }: WgslCall<'x' | 'bias' | 'gamma' | 'beta', NormAttrs>) {
  const { x, bias, gamma, beta } = inputs
  const { batch, channels, vector, type, steps, uniforms } = sizesOf(x, gamma, attrs)
  const { pixels } = uniforms
  const lanes = lanesFor(backend, pixels, batch * steps)

  const moments = launch(backend, {
    key: `exemplarNormMoments_${vector}`,
    inputs: { x },
    inputComponents: [vector],
    outputShape: [batch, lanes, channels, 2],
    outputComponent: vector,
    threads: batch * lanes * steps,
    uniforms: { ...uniforms, lanes },
    body: () => `
        ${walk}
        let shift = x[first];
        var sum = ${type}();
        var squares = ${type}();
        var count = 0.0;
        for (var i = first; i < end; i += perImage) {
          let d = x[i] - shift;
          sum += d;
          squares += d * d;
          count += 1.0;
        }
        result[2 * index] = shift + sum / count;
        result[2 * index + 1] = max(${type}(), squares - sum * sum / count);`,
  })
  const stats = launch(backend, {
    key: `exemplarNormStats_${vector}`,
    inputs: { moments, bias },
    inputComponents: [1, 1],
    outputShape: [batch, attrs.groups, 2],
    outputComponent: 1,
    threads: batch * attrs.groups,
    uniforms: { ...uniforms, lanes },
    summed: lanes,
    body: () => `
        ${group}
        var c = firstChannel;
        var k = 0;
        let shift = moments[${scalarAt(vector, 2, 0)}] + bias[ofModel * ${vector} + c];
        var sum = 0.0;
        for (k = lane; k < uniforms.lanes; k += laneCount) {
          let count = f32((uniforms.pixels - k + uniforms.lanes - 1) / uniforms.lanes);
          for (c = firstChannel; c < endChannel; c++) {
            sum += count * (moments[${scalarAt(vector, 2, 0)}] + bias[ofModel * ${vector} + c] - shift);
          }
        }
        let all = f32(uniforms.pixels * uniforms.perGroup);
        let mean = shift + total1(sum) / all;
        var squares = 0.0;
        for (k = lane; k < uniforms.lanes; k += laneCount) {
          let count = f32((uniforms.pixels - k + uniforms.lanes - 1) / uniforms.lanes);
          for (c = firstChannel; c < endChannel; c++) {
            let d = moments[${scalarAt(vector, 2, 0)}] + bias[ofModel * ${vector} + c] - mean;
            squares += moments[${scalarAt(vector, 2, 1)}] + count * d * d;
          }
        }
        squares = total1(squares);
        if (lane == 0) {
          result[2 * index] = mean;
          result[2 * index + 1] = inverseSqrt(squares / all + ${epsilon});
        }`,
  })
  backend.disposeData(moments.dataId)

  const writing = lanesToWrite(backend, pixels, batch * steps)
  const y = launch(backend, {
    key: `exemplarNormActivation_${vector}`,
    inputs: { x, bias, gamma, beta, stats },
    inputComponents: [vector, vector, vector, vector, 1],
    outputShape: x.shape,
    outputComponent: vector,
    activation: true,
    threads: batch * writing * steps,
    uniforms: { ...uniforms, lanes: writing },
    factors: { slope: attrs.slope },
    body: () => `
        ${walk}
        ${ofGroups('stats', vector, ['mean', 'rstd'])}
        ${parameter}
        let offset = bias[p] - mean;
        let scale = rstd * gamma[p];
        let shift = beta[p];
        for (var i = first; i < end; i += perImage) {
          let u = (x[i] + offset) * scale + shift;
          result[i] = select(u, uniforms.slope * u, u < ${type}());
        }`,
  })
  return { y, stats }
}

/** Gradients of x, bias, gamma and beta. du is the gradient before the activation, xhat the normalised x. */
export function normActivationGradWgsl({ inputs, attrs, backend }: WgslCall<'dy' | 'x' | 'bias' | 'gamma' | 'beta' | 'stats', NormAttrs>) {
  const { dy, x, bias, gamma, beta, stats } = inputs
  const { batch, channels, vector, type, steps, uniforms } = sizesOf(x, gamma, attrs)
  const { pixels } = uniforms
  const lanes = lanesFor(backend, pixels, batch * steps)
  const xhatAndDu = `
      let xhat = (x[i] + offset) * rstd;
      let u = xhat * scale + shift;
      let du = dy[i] * select(${type}(1.0), ${type}(uniforms.slope), u < ${type}());`
  const ofChannel = `
      ${ofGroups('stats', vector, ['mean', 'rstd'])}
      ${parameter}
      let offset = bias[p] - mean;
      let scale = gamma[p];
      let shift = beta[p];`

  // Sums of du, du xhat and xhat, for each image, lane and channel.
  const partial = launch(backend, {
    key: `exemplarNormGradSums_${vector}`,
    inputs: { dy, x, bias, gamma, beta, stats },
    inputComponents: [vector, vector, vector, vector, vector, 1],
    outputShape: [batch, lanes, channels, 3],
    outputComponent: vector,
    threads: batch * lanes * steps,
    uniforms: { ...uniforms, lanes },
    factors: { slope: attrs.slope },
    body: () => `
        ${walk}
        ${ofChannel}
        var sumDu = ${type}();
        var sumDuXhat = ${type}();
        var sumXhat = ${type}();
        for (var i = first; i < end; i += perImage) {
          ${xhatAndDu}
          sumDu += du;
          sumDuXhat += du * xhat;
          sumXhat += xhat;
        }
        result[3 * index] = sumDu;
        result[3 * index + 1] = sumDuXhat;
        result[3 * index + 2] = sumXhat;`,
  })
  // Adds up the lanes, and takes the means of gamma du and gamma du xhat over each group.
  const [sums, means] = launchAll(backend, {
    key: `exemplarNormGradMeans_${vector}`,
    inputs: { partial, gamma },
    inputComponents: [1, 1],
    outputs: [
      { name: 'sums', shape: [batch, channels, 3], component: 1 },
      { name: 'means', shape: [batch, attrs.groups, 2], component: 1 },
    ],
    threads: batch * attrs.groups,
    uniforms: { ...uniforms, lanes },
    summed: lanes,
    body: () => `
        ${group}
        var total = vec2<f32>();
        for (var c = firstChannel; c < endChannel; c++) {
          var sum = vec3<f32>();
          for (var k = lane; k < uniforms.lanes; k += laneCount) {
            sum += vec3<f32>(partial[${scalarAt(vector, 3, 0)}], partial[${scalarAt(vector, 3, 1)}], partial[${scalarAt(vector, 3, 2)}]);
          }
          sum = total3(sum);
          if (lane == 0) {
            let at = 3 * (n * uniforms.steps * ${vector} + c);
            sums[at] = sum.x;
            sums[at + 1] = sum.y;
            sums[at + 2] = sum.z;
          }
          total += gamma[ofModel * ${vector} + c] * sum.xy;
        }
        total = total / f32(uniforms.perGroup * uniforms.pixels);
        if (lane == 0) {
          means[2 * index] = total.x;
          means[2 * index + 1] = total.y;
        }`,
  }) as [TensorInfo, TensorInfo]

  const writing = lanesToWrite(backend, pixels, batch * steps)
  const dx = launch(backend, {
    key: `exemplarNormGradX_${vector}`,
    inputs: { dy, x, bias, gamma, beta, stats, means },
    inputComponents: [vector, vector, vector, vector, vector, 1, 1],
    outputShape: x.shape,
    outputComponent: vector,
    activation: true,
    threads: batch * writing * steps,
    uniforms: { ...uniforms, lanes: writing },
    factors: { slope: attrs.slope },
    body: () => `
        ${walk}
        ${ofChannel}
        ${ofGroups('means', vector, ['m1', 'm2'])}
        for (var i = first; i < end; i += perImage) {
          ${xhatAndDu}
          result[i] = rstd * (scale * du - m1 - xhat * m2);
        }`,
  })
  const [dBias, dGamma, dBeta] = launchAll(backend, {
    key: 'exemplarNormGradParameters',
    inputs: { sums, gamma, stats, means },
    inputComponents: [1, 1, 1, 1],
    outputs: [
      { name: 'dBias', shape: bias.shape, component: 1, into: gradientPlace(backend, bias) },
      { name: 'dGamma', shape: gamma.shape, component: 1, into: gradientPlace(backend, gamma) },
      { name: 'dBeta', shape: beta.shape, component: 1, into: gradientPlace(backend, beta) },
    ],
    threads: util.sizeFromShape(gamma.shape),
    uniforms: { ...uniforms, channels },
    body: () => `
        let model = index / uniforms.channels;
        let c = index - model * uniforms.channels;
        var sum = vec3<f32>();
        for (var n = model * uniforms.perModel; n < (model + 1) * uniforms.perModel; n++) {
          let of_ = 2 * (n * uniforms.groups + c / uniforms.perGroup);
          let at = 3 * (n * uniforms.channels + c);
          let centred = gamma[index] * sums[at] - f32(uniforms.pixels) * means[of_] - means[of_ + 1] * sums[at + 2];
          sum += vec3<f32>(stats[of_ + 1] * centred, sums[at + 1], sums[at]);
        }
        dBias[index] = sum.x;
        dGamma[index] = sum.y;
        dBeta[index] = sum.z;`,
  }) as [TensorInfo, TensorInfo, TensorInfo]
  for (const info of [partial, sums, means]) backend.disposeData(info.dataId)
  return { dx, dBias, dGamma, dBeta }
}

import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { epsilon, type NormAttrs } from '../norm-activation'
import { launch } from './launch'
import { elementOf, lanesFor } from './reduction'

/**
 * The threads that go over x [B, P, C] are numbered ((n lanes) + k) steps + c: lane k of image n takes pixels k, k + lanes, ... of the
 * channel, or vector of 4 channels, c. So neighbours read neighbours and the channel's factors stay in registers.
 */
const walk = `
  let perImage = uniforms.lanes * uniforms.steps;
  let n = index / perImage;
  let c = index % uniforms.steps;
  let first = n * uniforms.pixels * uniforms.steps + index - n * perImage;
  let end = (n + 1) * uniforms.pixels * uniforms.steps;`

/** Sizes of one call, as uniforms, and what the code depends on. */
function sizesOf(x: TensorInfo, { groups }: NormAttrs) {
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const { vector, type } = elementOf(channels)
  const steps = channels / vector
  const uniforms = { pixels: height * width, steps, groups, perGroup: channels / groups }
  return { batch, channels, vector, type, steps, uniforms }
}

/** Lanes of a pass that only writes values: about 4 pixels to a thread, and no more threads than are wanted four times over. */
const lanesToWrite = (pixels: number, others: number, threadsWanted: number) =>
  Math.min(Math.ceil(pixels / 4), Math.ceil((4 * threadsWanted) / others))

/** Mean and 1 / standard deviation of the groups in which the channels of element c lie. */
const statsOfChannels = (vector: 1 | 4) => {
  const value = (which: number) => {
    const lane = (q: number) => `stats[2 * (n * uniforms.groups + (c * ${vector} + ${q}) / uniforms.perGroup) + ${which}]`
    return vector === 1 ? lane(0) : `vec4<f32>(${[0, 1, 2, 3].map(lane).join(', ')})`
  }
  return `let mean = ${value(0)};\nlet rstd = ${value(1)};`
}

/** WGSL index of channel `c` in a buffer of records of `size` elements for each vector of channels, seen as a list of f32. */
const scalarAt = (vector: 1 | 4, size: number, which: number) =>
  `((n * uniforms.steps + c / ${vector}) * ${size} + ${which}) * ${vector} + c % ${vector}`

/**
 * NormActivation: y and the statistics. f32 has to do for sums, so each lane adds up differences from its first pixel, whose squares
 * do not cancel, and lanes, then channels, are joined by mean and sum of squared deviations (Chan, Golub, LeVeque 1979).
 */
export const normActivation =
  (threadsWanted: number): KernelFunc =>
  (params) => {
    const { x, bias, gamma, beta } = params.inputs as Record<'x' | 'bias' | 'gamma' | 'beta', TensorInfo>
    const attrs = params.attrs as unknown as NormAttrs
    const backend = params.backend as WebGPUBackend
    const { batch, channels, vector, type, steps, uniforms } = sizesOf(x, attrs)
    const { pixels } = uniforms
    const lanes = lanesFor(pixels, batch * steps, threadsWanted)

    let moments = launch(backend, {
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
    if (lanes > 1) {
      const partial = moments
      moments = launch(backend, {
        key: `exemplarNormJoinLanes_${vector}`,
        inputs: { partial },
        inputComponents: [vector],
        outputShape: [batch, channels, 2],
        outputComponent: vector,
        threads: batch * steps,
        uniforms: { ...uniforms, lanes },
        body: () => `
          let start = index / uniforms.steps * uniforms.lanes * uniforms.steps + index % uniforms.steps;
          let shift = partial[2 * start];
          var sum = ${type}();
          var squares = ${type}();
          for (var k = 0; k < uniforms.lanes; k++) {
            let at = 2 * (start + k * uniforms.steps);
            let count = f32((uniforms.pixels - k + uniforms.lanes - 1) / uniforms.lanes);
            let d = partial[at] - shift;
            sum += count * d;
            squares += partial[at + 1] + count * d * d;
          }
          let total = f32(uniforms.pixels);
          result[2 * index] = shift + sum / total;
          result[2 * index + 1] = max(${type}(), squares - sum * sum / total);`,
      })
      backend.disposeData(partial.dataId)
    }
    const stats = launch(backend, {
      key: `exemplarNormStats_${vector}`,
      inputs: { moments, bias },
      inputComponents: [1, 1],
      outputShape: [batch, attrs.groups, 2],
      outputComponent: 1,
      threads: batch * attrs.groups,
      uniforms,
      body: () => `
        let n = index / uniforms.groups;
        let firstChannel = (index - n * uniforms.groups) * uniforms.perGroup;
        let endChannel = firstChannel + uniforms.perGroup;
        var c = firstChannel;
        let shift = moments[${scalarAt(vector, 2, 0)}] + bias[c];
        var sum = 0.0;
        for (; c < endChannel; c++) { sum += moments[${scalarAt(vector, 2, 0)}] + bias[c] - shift; }
        let mean = shift + sum / f32(uniforms.perGroup);
        let count = f32(uniforms.pixels);
        var squares = 0.0;
        for (c = firstChannel; c < endChannel; c++) {
          let d = moments[${scalarAt(vector, 2, 0)}] + bias[c] - mean;
          squares += moments[${scalarAt(vector, 2, 1)}] + count * d * d;
        }
        result[2 * index] = mean;
        result[2 * index + 1] = inverseSqrt(squares / (count * f32(uniforms.perGroup)) + ${epsilon});`,
    })
    backend.disposeData(moments.dataId)

    const writing = lanesToWrite(pixels, batch * steps, threadsWanted)
    const y = launch(backend, {
      key: `exemplarNormActivation_${vector}`,
      inputs: { x, bias, gamma, beta, stats },
      inputComponents: [vector, vector, vector, vector, 1],
      outputShape: x.shape,
      outputComponent: vector,
      threads: batch * writing * steps,
      uniforms: { ...uniforms, lanes: writing },
      factors: { slope: attrs.slope },
      body: () => `
        ${walk}
        ${statsOfChannels(vector)}
        let offset = bias[c] - mean;
        let scale = rstd * gamma[c];
        let shift = beta[c];
        for (var i = first; i < end; i += perImage) {
          let u = (x[i] + offset) * scale + shift;
          result[i] = select(u, uniforms.slope * u, u < ${type}());
        }`,
    })
    return [y, stats]
  }

/** NormActivationGrad: gradients of x, bias, gamma and beta. du is the gradient before the activation, xhat the normalised x. */
export const normActivationGrad =
  (threadsWanted: number): KernelFunc =>
  (params) => {
    const { dy, x, bias, gamma, beta, stats } = params.inputs as Record<'dy' | 'x' | 'bias' | 'gamma' | 'beta' | 'stats', TensorInfo>
    const attrs = params.attrs as unknown as NormAttrs
    const backend = params.backend as WebGPUBackend
    const { batch, channels, vector, type, steps, uniforms } = sizesOf(x, attrs)
    const { pixels } = uniforms
    const lanes = lanesFor(pixels, batch * steps, threadsWanted)
    const xhatAndDu = `
      let xhat = (x[i] + offset) * rstd;
      let u = xhat * scale + shift;
      let du = dy[i] * select(${type}(1.0), ${type}(uniforms.slope), u < ${type}());`
    const ofChannel = `
      ${statsOfChannels(vector)}
      let offset = bias[c] - mean;
      let scale = gamma[c];
      let shift = beta[c];`

    // Sums of du, du xhat and xhat, for each image and channel.
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
    let sums = partial
    if (lanes > 1) {
      sums = launch(backend, {
        key: `exemplarNormGradJoinLanes_${vector}`,
        inputs: { partial },
        inputComponents: [vector],
        outputShape: [batch, channels, 3],
        outputComponent: vector,
        threads: batch * steps * 3,
        uniforms: { row: steps * 3, lanes },
        body: () => `
          let start = index / uniforms.row * uniforms.lanes * uniforms.row + index % uniforms.row;
          var sum = ${type}();
          for (var k = 0; k < uniforms.lanes; k++) { sum += partial[start + k * uniforms.row]; }
          result[index] = sum;`,
      })
      backend.disposeData(partial.dataId)
    }
    // Means of gamma du and gamma du xhat over each group.
    const means = launch(backend, {
      key: `exemplarNormGradMeans_${vector}`,
      inputs: { sums, gamma },
      inputComponents: [1, 1],
      outputShape: [batch, attrs.groups, 2],
      outputComponent: 1,
      threads: batch * attrs.groups,
      uniforms,
      body: () => `
        let n = index / uniforms.groups;
        let firstChannel = (index - n * uniforms.groups) * uniforms.perGroup;
        var sum = vec2<f32>();
        for (var c = firstChannel; c < firstChannel + uniforms.perGroup; c++) {
          sum += gamma[c] * vec2<f32>(sums[${scalarAt(vector, 3, 0)}], sums[${scalarAt(vector, 3, 1)}]);
        }
        sum = sum / f32(uniforms.perGroup * uniforms.pixels);
        result[2 * index] = sum.x;
        result[2 * index + 1] = sum.y;`,
    })

    const meansOfChannels = statsOfChannels(vector).replaceAll('stats[', 'means[').replace('mean =', 'm1 =').replace('rstd =', 'm2 =')
    const writing = lanesToWrite(pixels, batch * steps, threadsWanted)
    const dx = launch(backend, {
      key: `exemplarNormGradX_${vector}`,
      inputs: { dy, x, bias, gamma, beta, stats, means },
      inputComponents: [vector, vector, vector, vector, vector, 1, 1],
      outputShape: x.shape,
      outputComponent: vector,
      threads: batch * writing * steps,
      uniforms: { ...uniforms, lanes: writing },
      factors: { slope: attrs.slope },
      body: () => `
        ${walk}
        ${ofChannel}
        ${meansOfChannels}
        for (var i = first; i < end; i += perImage) {
          ${xhatAndDu}
          result[i] = rstd * (scale * du - m1 - xhat * m2);
        }`,
    })

    const dBias = launch(backend, {
      key: `exemplarNormGradBias_${vector}`,
      inputs: { sums, gamma, stats, means },
      inputComponents: [1, 1, 1, 1],
      outputShape: bias.shape,
      outputComponent: 1,
      threads: channels,
      uniforms: { ...uniforms, batch },
      body: () => `
        let c = index;
        var sum = 0.0;
        for (var n = 0; n < uniforms.batch; n++) {
          let at = 2 * (n * uniforms.groups + c / uniforms.perGroup);
          let du = sums[${scalarAt(vector, 3, 0)}];
          let xhat = sums[${scalarAt(vector, 3, 2)}];
          sum += stats[at + 1] * (gamma[c] * du - f32(uniforms.pixels) * means[at] - means[at + 1] * xhat);
        }
        result[index] = sum;`,
    })
    const overImages = (which: number) =>
      launch(backend, {
        key: `exemplarNormGradOverImages_${vector}`,
        inputs: { sums },
        inputComponents: [vector],
        outputShape: bias.shape,
        outputComponent: vector,
        threads: steps,
        uniforms: { end: batch * steps * 3, which },
        body: () => `
          var sum = ${type}();
          for (var i = index * 3 + uniforms.which; i < uniforms.end; i += uniforms.threads * 3) { sum += sums[i]; }
          result[index] = sum;`,
      })
    const dGamma = overImages(1)
    const dBeta = overImages(0)
    for (const info of [sums, means]) backend.disposeData(info.dataId)
    return [dx, dBias, dGamma, dBeta]
  }

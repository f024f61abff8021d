import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { FilterGradientCall } from './calls'
import type { FilterTile } from './variants'
import { launch, unroll } from '../webgpu/launch'
import { sumChunks } from '../webgpu/reduction'

/** Pixels between two barriers. */
const depth = 16

/** Workgroups that keep a GPU busy, and the fewest pixels worth a workgroup of their own. */
const groupsWanted = 512
const fewestPixels = 16 * depth

/**
 * Gradient of a convolution of stride 1 for its filter as a product of matrices, for real GPUs: [taps · Ci, pixels] by [pixels, Co], the first
 * gathered from the images on the way into workgroup memory. The pixels, of which there are many, are dealt into chunks, added up in a second
 * launch (split-K).
 */
export function tiledFilterGradient(backend: WebGPUBackend, c: FilterGradientCall, tile: FilterTile): TensorInfo {
  const { x, dy, sizes: s, models, outputShape, into } = c
  const { inChannels, outChannels } = s
  const { weights, channels, perThread } = tile
  const weights4 = weights / 4
  const channels4 = channels / 4
  const workgroupSize = (weights / perThread) * channels4
  const xVector = inChannels % 4 === 0 ? 4 : 1
  const outVector = outChannels % 4 === 0 ? 4 : 1
  const rows = s.filterHeight * s.filterWidth * inChannels
  const weightTiles = Math.ceil(rows / weights)
  const channelTiles = Math.ceil(outChannels / channels)
  const pixels = s.batch * s.outHeight * s.outWidth
  const chunksWanted = Math.min(Math.ceil(groupsWanted / (models * weightTiles * channelTiles)), Math.ceil(pixels / fewestPixels))
  const steps = Math.ceil(pixels / chunksWanted / depth)
  const chunks = Math.ceil(pixels / (steps * depth))

  const xLoads = Math.ceil((depth * weights4) / workgroupSize)
  const dyLoads = Math.ceil((depth * channels4) / workgroupSize)
  const everyLoad = (units: number, j: number, code: string) =>
    (j + 1) * workgroupSize <= units ? code : `if (unit${j} < ${units}) { ${code} }`
  const vec4 = (piece: (q: number) => string) => `vec4<f32>(${[0, 1, 2, 3].map(piece).join(', ')})`
  const parts = xVector === 4 ? 1 : 4

  const decodeWeight = (j: number, q: number) => `
    let weight${j}_${q} = firstWeight + (unit${j} % ${weights4}) * 4 + ${q};
    let tap${j}_${q} = weight${j}_${q} / uniforms.inChannels;
    // A row far outside of every image where there is no weight.
    let row${j}_${q} = select(-1000000, tap${j}_${q} / uniforms.filterWidth - uniforms.padTop, weight${j}_${q} < uniforms.rows);
    let col${j}_${q} = tap${j}_${q} % uniforms.filterWidth - uniforms.padLeft;
    let channel${j}_${q} = weight${j}_${q} % uniforms.inChannels;`
  const xAt = (j: number, q: number) => {
    const at = `((image * uniforms.inHeight + row + row${j}_${q}) * uniforms.inWidth + col + col${j}_${q}) * uniforms.inChannels + channel${j}_${q}`
    const inside = `(pixel < end) & (row + row${j}_${q} >= 0) & (row + row${j}_${q} < uniforms.inHeight) & (col + col${j}_${q} >= 0) & (col + col${j}_${q} < uniforms.inWidth)`
    return xVector === 4 ? `select(vec4<f32>(), x[(${at}) / 4], ${inside})` : `select(0.0, x[${at}], ${inside})`
  }
  const loadX = (j: number) => `
    let pixel = begin + step * ${depth} + unit${j} / ${weights4};
    let line = pixel / uniforms.outWidth;
    let col = pixel - line * uniforms.outWidth;
    let image = line / uniforms.outHeight;
    let row = line - image * uniforms.outHeight;
    tileX[unit${j}] = ${xVector === 4 ? xAt(j, 0) : vec4((q) => xAt(j, q))};`
  const loadDy = (j: number) => {
    const o = `(firstChannel + (unit${j} % ${channels4}) * 4)`
    const at = `pixel * uniforms.outChannels + ${o}`
    const inside = (q: number) => `(pixel < end) & (${o} + ${q} < uniforms.outChannels)`
    const value =
      outVector === 4 ? `select(vec4<f32>(), dy[(${at}) / 4], ${inside(0)})` : vec4((q) => `select(0.0, dy[${at} + ${q}], ${inside(q)})`)
    return `let pixel = begin + step * ${depth} + unit${j} / ${channels4}; tileDy[unit${j}] = ${value};`
  }

  const partial = launch(backend, {
    key: ['exemplarTiledConv2DBackpropFilter', weights, channels, perThread, xVector, outVector].join('_'),
    inputs: { x, dy },
    inputComponents: [xVector, outVector],
    outputShape: [chunks, ...outputShape],
    into: chunks === 1 ? into : undefined,
    outputComponent: outVector,
    workgroupSize,
    threads: chunks * models * weightTiles * channelTiles * workgroupSize,
    uniforms: {
      inHeight: s.inHeight,
      inWidth: s.inWidth,
      inChannels,
      outHeight: s.outHeight,
      outWidth: s.outWidth,
      outChannels,
      filterWidth: s.filterWidth,
      padTop: s.padTop,
      padLeft: s.padLeft,
      models,
      pixels,
      rows,
      weightTiles,
      channelTiles,
      steps,
      chunks,
    },
    header: () => `
      var<workgroup> tileX : array<vec4<f32>, ${depth * weights4}>;
      var<workgroup> tileDy : array<vec4<f32>, ${depth * channels4}>;`,
    body: () => `
      let firstChannel = (group % uniforms.channelTiles) * ${channels};
      var rest = group / uniforms.channelTiles;
      let firstWeight = (rest % uniforms.weightTiles) * ${weights};
      rest = rest / uniforms.weightTiles;
      let model = rest % uniforms.models;
      let chunk = rest / uniforms.models;
      let begin = model * uniforms.pixels + chunk * uniforms.steps * ${depth};
      let end = min(begin + uniforms.steps * ${depth}, (model + 1) * uniforms.pixels);
      let weightGroup = local / ${channels4};
      let channelGroup = local % ${channels4};
      ${unroll(Math.max(xLoads, dyLoads), (j) => `let unit${j} = local + ${j * workgroupSize};`)}
      ${unroll(xLoads, (j) => unroll(parts, (q) => decodeWeight(j, q)))}
      ${unroll(perThread, (r) => `var w${r} = vec4<f32>();`)}
      for (var step = 0; step < uniforms.steps; step++) {
        ${unroll(xLoads, (j) => `{ ${everyLoad(depth * weights4, j, loadX(j))} }`)}
        ${unroll(dyLoads, (j) => `{ ${everyLoad(depth * channels4, j, loadDy(j))} }`)}
        workgroupBarrier();
        for (var k = 0; k < ${depth}; k++) {
          let d = tileDy[k * ${channels4} + channelGroup];
          ${unroll(
            perThread / 4,
            (h) => `
            let x${h} = tileX[k * ${weights4} + weightGroup * ${perThread / 4} + ${h}];
            ${unroll(4, (q) => `w${4 * h + q} += x${h}[${q}] * d;`)}`,
          )}
        }
        workgroupBarrier();
      }
      let o = firstChannel + channelGroup * 4;
      if (chunk < uniforms.chunks) {
        ${unroll(
          perThread,
          (r) => `{
          let weight = firstWeight + weightGroup * ${perThread} + ${r};
          if (weight < uniforms.rows) {
            let out = (rest * uniforms.rows + weight) * uniforms.outChannels + o;
            ${
              outVector === 4
                ? `if (o < uniforms.outChannels) { result[out / 4] = w${r}; }`
                : unroll(4, (q) => `if (o + ${q} < uniforms.outChannels) { result[out + ${q}] = w${r}[${q}]; }`)
            }
          }
        }`,
        )}
      }`,
  })
  return sumChunks(backend, partial, outputShape, into)
}

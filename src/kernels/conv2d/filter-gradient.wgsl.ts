import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { WgslCall } from '../declaration'
import { modelSizes } from './conv2d.twin'
import type { FilterGradientCall } from './calls'
import { tiledFilterGradient } from './filter-gradient-tiled.wgsl'
import { filterVariant } from './variants'
import { launch, unroll } from '../webgpu/launch'
import { sumChunks } from '../webgpu/reduction'
import { threadsWanted } from '../webgpu/threads-wanted'
import { gradientPlace } from '../shared-part'

/** Upper bound of the number of partial sums of one weight: beyond it the second pass, one thread per weight, would be the longer one. */
const mostChunks = 256

/**
 * Gradient of a convolution for its filter, with any stride. The kernel of tfjs 4.22 gives each weight to one thread that walks over the whole batch: 72
 * threads for 3x3x1x8. Here the lines of dy are dealt into chunks, those of each model apart, a thread holds the sums of a row of taps x 4
 * input x 8 output channels for one chunk in registers and slides along each line, and a second pass adds the chunks up. No barriers in either.
 */
function directFilterGradient(backend: WebGPUBackend, { x, dy, sizes: s, models, outputShape, into }: FilterGradientCall): TensorInfo {
  const { filterHeight, filterWidth, inChannels, outChannels } = s
  const taps = s.strideWidth === 1 && filterWidth <= 5 ? filterWidth : 1
  const xVector = inChannels % 4 === 0 ? 4 : 1
  const outVector = outChannels % 4 === 0 ? 4 : 1
  const inBlocks = taps === 1 && inChannels % 8 === 0 ? 2 : 1
  const outBlocks = taps <= 3 && outChannels > 4 ? 2 : 1
  const inTiles = Math.ceil(inChannels / (xVector * inBlocks))
  const outTiles = Math.ceil(outChannels / (4 * outBlocks))
  const tapGroups = filterWidth / taps
  const perChunk = outTiles * inTiles * tapGroups * filterHeight
  const lines = s.batch * s.outHeight
  const linesPerChunk = Math.ceil(lines / Math.min(lines, mostChunks, Math.ceil(threadsWanted(backend) / (models * perChunk))))
  const chunks = Math.ceil(lines / linesPerChunk)

  const column = (t: string) => (taps > 1 ? `col + ${t}` : `col * uniforms.strideWidth + kc`)
  const load = (t: string, i: number) =>
    `select(${xVector === 4 ? 'vec4<f32>()' : '0.0'}, x[start + (${column(t)}) * uniforms.inSteps + ${i}], ${column(t)} >= uniforms.padLeft && ${column(t)} < uniforms.padLeft + uniforms.inWidth)`
  const dyAt = (k: number) =>
    outVector === 4 ? `dy[out / 4 + ${k}]` : `vec4<f32>(${[0, 1, 2, 3].map((q) => `dy[out + ${4 * k + q}]`).join(', ')})`
  const channels = xVector * inBlocks
  const xOf = (t: number, i: number) => (xVector === 4 ? `x${t}_${Math.floor(i / 4)}[${i % 4}]` : `x${t}_${i}`)
  const each = (piece: (t: number, i: number, k: number) => string) =>
    unroll(taps, (t) => unroll(channels, (i) => unroll(outBlocks, (k) => piece(t, i, k))))

  const partial = launch(backend, {
    key: ['exemplarConv2DBackpropFilter', taps, xVector, outVector, inBlocks, outBlocks].join('_'),
    inputs: { x, dy },
    inputComponents: [xVector, outVector],
    outputShape: [chunks, ...outputShape],
    into: chunks === 1 ? into : undefined,
    outputComponent: outVector,
    threads: perChunk * models * chunks,
    uniforms: {
      inTiles,
      outTiles,
      tapGroups,
      linesPerChunk,
      lines,
      inHeight: s.inHeight,
      inWidth: s.inWidth,
      inChannels,
      inSteps: inChannels / xVector,
      outHeight: s.outHeight,
      outWidth: s.outWidth,
      outChannels,
      filterHeight,
      filterWidth,
      strideHeight: s.strideHeight,
      strideWidth: s.strideWidth,
      padTop: s.padTop,
      padLeft: s.padLeft,
      models,
    },
    body: () => `
        let o = (index % uniforms.outTiles) * ${4 * outBlocks};
        var rest = index / uniforms.outTiles;
        let i = (rest % uniforms.inTiles) * ${inBlocks};
        rest = rest / uniforms.inTiles;
        let kc = (rest % uniforms.tapGroups) * ${taps};
        rest = rest / uniforms.tapGroups;
        let kr = rest % uniforms.filterHeight;
        rest = rest / uniforms.filterHeight;
        let model = rest % uniforms.models;
        let chunk = rest / uniforms.models;
        ${each((t, i, k) => `var w${t}_${i}_${k} = vec4<f32>();`)}
        let first = model * uniforms.lines;
        let last = first + min((chunk + 1) * uniforms.linesPerChunk, uniforms.lines);
        for (var line = first + chunk * uniforms.linesPerChunk; line < last; line++) {
          let batch = line / uniforms.outHeight;
          let inRow = (line - batch * uniforms.outHeight) * uniforms.strideHeight + kr - uniforms.padTop;
          if (inRow >= 0 && inRow < uniforms.inHeight) {
            let start = ((batch * uniforms.inHeight + inRow) * uniforms.inWidth - uniforms.padLeft) * uniforms.inSteps + i;
            var out = line * uniforms.outWidth * uniforms.outChannels + o;
            var col = 0;
            ${unroll(taps - 1, (t) => unroll(inBlocks, (i) => `var x${t}_${i} = ${load(`${t}`, i)};`))}
            for (; col < uniforms.outWidth; col++) {
              ${unroll(inBlocks, (i) => `let x${taps - 1}_${i} = ${load(`${taps - 1}`, i)};`)}
              ${unroll(outBlocks, (k) => `let d${k} = ${dyAt(k)};`)}
              ${each((t, i, k) => `w${t}_${i}_${k} += ${xOf(t, i)} * d${k};`)}
              ${unroll(taps - 1, (t) => unroll(inBlocks, (i) => `x${t}_${i} = x${t + 1}_${i};`))}
              out += uniforms.outChannels;
            }
          }
        }
        let tap = (rest * uniforms.filterHeight + kr) * uniforms.filterWidth + kc;
        ${each(
          (t, c, k) =>
            `if (i * ${xVector} + ${c} < uniforms.inChannels) {
            let at = ((tap + ${t}) * uniforms.inChannels + i * ${xVector} + ${c}) * uniforms.outChannels + o;
            ${
              outVector === 4
                ? `if (o + ${4 * k} < uniforms.outChannels) { result[at / 4 + ${k}] = w${t}_${c}_${k}; }`
                : unroll(4, (q) => `if (o + ${4 * k + q} < uniforms.outChannels) { result[at + ${4 * k + q}] = w${t}_${c}_${k}[${q}]; }`)
            }
          }`,
        )}`,
  })
  return sumChunks(backend, partial, outputShape, into)
}

/** Runs the form that is the fastest for this shape on this adapter. */
function filterGradient(backend: WebGPUBackend, c: FilterGradientCall): TensorInfo {
  const { batch, outHeight, outWidth, inChannels, outChannels, strideHeight, strideWidth } = c.sizes
  const tile = filterVariant({ pixels: c.models * batch * outHeight * outWidth, inChannels, outChannels })
  return tile && strideHeight === 1 && strideWidth === 1 ? tiledFilterGradient(backend, c, tile) : directFilterGradient(backend, c)
}

/** The gradient of a convolution with a model axis for its filters. */
export function conv2dFilterGradientWgsl({ inputs: { x, dy, w }, backend }: WgslCall<'x' | 'dy' | 'w'>) {
  const sizes = modelSizes(x.shape, w.shape)
  const into = gradientPlace(backend, w)
  return { dw: filterGradient(backend, { x, dy, sizes, models: w.shape[0]!, outputShape: w.shape, into }) }
}

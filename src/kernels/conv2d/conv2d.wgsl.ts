import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { WgslCall } from '../declaration'
import type { ConvCall, Shape4, Shape5 } from './calls'
import { tiledConv } from './conv2d-tiled.wgsl'
import { convVariant, type DirectTile } from './variants'
import { launch, unroll } from '../webgpu/launch'

/**
 * Large tiles win, on small images too: reading is what costs, and with 3x3 filters 4 x 4 pixels x 8 channels do 8 products for each number
 * read. On SwiftShader that was ahead of tiles of 2x4x2, 4x4x1, 2x4x1, 2x2x2, 2x2x4 and 1x4x2 by 1.2 to 5 times, summed over the layers of a
 * 64-pixel U-Net.
 */
const chooseTile = (channels: number, filterWidth: number): DirectTile => ({
  rows: filterWidth > 3 ? 2 : 4, // keeps the unrolled code, and its compilation, short
  cols: 4,
  blocks: channels > 4 ? 2 : 1,
})

/**
 * Convolution with stride 1 and zero padding, without workgroup memory or barriers: on a software adapter a barrier costs far more than
 * reading again. A step of a thread's inner loop multiplies the pixels' vectors of 4 input channels with 4x4 matrices of the filter.
 */
function directConv(backend: WebGPUBackend, c: ConvCall, tile: DirectTile | null): TensorInfo {
  const [batch, outHeight, outWidth, outer] = c.outShape
  const [, inHeight, inWidth, inner] = c.x.shape as Shape4
  const { transposed, filterWidth, bias } = c
  const { rows, cols, blocks } = tile ?? chooseTile(outer, filterWidth)
  const xVector = inner % 4 === 0 ? 4 : 1
  const wVector = (transposed ? inner : outer) % 4 === 0 ? 4 : 1
  const outVector = outer % 4 === 0 ? 4 : 1
  const colTiles = Math.ceil(outWidth / cols)
  const rowTiles = Math.ceil(outHeight / rows)
  const outTiles = Math.ceil(outer / (4 * blocks))

  // The 4 weights of one input channel i for output channels o .. o + 3, or, transposed, of 4 input channels for one output channel.
  const weights = (tap: string, i: string, o: string) => {
    if (!transposed && wVector === 4) return `w[(${tap} * uniforms.inner + ${i}) * (uniforms.outer / 4) + ${o} / 4]`
    const at = (k: number) =>
      transposed
        ? `w[(${tap} * uniforms.outer + ${o} + ${k}) * uniforms.inner + ${i}]`
        : `w[(${tap} * uniforms.inner + ${i}) * uniforms.outer + ${o} + ${k}]`
    return `vec4<f32>(${[0, 1, 2, 3].map(at).join(', ')})`
  }
  const matrix = (tap: string, o: string) => {
    if (xVector === 1) return weights(tap, 'i', o)
    const column = (k: number) =>
      transposed ? `w[(${tap} * uniforms.outer + ${o} + ${k}) * (uniforms.inner / 4) + i]` : weights(tap, `i * 4 + ${k}`, o)
    return `mat4x4<f32>(${[0, 1, 2, 3].map(column).join(', ')})`
  }
  const product = (m: string, x: string) => (transposed && xVector === 4 ? `${x} * ${m}` : `${m} * ${x}`)
  const start = (k: number) => {
    if (!bias) return 'vec4<f32>()'
    if (outVector === 4) return `bias[(model * uniforms.outer + o) / 4 + ${k}]`
    return `vec4<f32>(${[0, 1, 2, 3].map((q) => `bias[model * uniforms.outer + o + ${4 * k + q}]`).join(', ')})`
  }
  const zero = xVector === 4 ? 'vec4<f32>()' : '0.0'

  return launch(backend, {
    key: ['exemplarConv2D', transposed, filterWidth, rows, cols, blocks, xVector, wVector, outVector, bias ? 'bias' : ''].join('_'),
    inputs: { x: c.x, w: c.w, ...(bias && { bias }) },
    inputComponents: [xVector, wVector, ...(bias ? [outVector] : [])],
    outputShape: c.outShape,
    outputComponent: outVector,
    activation: true,
    threads: batch * rowTiles * colTiles * outTiles,
    uniforms: {
      inHeight,
      inWidth,
      inner,
      innerSteps: inner / xVector,
      outHeight,
      outWidth,
      outer,
      colTiles,
      rowTiles,
      outTiles,
      filterHeight: c.filterHeight,
      padTop: c.padTop,
      padLeft: c.padLeft,
      imagesPerModel: batch / c.models,
    },
    body: () => `
      let o = (index % uniforms.outTiles) * ${4 * blocks};
      let tile = index / uniforms.outTiles;
      let col = (tile % uniforms.colTiles) * ${cols};
      let row = (tile / uniforms.colTiles % uniforms.rowTiles) * ${rows};
      let batch = tile / (uniforms.colTiles * uniforms.rowTiles);
      let model = batch / uniforms.imagesPerModel;
      let filterStart = model * uniforms.filterHeight * ${filterWidth};
      ${unroll(blocks, (k) => `let start_${k} = ${start(k)};`)}
      ${unroll(rows, (r) => unroll(cols, (c) => unroll(blocks, (k) => `var y${r}_${c}_${k} = start_${k};`)))}
      ${unroll(cols + filterWidth - 1, (j) => `let inside${j} = col + ${j} >= uniforms.padLeft && col + ${j} < uniforms.padLeft + uniforms.inWidth;`)}
      for (var kr = 0; kr < uniforms.filterHeight; kr++) {
        let firstTap = filterStart + ${transposed ? `(uniforms.filterHeight - 1 - kr) * ${filterWidth} + ${filterWidth - 1}` : `kr * ${filterWidth}`};
        ${unroll(
          rows,
          (r) => `
          let inRow${r} = row + ${r} + kr - uniforms.padTop;
          let rowInside${r} = inRow${r} >= 0 && inRow${r} < uniforms.inHeight;
          let start${r} = ((batch * uniforms.inHeight + inRow${r}) * uniforms.inWidth + col - uniforms.padLeft) * uniforms.innerSteps;`,
        )}
        for (var i = 0; i < uniforms.innerSteps; i++) {
          ${unroll(filterWidth, (kc) => unroll(blocks, (k) => `let m${kc}_${k} = ${matrix(`(firstTap ${transposed ? '-' : '+'} ${kc})`, `(o + ${4 * k})`)};`))}
          ${unroll(
            rows,
            (r) => `{
            ${unroll(cols + filterWidth - 1, (j) => `let x${j} = select(${zero}, x[start${r} + ${j} * uniforms.innerSteps + i], rowInside${r} && inside${j});`)}
            ${unroll(filterWidth, (kc) => unroll(cols, (c) => unroll(blocks, (k) => `y${r}_${c}_${k} += ${product(`m${kc}_${k}`, `x${c + kc}`)};`)))}
          }`,
          )}
        }
      }
      ${unroll(rows, (r) =>
        unroll(
          cols,
          (c) => `if (row + ${r} < uniforms.outHeight && col + ${c} < uniforms.outWidth) {
        let out = ((batch * uniforms.outHeight + row + ${r}) * uniforms.outWidth + col + ${c}) * uniforms.outer + o;
        ${unroll(blocks, (k) =>
          outVector === 4
            ? `if (o + ${4 * k} < uniforms.outer) { result[out / 4 + ${k}] = y${r}_${c}_${k}; }`
            : unroll(4, (q) => `if (o + ${4 * k + q} < uniforms.outer) { result[out + ${4 * k + q}] = y${r}_${c}_${k}[${q}]; }`),
        )}
      }`,
        ),
      )}`,
  })
}

/** Runs the form that is the fastest for this shape on this adapter. */
function conv(backend: WebGPUBackend, c: ConvCall): TensorInfo {
  const [images, height, width, outer] = c.outShape
  const inner = c.x.shape[3]!
  const pixels = images * height * width
  const variant = c.transposed
    ? convVariant('input', { pixels, inChannels: outer, outChannels: inner })
    : convVariant('forward', { pixels, inChannels: inner, outChannels: outer })
  return variant && 'pixels' in variant ? tiledConv(backend, c, variant) : directConv(backend, c, variant)
}

/** A convolution with filters, and biases, of its own for each model. */
export function conv2dWgsl({ inputs: { x, w, bias }, backend }: WgslCall<'x' | 'w', object, 'bias'>) {
  const [models, k, , , outChannels] = w.shape as Shape5
  const [images, height, width] = x.shape as Shape4
  const pad = (k - 1) / 2
  const outShape: Shape4 = [images, height, width, outChannels]
  const call = { x, w, bias, models, outShape, filterHeight: k, filterWidth: k, padTop: pad, padLeft: pad, transposed: false }
  return { y: conv(backend, call) }
}

/** Its gradient for x. */
export function conv2dInputGradientWgsl({ inputs: { dy, w }, backend }: WgslCall<'dy' | 'w'>) {
  const [models, k, , inChannels] = w.shape as Shape5
  const [images, height, width] = dy.shape as Shape4
  const pad = (k - 1) / 2
  const outShape: Shape4 = [images, height, width, inChannels]
  const call = { x: dy, w, models, outShape, filterHeight: k, filterWidth: k, padTop: pad, padLeft: pad, transposed: true }
  return { dx: conv(backend, call) }
}

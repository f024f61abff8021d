import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { ConvCall, Shape4 } from './calls'
import type { ConvTile } from './variants'
import { launch, unroll } from '../webgpu/launch'

/** Products along the inner dimension between two barriers: 16 keeps both tiles of 128 x 64 within 12 kB of the 16 kB that every adapter has. */
const depth = 16
const depth4 = depth / 4

/**
 * Convolution with stride 1 as a product of matrices, for real GPUs: [pixels, taps · inner] by [taps · inner, outer], the first of which is
 * gathered from the images on the way into workgroup memory (implicit GEMM). There it lies in vectors of 4 along the inner dimension, pixels
 * dealt so that neighbouring threads read neighbouring vectors. The gradient of the input is the same with the filter walked backwards; its
 * weights come as vectors along the inner dimension, and products become dot products.
 */
export function tiledConv(backend: WebGPUBackend, c: ConvCall, tile: ConvTile): TensorInfo {
  const [images, outHeight, outWidth, outer] = c.outShape
  const [, inHeight, inWidth, inner] = c.x.shape as Shape4
  const { transposed, bias, models } = c
  const { pixels, channels, perThread } = tile
  const pixelGroups = pixels / perThread
  const channelGroups = channels / 4
  const workgroupSize = pixelGroups * channelGroups
  const xVector = inner % 4 === 0 ? 4 : 1
  const outVector = outer % 4 === 0 ? 4 : 1
  const wVector = transposed ? xVector : outVector
  const taps = c.filterHeight * c.filterWidth
  const pixelsPerModel = (images / models) * outHeight * outWidth
  const pixelTiles = Math.ceil(pixelsPerModel / pixels)
  const channelTiles = Math.ceil(outer / channels)

  const xLoads = Math.ceil((pixels * depth4) / workgroupSize)
  const wLoads = Math.ceil((transposed ? channels * depth4 : depth * channelGroups) / workgroupSize)
  const everyLoad = (units: number, j: number, code: string) =>
    (j + 1) * workgroupSize <= units ? code : `if (unit${j} < ${units}) { ${code} }`
  const vec4 = (piece: (q: number) => string) => `vec4<f32>(${[0, 1, 2, 3].map(piece).join(', ')})`

  // Where a product's number k lies in the filter and in the images.
  const decode = (name: string, k: string) => `
    let ${name} = ${k};
    let ${name}Tap = ${name} / uniforms.inner;
    let ${name}I = ${name} - ${name}Tap * uniforms.inner;`
  const decodeRow = (name: string) => `
    let ${name}R = ${name}Tap / uniforms.filterWidth;
    let ${name}C = ${name}Tap - ${name}R * uniforms.filterWidth;`
  const xAt = (j: number, k: string) => {
    const inside = `(${k} < uniforms.depth) & (row${j} + ${k}R >= 0) & (row${j} + ${k}R < uniforms.inHeight) & (col${j} + ${k}C >= 0) & (col${j} + ${k}C < uniforms.inWidth)`
    const at = `start${j} + (${k}R * uniforms.inWidth + ${k}C) * uniforms.inner + ${k}I`
    return xVector === 4 ? `select(vec4<f32>(), x[(${at}) / 4], ${inside})` : `select(0.0, x[${at}], ${inside})`
  }
  const loadX = (j: number) => {
    const k = `step * ${depth} + (unit${j} % ${depth4}) * 4`
    const pixel = `(unit${j} / ${depth4})`
    const to = `tileX[(unit${j} % ${depth4}) * ${pixels} + (${pixel} % ${perThread}) * ${pixelGroups} + ${pixel} / ${perThread}]`
    return xVector === 4
      ? `${decode('k', k)} ${decodeRow('k')} ${to} = ${xAt(j, 'k')};`
      : `${unroll(4, (q) => decode(`k${q}`, `${k} + ${q}`) + decodeRow(`k${q}`))} ${to} = ${vec4((q) => xAt(j, `k${q}`))};`
  }
  const loadW = (j: number) => {
    if (!transposed) {
      // Rows of the filter are the products, as they lie: [taps · inner, outer].
      const o = `(first + (unit${j} % ${channelGroups}) * 4)`
      const at = `(model * uniforms.depth + k) * uniforms.outer + ${o}`
      const inside = (q: number) => `(k < uniforms.depth) & (${o} + ${q} < uniforms.outer)`
      const value =
        wVector === 4 ? `select(vec4<f32>(), w[(${at}) / 4], ${inside(0)})` : vec4((q) => `select(0.0, w[${at} + ${q}], ${inside(q)})`)
      return `let k = step * ${depth} + unit${j} / ${channelGroups}; tileW[unit${j}] = ${value};`
    }
    const k = `step * ${depth} + (unit${j} % ${depth4}) * 4`
    const channel = `(unit${j} / ${depth4})`
    const to = `tileW[(unit${j} % ${depth4}) * ${channels} + (${channel} % 4) * ${channelGroups} + ${channel} / 4]`
    const at = (name: string) =>
      `((model * uniforms.taps + uniforms.taps - 1 - ${name}Tap) * uniforms.outer + first + ${channel}) * uniforms.inner + ${name}I`
    const inside = (name: string) => `(${name} < uniforms.depth) & (first + ${channel} < uniforms.outer)`
    return wVector === 4
      ? `${decode('k', k)} ${to} = select(vec4<f32>(), w[(${at('k')}) / 4], ${inside('k')});`
      : `${unroll(4, (q) => decode(`k${q}`, `${k} + ${q}`))} ${to} = ${vec4((q) => `select(0.0, w[${at(`k${q}`)}], ${inside(`k${q}`)})`)};`
  }
  const start = () => {
    if (!bias) return 'vec4<f32>()'
    if (outVector === 4) return `bias[(model * uniforms.outer + o) / 4]`
    return vec4((q) => `bias[model * uniforms.outer + o + ${q}]`)
  }

  return launch(backend, {
    key: ['exemplarTiledConv2D', transposed, pixels, channels, perThread, xVector, outVector, bias ? 'bias' : ''].join('_'),
    inputs: { x: c.x, w: c.w, ...(bias && { bias }) },
    inputComponents: [xVector, wVector, ...(bias ? [outVector] : [])],
    outputShape: c.outShape,
    outputComponent: outVector,
    activation: true,
    workgroupSize,
    threads: models * pixelTiles * channelTiles * workgroupSize,
    uniforms: {
      inHeight,
      inWidth,
      inner,
      outHeight,
      outWidth,
      outer,
      models,
      pixelsPerModel,
      pixelTiles,
      channelTiles,
      taps,
      filterWidth: c.filterWidth,
      padTop: c.padTop,
      padLeft: c.padLeft,
      depth: taps * inner,
      steps: Math.ceil((taps * inner) / depth),
    },
    header: () => `
      var<workgroup> tileX : array<vec4<f32>, ${pixels * depth4}>;
      var<workgroup> tileW : array<vec4<f32>, ${channels * depth4}>;`,
    body: () => `
      let first = (group % uniforms.channelTiles) * ${channels};
      let place = group / uniforms.channelTiles;
      let firstPixel = (place % uniforms.pixelTiles) * ${pixels};
      let model = place / uniforms.pixelTiles;
      let pixelGroup = local / ${channelGroups};
      let channelGroup = local % ${channelGroups};
      let o = first + channelGroup * 4;
      ${unroll(Math.max(xLoads, wLoads), (j) => `let unit${j} = local + ${j * workgroupSize};`)}
      ${unroll(
        xLoads,
        (j) => `
        let pixel${j} = firstPixel + unit${j} / ${depth4};
        let line${j} = pixel${j} / uniforms.outWidth;
        let image${j} = line${j} / uniforms.outHeight;
        // A row far outside of every image where there is no pixel.
        let row${j} = select(-1000000, line${j} - image${j} * uniforms.outHeight - uniforms.padTop, pixel${j} < uniforms.pixelsPerModel);
        let col${j} = pixel${j} - line${j} * uniforms.outWidth - uniforms.padLeft;
        let start${j} = (((model * (uniforms.pixelsPerModel / (uniforms.outHeight * uniforms.outWidth)) + image${j}) * uniforms.inHeight + row${j}) * uniforms.inWidth + col${j}) * uniforms.inner;`,
      )}
      ${unroll(perThread, (r) => `var y${r} = ${start()};`)}
      for (var step = 0; step < uniforms.steps; step++) {
        ${unroll(xLoads, (j) => `{ ${everyLoad(pixels * depth4, j, loadX(j))} }`)}
        ${unroll(wLoads, (j) => `{ ${everyLoad(channels * depth4, j, loadW(j))} }`)}
        workgroupBarrier();
        for (var k = 0; k < ${depth4}; k++) {
          let m = mat4x4<f32>(${[0, 1, 2, 3]
            .map((q) =>
              transposed
                ? `tileW[k * ${channels} + ${q * channelGroups} + channelGroup]`
                : `tileW[(k * 4 + ${q}) * ${channelGroups} + channelGroup]`,
            )
            .join(', ')});
          ${unroll(perThread, (r) => {
            const x = `tileX[k * ${pixels} + ${r * pixelGroups} + pixelGroup]`
            return `y${r} += ${transposed ? `${x} * m` : `m * ${x}`};`
          })}
        }
        workgroupBarrier();
      }
      if (model < uniforms.models) {
        ${unroll(
          perThread,
          (r) => `{
          let pixel = firstPixel + pixelGroup * ${perThread} + ${r};
          if (pixel < uniforms.pixelsPerModel) {
            let out = (model * uniforms.pixelsPerModel + pixel) * uniforms.outer + o;
            ${
              outVector === 4
                ? `if (o < uniforms.outer) { result[out / 4] = y${r}; }`
                : unroll(4, (q) => `if (o + ${q} < uniforms.outer) { result[out + ${q}] = y${r}[${q}]; }`)
            }
          }
        }`,
        )}
      }`,
  })
}

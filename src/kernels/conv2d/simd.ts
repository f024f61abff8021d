import type { Place, Simd } from '../wasm/simd'

/**
 * Sizes of a convolution with stride 1 and without dilation: x [models * images, height, width, inChannels], filters [models, filterHeight,
 * filterWidth, inChannels, outChannels], y [models * images, outHeight, outWidth, outChannels]; `padTop` and `padLeft` are rows and columns
 * of zeros before x.
 */
export interface ConvolutionSizes {
  models: number
  images: number
  height: number
  width: number
  inChannels: number
  outHeight: number
  outWidth: number
  outChannels: number
  filterHeight: number
  filterWidth: number
  padTop: number
  padLeft: number
}

/** What is copied at a time should stay in the caches: 64 to 512 kB cost the same, 1 MB 20 % more. */
const scratchBytes = 128 * 1024

/** y from x and filter. */
export function convolution(kernels: Simd, x: Place, filter: Place, y: Place, s: ConvolutionSizes, mirrored = false): void {
  const { models, images } = s
  const perRow = 4 * (s.outWidth + s.filterWidth - 1) * s.inChannels
  const rows = Math.max(1, Math.min(s.outHeight, Math.floor(scratchBytes / perRow)))
  const numbers = { ...named(s), rows, mirrored: Number(mirrored) }
  const scratch = kernels.call('convolutionScratch', numbers)
  kernels.eachImage('convolution', { models, images, perImage: { x, y }, perModel: { filter }, scratch, numbers })
}

/** dx from dy and filter: a convolution of dy with the filter mirrored and its channels exchanged. */
export function inputGradient(kernels: Simd, dy: Place, filter: Place, dx: Place, s: ConvolutionSizes): void {
  const swapped = {
    ...s,
    height: s.outHeight,
    width: s.outWidth,
    inChannels: s.outChannels,
    outHeight: s.height,
    outWidth: s.width,
    outChannels: s.inChannels,
    padTop: s.filterHeight - 1 - s.padTop,
    padLeft: s.filterWidth - 1 - s.padLeft,
  }
  convolution(kernels, dy, filter, dx, swapped, true)
}

/** dw from x and dy. */
export function filterGradient(kernels: Simd, x: Place, dy: Place, dw: Place, s: ConvolutionSizes): void {
  const { models } = s
  const bytesFor = (images: number, rows: number) => kernels.call('filterGradientScratch', { ...named(s), images, rows })
  const perImage = bytesFor(1, s.outHeight)
  const images = Math.max(1, Math.min(s.images, Math.floor(scratchBytes / perImage)))
  const rows = Math.max(1, Math.min(s.outHeight, Math.floor((s.outHeight * scratchBytes) / perImage)))
  const numbers = { ...named(s), images, rows }
  const scratch = bytesFor(images, rows)
  kernels.eachImage('filterGradient', { models, images: s.images, perImage: { x, dy }, sums: { dw }, scratch, numbers })
}

/** The sizes by the names of the kernels' parameters. */
const named = (s: ConvolutionSizes) => ({
  H: s.height,
  W: s.width,
  Cin: s.inChannels,
  OH: s.outHeight,
  OW: s.outWidth,
  Cout: s.outChannels,
  kh: s.filterHeight,
  kw: s.filterWidth,
  padTop: s.padTop,
  padLeft: s.padLeft,
})

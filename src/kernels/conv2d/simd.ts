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

/**
 * Whether Winograd's algorithm does a convolution and its gradients: wherever it can. On every such layer of R64 and R128 it is 1.1 to 1.9
 * times as fast as the products one by one, least where an image has 16 pixels.
 */
export const byWinograd = ({ filterHeight, filterWidth, inChannels, outChannels }: ConvolutionSizes): boolean =>
  filterHeight === 3 && filterWidth === 3 && inChannels % 8 === 0 && outChannels % 8 === 0

/**
 * What Winograd's algorithm transforms at a time, in bytes. Less than 1 MB makes the gradient slower, with 128 channels by a quarter, with 256
 * by a half: a part of few tiles reads and writes all sums for little. For convolutions 128 kB to 2 MB cost the same.
 */
const transformedBytes = { convolution: 256 * 1024, gradient: 1024 * 1024 }

/** Tile rows, of 2 rows each, of which `channels` channels are `bytes` when transformed; at least one, at most those of all images. */
function tileRowsIn(bytes: number, { images, outHeight, outWidth }: ConvolutionSizes, channels: number): number {
  const perRow = 16 * 4 * Math.ceil(outWidth / 2) * channels
  return Math.max(1, Math.min(images * Math.ceil(outHeight / 2), Math.floor(bytes / perRow)))
}

/** y from x and filter. */
export function convolution(kernels: Simd, x: Place, filter: Place, y: Place, s: ConvolutionSizes, mirrored = false): void {
  const { models, images } = s
  const winograd = byWinograd(s)
  const perRow = 4 * (s.outWidth + s.filterWidth - 1) * s.inChannels
  const rows = winograd
    ? tileRowsIn(transformedBytes.convolution, s, s.inChannels)
    : Math.max(1, Math.min(s.outHeight, Math.floor(scratchBytes / perRow)))
  const numbers = { ...named(s), rows, mirrored: Number(mirrored) }
  const kernel = winograd ? 'winogradConvolution' : 'convolution'
  const scratch = kernels.call(`${kernel}Scratch`, numbers)
  kernels.eachImage(kernel, { models, images, perImage: { x, y }, perModel: { filter }, scratch, numbers })
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
  const call = { models: s.models, images: s.images, perImage: { x, dy }, sums: { dw } }
  if (byWinograd(s)) {
    const numbers = { ...named(s), rows: tileRowsIn(transformedBytes.gradient, s, s.inChannels + s.outChannels) }
    const scratch = kernels.call('winogradFilterGradientScratch', numbers)
    return kernels.eachImage('winogradFilterGradient', { ...call, scratch, numbers })
  }
  const bytesFor = (images: number, rows: number) => kernels.call('filterGradientScratch', { ...named(s), images, rows })
  const perImage = bytesFor(1, s.outHeight)
  const images = Math.max(1, Math.min(s.images, Math.floor(scratchBytes / perImage)))
  const rows = Math.max(1, Math.min(s.outHeight, Math.floor((s.outHeight * scratchBytes) / perImage)))
  const numbers = { ...named(s), images, rows }
  kernels.eachImage('filterGradient', { ...call, scratch: bytesFor(images, rows), numbers })
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

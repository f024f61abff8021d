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

/** Whether Winograd's algorithm can do a convolution and its gradients. */
const suitsWinograd = ({ filterHeight, filterWidth, inChannels, outChannels }: ConvolutionSizes): boolean =>
  filterHeight === 3 && filterWidth === 3 && inChannels % 8 === 0 && outChannels % 8 === 0

/** Tiles of `side` x `side` values in a row, and rows of them in all images of a model. */
const tilesOf = ({ images, outHeight, outWidth }: ConvolutionSizes, side: number) => ({
  inRow: Math.ceil(outWidth / side),
  rows: images * Math.ceil(outHeight / side),
})

/** Fewer tiles of 4 x 4 are not worth the transform of the filter to 36 values. */
const fewestTiles = 64

/** How a convolution, or the gradient of its input, is computed. */
export type ConvolutionForm = 'convolution' | 'winogradConvolution' | 'winograd4Convolution'

/**
 * The form that was fastest for the layers of R64 and R128, measured with 8 images on one core. Against `convolution`, tiles of 2 x 2 are 1.1
 * (16 pixels to an image) to 1.6 times as fast, tiles of 4 x 4 1.4 to 2.5 times from 8 x 8 pixels on.
 */
export function formOf(s: ConvolutionSizes): ConvolutionForm {
  if (!suitsWinograd(s)) return 'convolution'
  const [small, large] = [tilesOf(s, 2), tilesOf(s, 4)]
  const worthwhile = large.rows * large.inRow >= fewestTiles && 36 * large.rows * large.inRow < 16 * small.rows * small.inRow
  return worthwhile ? 'winograd4Convolution' : 'winogradConvolution'
}

/**
 * What Winograd's algorithm transforms at a time, in bytes. Less than 1 MB makes the gradient slower, with 128 channels by a quarter, with 256
 * by a half: a part of few tiles reads and writes all sums for little. For convolutions 128 kB to 2 MB cost the same.
 */
const transformedBytes = { convolution: 256 * 1024, gradient: 1024 * 1024 }

/** Rows of tiles of which `channels` channels are `bytes` when transformed; at least one, at most those of all images. */
function tileRowsIn(bytes: number, s: ConvolutionSizes, side: number, channels: number): number {
  const { inRow, rows } = tilesOf(s, side)
  return Math.max(1, Math.min(rows, Math.floor(bytes / (4 * (side + 2) ** 2 * inRow * channels))))
}

/** Rows of y, or of tiles of it, that are made at a time. */
function rowsAtATime(s: ConvolutionSizes, form: ConvolutionForm): number {
  if (form !== 'convolution') return tileRowsIn(transformedBytes.convolution, s, form === 'winogradConvolution' ? 2 : 4, s.inChannels)
  const perRow = 4 * (s.outWidth + s.filterWidth - 1) * s.inChannels
  return Math.max(1, Math.min(s.outHeight, Math.floor(scratchBytes / perRow)))
}

/** y from x and filter. */
export function convolution(kernels: Simd, x: Place, filter: Place, y: Place, s: ConvolutionSizes, mirrored = false): void {
  const { models, images } = s
  const form = formOf(s)
  const numbers = { ...named(s), rows: rowsAtATime(s, form), mirrored: Number(mirrored) }
  const scratch = kernels.call(`${form}Scratch`, numbers)
  kernels.eachImage(form, { models, images, perImage: { x, y }, perModel: { filter }, scratch, numbers })
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
  if (suitsWinograd(s)) {
    const numbers = { ...named(s), rows: tileRowsIn(transformedBytes.gradient, s, 2, s.inChannels + s.outChannels) }
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

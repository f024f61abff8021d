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

/**
 * Fewer tiles of 4 x 4 are not worth the transform of the filter to 36 values, or that of as many sums to the filter's gradient. With more than
 * 64 input channels the transformed filter outgrows the second cache.
 */
const fewestTiles = (operation: 'convolution' | 'gradient', inChannels: number) =>
  operation === 'convolution' && inChannels > 64 ? 64 : 32

/** Sides of the tiles in which Winograd's algorithm computes; null where the products are made one by one. */
export type Side = 2 | 4 | null

/**
 * The one table of which algorithm is used for a convolution (the gradient of its input is another), or for the gradient of its filter: that
 * which was fastest for the layers of R64 and R128, measured with 8 images on one core. Against plain products tiles of 2 x 2 are 1.1 (16
 * pixels to an image) to 1.9 times as fast, tiles of 4 x 4 1.4 to 2.6 times.
 */
export function sideOf(s: ConvolutionSizes, operation: 'convolution' | 'gradient'): Side {
  if (!suitsWinograd(s)) return null
  const [small, large] = ([2, 4] as const).map((side) => tilesOf(s, side).rows * tilesOf(s, side).inRow) as [number, number]
  return large >= fewestTiles(operation, s.inChannels) && 36 * large < 16 * small ? 4 : 2
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

/** y from x and filter. */
export function convolution(kernels: Simd, x: Place, filter: Place, y: Place, s: ConvolutionSizes, mirrored = false): void {
  const { models, images } = s
  const side = sideOf(s, 'convolution')
  const perRow = 4 * (s.outWidth + s.filterWidth - 1) * s.inChannels
  const rows = side
    ? tileRowsIn(transformedBytes.convolution, s, side, s.inChannels)
    : Math.max(1, Math.min(s.outHeight, Math.floor(scratchBytes / perRow)))
  const numbers = { ...named(s), rows, mirrored: Number(mirrored) }
  const kernel = side ? (`winograd${side}Convolution` as const) : 'convolution'
  const scratch = kernels.bytesFor(`${kernel}Scratch`, numbers)
  kernels.eachImage(kernel, {
    models,
    images,
    perImage: { x, y },
    perModel: { filter },
    scratch,
    numbers,
    rows: { of: 'y', unit: side ?? 1 },
  })
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
  const side = sideOf(s, 'gradient')
  const shared = { of: 'dy', unit: side ?? 1 }
  const call = { models: s.models, images: s.images, perImage: { x, dy }, sums: { dw }, rows: shared }
  if (side) {
    const numbers = { ...named(s), rows: tileRowsIn(transformedBytes.gradient, s, side, s.inChannels + s.outChannels) }
    const kernel = `winograd${side}FilterGradient` as const
    return kernels.eachImage(kernel, { ...call, scratch: kernels.bytesFor(`${kernel}Scratch`, numbers), numbers })
  }
  const bytesFor = (images: number, rows: number) => kernels.bytesFor('filterGradientScratch', { ...named(s), images, rows })
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

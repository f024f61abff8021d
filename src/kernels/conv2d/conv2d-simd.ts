import { simd, withScratch, type Pointer } from '../wasm/simd'

/**
 * Sizes of a convolution with stride 1 and without dilation: x [batch, height, width, inChannels], filter [filterHeight, filterWidth,
 * inChannels, outChannels], y [batch, outHeight, outWidth, outChannels]; `padTop` and `padLeft` are rows and columns of zeros before x.
 */
export interface ConvolutionSizes {
  batch: number
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

/** y from x and filter, by pointers. False, with nothing written, where the SIMD kernels are not loaded. */
export function convolution(x: Pointer, filter: Pointer, y: Pointer, s: ConvolutionSizes): boolean {
  return run(x, filter, y, s, false)
}

/** dx from dy and filter, by pointers: a convolution of dy with the filter mirrored and its channels exchanged. */
export function inputGradient(dy: Pointer, filter: Pointer, dx: Pointer, s: ConvolutionSizes): boolean {
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
  return run(dy, filter, dx, swapped, true)
}

function run(x: Pointer, filter: Pointer, y: Pointer, s: ConvolutionSizes, mirrored: boolean): boolean {
  const kernels = simd()
  if (!kernels) return false
  const perRow = 4 * (s.outWidth + s.filterWidth - 1) * s.inChannels
  const rows = Math.max(1, Math.min(s.outHeight, Math.floor(scratchBytes / perRow)))
  const bytes = kernels.convolutionScratch(rows, s.outWidth, s.inChannels, s.outChannels, s.filterHeight, s.filterWidth)
  withScratch(bytes, (scratch) => kernels.convolution(x, filter, y, scratch, ...listed(s), mirrored, rows))
  return true
}

/** dW from x and dy, by pointers. False, with nothing written, where the SIMD kernels are not loaded. */
export function filterGradient(x: Pointer, dy: Pointer, dw: Pointer, s: ConvolutionSizes): boolean {
  const kernels = simd()
  if (!kernels) return false
  const bytesFor = (images: number, rows: number) =>
    kernels.filterGradientScratch(images, rows, s.outWidth, s.inChannels, s.outChannels, s.filterHeight, s.filterWidth)
  const perImage = bytesFor(1, s.outHeight)
  const images = Math.max(1, Math.min(s.batch, Math.floor(scratchBytes / perImage)))
  const rows = Math.max(1, Math.min(s.outHeight, Math.floor((s.outHeight * scratchBytes) / perImage)))
  withScratch(bytesFor(images, rows), (scratch) => kernels.filterGradient(x, dy, dw, scratch, ...listed(s), images, rows))
  return true
}

/** The sizes in the order of the kernels' arguments. */
const listed = (s: ConvolutionSizes) =>
  [
    s.batch,
    s.height,
    s.width,
    s.inChannels,
    s.outHeight,
    s.outWidth,
    s.outChannels,
    s.filterHeight,
    s.filterWidth,
    s.padTop,
    s.padLeft,
  ] as const

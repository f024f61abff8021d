import { quantile } from '../lib/statistics'

/** A grey image in row-major order; units are whatever the file holds until the session normalises them to [0, 1]. */
export interface Raster {
  width: number
  height: number
  pixels: Float32Array<ArrayBuffer>
}

/** The label of a pixel whose class nobody knows; it is not supervised. */
export const unknown = 255

/** One class index per pixel in row-major order; 0 is background, 255 is unknown. */
export interface LabelMap {
  width: number
  height: number
  labels: Uint8Array<ArrayBuffer>
}

/** A class of a label map; its place in the list is its number in the map, place 0 is background. */
export interface LabelClass {
  name: string
  /** #rrggbb */
  color: string
}

/** A part of an image in whole pixels. */
export interface Rect {
  x: number
  y: number
  width: number
  height: number
}

function copyRect<T extends Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(from: T, width: number, rect: Rect, to: T): T {
  for (let y = 0; y < rect.height; y++) {
    const start = (rect.y + y) * width + rect.x
    to.set(from.subarray(start, start + rect.width), y * rect.width)
  }
  return to
}

/** A copy of the pixels inside `rect`, which must lie inside the image. */
export function crop(raster: Raster, rect: Rect): Raster {
  const pixels = copyRect(raster.pixels, raster.width, rect, new Float32Array(rect.width * rect.height))
  return { width: rect.width, height: rect.height, pixels }
}

/** A copy of the labels inside `rect`, which must lie inside the map. */
export function cropLabels(map: LabelMap, rect: Rect): LabelMap {
  const labels = copyRect(map.labels, map.width, rect, new Uint8Array(rect.width * rect.height))
  return { width: rect.width, height: rect.height, labels }
}

/** For each output pixel along one axis: the first input pixel it sees, and `taps` weights (the last ones 0 near the far edge). */
interface Taps {
  first: Int32Array
  count: Int32Array
  weights: Float64Array
  taps: number
}

/**
 * The triangle filter, as wide as the step when shrinking, two pixels wide when growing, cut at the edges and scaled to sum 1:
 * `compute_index_ranges_weights` of PyTorch (aten/src/ATen/native/cpu/UpSampleKernel.cpp), which follows Pillow.
 */
function triangle(input: number, output: number): Taps {
  const scale = input / output
  const support = Math.max(1, scale)
  const taps = Math.ceil(support) * 2 + 1
  const first = new Int32Array(output)
  const count = new Int32Array(output)
  const weights = new Float64Array(output * taps)
  for (let i = 0; i < output; i++) {
    const centre = scale * (i + 0.5)
    const low = Math.max(Math.trunc(centre - support + 0.5), 0)
    const high = Math.min(Math.trunc(centre + support + 0.5), input)
    let total = 0
    for (let j = low; j < high; j++) {
      const w = Math.max(0, 1 - Math.abs(j - centre + 0.5) / support)
      weights[i * taps + j - low] = w
      total += w
    }
    for (let j = 0; j < high - low; j++) weights[i * taps + j]! /= total
    first[i] = low
    count[i] = high - low
  }
  return { first, count, weights, taps }
}

/** Resamples to width x height with an antialiased triangle filter: torch's `interpolate(mode='bilinear', antialias=True)`. */
export function resizeLinear(raster: Raster, width: number, height: number): Raster {
  const { width: w, height: h, pixels } = raster
  const across = triangle(w, width)
  const narrow = width === w ? pixels : new Float32Array(width * h)
  if (narrow !== pixels)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < width; x++) {
        const from = y * w + across.first[x]!
        let sum = 0
        for (let k = 0; k < across.count[x]!; k++) sum += pixels[from + k]! * across.weights[x * across.taps + k]!
        narrow[y * width + x] = sum
      }
  if (height === h) return { width, height, pixels: narrow === pixels ? pixels.slice() : narrow }
  const down = triangle(h, height)
  const out = new Float32Array(width * height)
  const row = new Float64Array(width)
  for (let y = 0; y < height; y++) {
    row.fill(0)
    for (let k = 0; k < down.count[y]!; k++) {
      const weight = down.weights[y * down.taps + k]!
      const from = (down.first[y]! + k) * width
      for (let x = 0; x < width; x++) row[x]! += weight * narrow[from + x]!
    }
    out.set(row, y * width)
  }
  return { width, height, pixels: out }
}

/**
 * Source index of every output pixel along one axis: the pixel under its centre. (torch's plain `nearest` takes the first one under it, which moves
 * labels against their image by up to half an output pixel.) In single precision, because torch's is.
 */
function nearest(input: number, output: number): Int32Array {
  const scale = Math.fround(input / output)
  return Int32Array.from({ length: output }, (_, i) => Math.min(Math.floor(Math.fround((i + 0.5) * scale)), input - 1))
}

/** Resamples labels to width x height without mixing them: torch's `interpolate(mode='nearest-exact')`. */
export function resizeLabels(map: LabelMap, width: number, height: number): LabelMap {
  const xs = nearest(map.width, width)
  const ys = nearest(map.height, height)
  const labels = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const from = ys[y]! * map.width
    for (let x = 0; x < width; x++) labels[y * width + x] = map.labels[from + xs[x]!]!
  }
  return { width, height, labels }
}

/** Stretches the 1st to 99.5th percentile of the pixels to 0..1 and clamps the rest; a constant image becomes zeros. */
export function normalise(raster: Raster): Raster {
  const low = quantile(raster.pixels, 0.01)
  // The small number is the reference implementation's guard against a constant image.
  const range = quantile(raster.pixels, 0.995) - low + 1e-6
  const pixels = new Float32Array(raster.pixels.length)
  for (let i = 0; i < pixels.length; i++) {
    const v = (raster.pixels[i]! - low) / range
    pixels[i] = v < 0 ? 0 : v > 1 ? 1 : v
  }
  return { width: raster.width, height: raster.height, pixels }
}

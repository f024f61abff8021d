/** Warped images and label maps as in warp.twin.ts, whose positions they follow in float64. */
import { pow4 } from '../wasm/exp-log.lib.assembly'
import { storeSome } from '../wasm/four-pixels.lib.assembly'
import { multiplyAdd } from '../wasm/multiply-add.lib.assembly'

/** The weight of the grid point `k` of four, 0 to 3, for a position `t` in [0, 1] past the second. */
function cubic(t: f64, k: i32): f64 {
  const d = k == 0 ? 1 + t : k == 1 ? t : k == 2 ? 1 - t : 2 - t
  if (k == 1 || k == 2) return (1.25 * d - 2.25) * d * d + 1
  return ((-0.75 * d + 3.75) * d - 6) * d + 3
}

/** Where pixel `i` of `size` lies among the cells of the grid: the first of its two points. */
function cellOf(i: i32, size: i32): i32 {
  return min(<i32>positionOf(i, size), 3)
}
function positionOf(i: i32, size: i32): f64 {
  return <f64>(4 * i) / <f64>max(1, size - 1)
}

/** Both grids of `bend` interpolated along x, [2, 5, size] float64. Returns false, writing nothing, where nothing bends. */
function bendRows(bend: usize, to: usize, size: i32): bool {
  let any = false
  for (let i = 0; i < 50; i++) any = any || load<f32>(bend + (i << 2)) != 0
  if (!any) return false
  for (let i = 0; i < size; i++) {
    const cell = cellOf(i, size)
    const t = positionOf(i, size) - <f64>cell
    for (let line = 0; line < 10; line++) {
      let sum: f64 = 0
      for (let k = 0; k < 4; k++) sum += cubic(t, k) * <f64>load<f32>(bend + ((line * 5 + min(4, max(0, cell - 1 + k))) << 2))
      store<f64>(to + ((line * size + i) << 3), sum)
    }
  }
  return true
}

/** The source positions of output row `row`: all x, then all y, float64, an even number of each. */
function placeRow(affine: usize, bent: usize, bends: bool, to: usize, row: i32, size: i32): void {
  const even = (size + 1) & ~1
  const cell = cellOf(row, size)
  const t = positionOf(row, size) - <f64>cell
  const w0 = f64x2.splat(cubic(t, 0))
  const w1 = f64x2.splat(cubic(t, 1))
  const w2 = f64x2.splat(cubic(t, 2))
  const w3 = f64x2.splat(cubic(t, 3))
  const line = size << 3
  for (let axis = 0; axis < 2; axis++, affine += 12, bent += 5 * line, to += even << 3) {
    const step = f64x2.splat(<f64>load<f32>(affine))
    const start = f64x2.splat(<f64>load<f32>(affine, 4) * <f64>row)
    const shift = f64x2.splat(<f64>load<f32>(affine, 8))
    const r0 = bent + max(0, cell - 1) * line
    const r1 = bent + cell * line
    const r2 = bent + min(4, cell + 1) * line
    const r3 = bent + min(4, cell + 2) * line
    for (let i = 0; i < size; i += 2) {
      const column = f64x2.add(f64x2.splat(<f64>i), f64x2(0, 1))
      let v = f64x2.add(f64x2.add(f64x2.mul(step, column), start), shift)
      if (bends) {
        const at = i << 3
        let b = f64x2.add(f64x2.mul(w0, v128.load(r0 + at)), f64x2.mul(w1, v128.load(r1 + at)))
        b = f64x2.add(b, f64x2.mul(w2, v128.load(r2 + at)))
        v = f64x2.add(v, f64x2.add(b, f64x2.mul(w3, v128.load(r3 + at))))
      }
      v128.store(to + (i << 3), v)
    }
  }
}

/** Four positions at `at` within the image, as whole numbers. */
function wholeOf(low: v128, high: v128): v128 {
  const a = i32x4.trunc_sat_f64x2_s_zero(low)
  return v128.shuffle<i64>(a, i32x4.trunc_sat_f64x2_s_zero(high), 0, 2)
}

function clamped(at: usize, last: v128): v128 {
  return f64x2.min(f64x2.max(v128.load(at), f64x2.splat(0)), last)
}

/** What is left of four positions above their whole numbers, float32. */
function restOf(low: v128, high: v128): v128 {
  const a = f32x4.demote_f64x2_zero(f64x2.sub(low, f64x2.floor(low)))
  return v128.shuffle<i64>(a, f32x4.demote_f64x2_zero(f64x2.sub(high, f64x2.floor(high))), 0, 2)
}

/** Four float32 of an image at the given numbers of pixels. */
function taken(image: usize, at: v128): v128 {
  const bytes = i32x4.shl(at, 2)
  let v = v128.load32_zero(image + i32x4.extract_lane(bytes, 0))
  v = v128.load_lane<f32>(image + i32x4.extract_lane(bytes, 1), v, 1)
  v = v128.load_lane<f32>(image + i32x4.extract_lane(bytes, 2), v, 2)
  return v128.load_lane<f32>(image + i32x4.extract_lane(bytes, 3), v, 3)
}

/**
 * out [batch, size, size] of `images` [any, size, size] and the rows of the tables source, affine [6], bend [50] and tone [3].
 * @param scratch 12 size + 16 float64
 */
export function warpImages(
  images: usize,
  source: usize,
  affine: usize,
  bend: usize,
  tone: usize,
  out: usize,
  scratch: usize,
  batch: i32,
  size: i32,
): void {
  const bent = scratch
  // Room for a last vector of fewer pixels.
  const place = scratch + ((10 * size + 1) << 3)
  const across = ((size + 1) & ~1) << 3
  const last = f64x2.splat(<f64>(size - 1))
  const end = i32x4.splat(size - 1)
  const one = f32x4.splat(1)
  for (let n = 0; n < batch; n++, source += 4, affine += 24, bend += 200, tone += 12) {
    const image = images + ((<i32>load<f32>(source) * size * size) << 2)
    const gamma = load<f32>(tone)
    const gain = v128.load32_splat(tone, 4)
    const offset = v128.load32_splat(tone, 8)
    const bends = bendRows(bend, bent, size)
    for (let row = 0; row < size; row++) {
      placeRow(affine, bent, bends, place, row, size)
      for (let c = 0; c < size; c += 4) {
        const at = place + (c << 3)
        const xLow = clamped(at, last)
        const xHigh = clamped(at + 16, last)
        const yLow = clamped(at + across, last)
        const yHigh = clamped(at + across + 16, last)
        const u = restOf(xLow, xHigh)
        const v = restOf(yLow, yHigh)
        const left = wholeOf(xLow, xHigh)
        const right = i32x4.min_s(i32x4.add(left, i32x4.splat(1)), end)
        const y0 = wholeOf(yLow, yHigh)
        const upper = i32x4.mul(y0, i32x4.splat(size))
        const lower = i32x4.mul(i32x4.min_s(i32x4.add(y0, i32x4.splat(1)), end), i32x4.splat(size))
        const a = taken(image, i32x4.add(upper, left))
        const b = taken(image, i32x4.add(lower, left))
        const top = multiplyAdd(f32x4.sub(taken(image, i32x4.add(upper, right)), a), u, a)
        const bottom = multiplyAdd(f32x4.sub(taken(image, i32x4.add(lower, right)), b), u, b)
        let value = multiplyAdd(f32x4.sub(bottom, top), v, top)
        if (gamma != 1) value = pow4(value, gamma)
        value = f32x4.min(f32x4.max(multiplyAdd(value, gain, offset), f32x4.splat(0)), one)
        const some = size - c
        storeSome(out, value, some)
        out += min(4, some) << 2
      }
    }
  }
}

/**
 * out [batch, size, size] of `labels` [any, size, size], -1 where unknown, and the rows of the other tables.
 * @param scratch as above
 */
export function warpLabels(
  labels: usize,
  source: usize,
  affine: usize,
  bend: usize,
  out: usize,
  scratch: usize,
  batch: i32,
  size: i32,
): void {
  const bent = scratch
  const place = scratch + ((10 * size + 1) << 3)
  const across = ((size + 1) & ~1) << 3
  for (let n = 0; n < batch; n++, source += 4, affine += 24, bend += 200) {
    const map = labels + ((<i32>load<f32>(source) * size * size) << 2)
    const bends = bendRows(bend, bent, size)
    for (let row = 0; row < size; row++) {
      placeRow(affine, bent, bends, place, row, size)
      for (let c = 0; c < size; c++, out += 4) {
        const px = <i32>floor<f64>(load<f64>(place + (c << 3)) + 0.5)
        const py = <i32>floor<f64>(load<f64>(place + across + (c << 3)) + 0.5)
        const inside = <u32>px < <u32>size && <u32>py < <u32>size
        const label = load<f32>(map + ((min(size - 1, max(0, py)) * size + min(size - 1, max(0, px))) << 2))
        store<f32>(out, inside || label < 0 ? label : 0)
      }
    }
  }
}

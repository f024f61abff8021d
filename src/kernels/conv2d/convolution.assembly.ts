import { storeSome } from '../wasm/four-pixels.lib.assembly'
import { multiplyAdd } from '../wasm/multiply-add.lib.assembly'
import { packFilter } from './pack-filter.lib.assembly'
import { packRows } from './pack-rows.lib.assembly'

/**
 * Convolution with stride 1: y [batch, OH, OW, Cout] of x [batch, H, W, Cin] and a filter [kh, kw, Cin, Cout]. A part of each image is copied
 * with its border of zeros, so that the values under one row of the filter lie together and no loop asks where the border is; the filter is
 * copied into blocks of 8 output channels. A tile of 4 pixels x 8 channels of sums stays in registers.
 *
 * With `mirrored`, x is the gradient of the output, y that of the input: the filter is then [kh, kw, Cout, Cin] and is read mirrored.
 */

/** The first `columns` of 8 values. */
function storeColumns(to: usize, low: v128, high: v128, columns: i32): void {
  storeSome(to, low, columns)
  if (columns > 4) storeSome(to + 16, high, columns - 4)
}

/** 4 pixels x 8 channels of y. `line` bytes from one row of x to the next, `run` bytes of x under one row of the filter. */
function tile4x8(x: usize, pixel: usize, filter: usize, y: usize, across: usize, kh: i32, run: usize, line: usize, columns: i32): void {
  let a0 = f32x4.splat(0)
  let a1 = f32x4.splat(0)
  let b0 = f32x4.splat(0)
  let b1 = f32x4.splat(0)
  let c0 = f32x4.splat(0)
  let c1 = f32x4.splat(0)
  let d0 = f32x4.splat(0)
  let d1 = f32x4.splat(0)
  for (let k = 0; k < kh; k++, x += line) {
    const end = x + run
    let xb = x + pixel
    let xc = xb + pixel
    let xd = xc + pixel
    for (let at = x; at < end; at += 4, xb += 4, xc += 4, xd += 4, filter += 32) {
      const w0 = v128.load(filter)
      const w1 = v128.load(filter, 16)
      let v = v128.load32_splat(at)
      a0 = multiplyAdd(v, w0, a0)
      a1 = multiplyAdd(v, w1, a1)
      v = v128.load32_splat(xb)
      b0 = multiplyAdd(v, w0, b0)
      b1 = multiplyAdd(v, w1, b1)
      v = v128.load32_splat(xc)
      c0 = multiplyAdd(v, w0, c0)
      c1 = multiplyAdd(v, w1, c1)
      v = v128.load32_splat(xd)
      d0 = multiplyAdd(v, w0, d0)
      d1 = multiplyAdd(v, w1, d1)
    }
  }
  storeColumns(y, a0, a1, columns)
  storeColumns(y + across, b0, b1, columns)
  storeColumns(y + 2 * across, c0, c1, columns)
  storeColumns(y + 3 * across, d0, d1, columns)
}

/** 1 pixel x 8 channels, for what is left of a row. */
function tile1x8(x: usize, filter: usize, y: usize, kh: i32, run: usize, line: usize, columns: i32): void {
  let a0 = f32x4.splat(0)
  let a1 = f32x4.splat(0)
  for (let k = 0; k < kh; k++, x += line)
    for (let at = x, end = x + run; at < end; at += 4, filter += 32) {
      const v = v128.load32_splat(at)
      a0 = multiplyAdd(v, v128.load(filter), a0)
      a1 = multiplyAdd(v, v128.load(filter, 16), a1)
    }
  storeColumns(y, a0, a1, columns)
}

/** 4 pixels x 4 channels, for the four classes of the head. */
function tile4x4(x: usize, pixel: usize, filter: usize, y: usize, across: usize, kh: i32, run: usize, line: usize, columns: i32): void {
  let a = f32x4.splat(0)
  let b = f32x4.splat(0)
  let c = f32x4.splat(0)
  let d = f32x4.splat(0)
  for (let k = 0; k < kh; k++, x += line) {
    const end = x + run
    let xb = x + pixel
    let xc = xb + pixel
    let xd = xc + pixel
    for (let at = x; at < end; at += 4, xb += 4, xc += 4, xd += 4, filter += 16) {
      const w = v128.load(filter)
      a = multiplyAdd(v128.load32_splat(at), w, a)
      b = multiplyAdd(v128.load32_splat(xb), w, b)
      c = multiplyAdd(v128.load32_splat(xc), w, c)
      d = multiplyAdd(v128.load32_splat(xd), w, d)
    }
  }
  storeSome(y, a, columns)
  storeSome(y + across, b, columns)
  storeSome(y + 2 * across, c, columns)
  storeSome(y + 3 * across, d, columns)
}

/** 1 pixel x 4 channels. */
function tile1x4(x: usize, filter: usize, y: usize, kh: i32, run: usize, line: usize, columns: i32): void {
  let a = f32x4.splat(0)
  for (let k = 0; k < kh; k++, x += line)
    for (let at = x, end = x + run; at < end; at += 4, filter += 16) a = multiplyAdd(v128.load32_splat(at), v128.load(filter), a)
  storeSome(y, a, columns)
}

/** Bytes of `scratch` that `convolution` needs for parts of `rows` rows of y. */
export function convolutionScratch(rows: i32, OW: i32, Cin: i32, Cout: i32, kh: i32, kw: i32): i32 {
  return ((rows + kh - 1) * (OW + kw - 1) * Cin + kh * kw * Cin * ((Cout + 7) & ~7)) << 2
}

/**
 * See the top of this file. Writes all of y.
 * @param rows rows of y made from one part
 */
export function convolution(
  x: usize,
  filter: usize,
  y: usize,
  scratch: usize,
  batch: i32,
  H: i32,
  W: i32,
  Cin: i32,
  OH: i32,
  OW: i32,
  Cout: i32,
  kh: i32,
  kw: i32,
  padTop: i32,
  padLeft: i32,
  mirrored: bool,
  rows: i32,
): void {
  const width = Cout <= 4 ? 4 : 8
  const block = (kh * kw * Cin * width) << 2
  packFilter(filter, scratch, kh * kw, Cin, Cout, width, mirrored, 0, Cout)
  const packed = scratch + ((Cout + width - 1) / width) * block
  const paddedWidth = OW + kw - 1
  const pixel = Cin << 2
  const across = Cout << 2
  const line = paddedWidth * pixel
  const run = kw * pixel
  // A filter of one pixel needs no copy of x.
  const plain = kh == 1 && kw == 1 && OH == H && OW == W && padTop == 0 && padLeft == 0
  for (let n = 0; n < batch; n++, x += H * W * pixel, y += OH * OW * across)
    for (let row = 0; row < OH; row += rows) {
      const lines = min(rows, OH - row)
      if (!plain) packRows(x, packed, H, W, Cin, row - padTop, lines + kh - 1, padLeft, paddedWidth)
      const source = plain ? x + row * line : packed
      const target = y + row * OW * across
      for (let o = 0; o < Cout; o += width) {
        const weights = scratch + (o / width) * block
        const columns = Cout - o
        for (let r = 0; r < lines; r++) {
          let from = source + r * line
          let to = target + r * OW * across + (o << 2)
          let c = 0
          for (; c + 4 <= OW; c += 4, from += 4 * pixel, to += 4 * across)
            if (width == 8) tile4x8(from, pixel, weights, to, across, kh, run, line, columns)
            else tile4x4(from, pixel, weights, to, across, kh, run, line, columns)
          for (; c < OW; c++, from += pixel, to += across)
            if (width == 8) tile1x8(from, weights, to, kh, run, line, columns)
            else tile1x4(from, weights, to, kh, run, line, columns)
        }
      }
    }
}

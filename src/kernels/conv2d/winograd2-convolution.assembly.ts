/**
 * Convolution with 3 x 3 filters by Winograd's F(2 x 2, 3 x 3), see winograd2.lib.assembly.ts: y = A' (U V) A, where U = G w G' of the filter.
 * Channels are multiples of 8. A part of the images is transformed at a time; U is kept for all of them. For each 8 output channels and each
 * 4 tiles the 16 products are summed over the input channels, one after the other in registers, and transformed back while in the cache.
 */
import { packFilter } from './pack-filter.lib.assembly'
import { multiply } from './winograd-products.lib.assembly'
import { transformImages } from './winograd2.lib.assembly'

/** A row of G w G' of a row of G w. */
function storeRow(to: usize, step: i32, w0: v128, w1: v128, w2: v128): void {
  const half = f32x4.splat(0.5)
  const even = f32x4.mul(f32x4.add(w0, w2), half)
  const odd = f32x4.mul(w1, half)
  v128.store(to, w0)
  v128.store(to + step, f32x4.add(even, odd))
  v128.store(to + 2 * step, f32x4.sub(even, odd))
  v128.store(to + 3 * step, w2)
}

/** U [16, Cin, 8] of a packed filter [9, Cin, 8]. */
function transformFilter(filter: usize, to: usize, Cin: i32): void {
  const tap = Cin << 5
  const half = f32x4.splat(0.5)
  for (const end = filter + tap; filter < end; filter += 16, to += 16) {
    const a0 = v128.load(filter)
    const a1 = v128.load(filter + tap)
    const a2 = v128.load(filter + 2 * tap)
    const c0 = v128.load(filter + 6 * tap)
    const c1 = v128.load(filter + 7 * tap)
    const c2 = v128.load(filter + 8 * tap)
    storeRow(to, tap, a0, a1, a2)
    storeRow(to + 12 * tap, tap, c0, c1, c2)
    const e0 = f32x4.mul(f32x4.add(a0, c0), half)
    const e1 = f32x4.mul(f32x4.add(a1, c1), half)
    const e2 = f32x4.mul(f32x4.add(a2, c2), half)
    const o0 = f32x4.mul(v128.load(filter + 3 * tap), half)
    const o1 = f32x4.mul(v128.load(filter + 4 * tap), half)
    const o2 = f32x4.mul(v128.load(filter + 5 * tap), half)
    storeRow(to + 4 * tap, tap, f32x4.add(e0, o0), f32x4.add(e1, o1), f32x4.add(e2, o2))
    storeRow(to + 8 * tap, tap, f32x4.sub(e0, o0), f32x4.sub(e1, o1), f32x4.sub(e2, o2))
  }
}

/** One tile of y, four channels: A' m A of m [16, 4 tiles, 8 channels]; `wide` and `high` tell whether y has its second column and row. */
function transformBack(m: usize, y: usize, across: usize, line: usize, wide: bool, high: bool): void {
  let s = v128.load(m, 512)
  let d = v128.load(m, 1024)
  let sum = f32x4.add(s, d)
  let difference = f32x4.sub(s, d)
  const a0 = f32x4.add(v128.load(m), sum)
  const b0 = f32x4.sub(difference, v128.load(m, 1536))
  s = v128.load(m, 640)
  d = v128.load(m, 1152)
  sum = f32x4.add(s, d)
  difference = f32x4.sub(s, d)
  const a1 = f32x4.add(v128.load(m, 128), sum)
  const b1 = f32x4.sub(difference, v128.load(m, 1664))
  s = v128.load(m, 768)
  d = v128.load(m, 1280)
  sum = f32x4.add(s, d)
  difference = f32x4.sub(s, d)
  const a2 = f32x4.add(v128.load(m, 256), sum)
  const b2 = f32x4.sub(difference, v128.load(m, 1792))
  v128.store(y, f32x4.add(a0, f32x4.add(a1, a2)))
  if (high) v128.store(y + line, f32x4.add(b0, f32x4.add(b1, b2)))
  if (!wide) return
  s = v128.load(m, 896)
  d = v128.load(m, 1408)
  v128.store(y + across, f32x4.sub(f32x4.sub(a1, a2), f32x4.add(v128.load(m, 384), f32x4.add(s, d))))
  if (high) v128.store(y + line + across, f32x4.sub(f32x4.sub(b1, b2), f32x4.sub(f32x4.sub(s, d), v128.load(m, 1920))))
}

/** Bytes of `scratch` that `winograd2Convolution` needs for parts of `rows` tile rows. */
export function winograd2ConvolutionScratch(rows: i32, W: i32, OW: i32, Cin: i32, Cout: i32): i32 {
  const groups = (rows * ((OW + 1) / 2) + 3) / 4
  return ((16 * Cin * Cout + 9 * Cin * 8 + W * Cin + groups * 64 * Cin) << 2) + 2048
}

/**
 * See the top of this file. Writes all of y. With `mirrored`, as `convolution`.
 * @param rows tile rows, of 2 rows of y each, made at a time; those of images that follow each other count on
 */
export function winograd2Convolution(
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
  padTop: i32,
  padLeft: i32,
  mirrored: bool,
  rows: i32,
): void {
  const u = scratch
  const block = Cin << 9
  const packed = u + (Cout >> 3) * block
  const zeros = packed + 9 * (Cin << 5)
  memory.fill(zeros, 0, (W * Cin) << 2)
  const m = zeros + ((W * Cin) << 2)
  const v = m + 2048
  const tileRows = (OH + 1) / 2
  const tileColumns = (OW + 1) / 2
  const across = Cout << 2
  const line = OW * across
  const group = Cin << 8
  for (let row = 0; row < batch * tileRows; row += rows) {
    const lines = min(rows, batch * tileRows - row)
    const tiles = lines * tileColumns
    // Tiles that are missing to the last four: whatever lay there before may be slow to calculate with.
    if (tiles & 3) memory.fill(v + (tiles >> 2) * group, 0, group)
    transformImages(x, zeros, H, W, Cin, tileRows, tileColumns, padTop, padLeft, row, lines, v, group, Cin << 4, 64)
    for (let o = 0; o < Cout; o += 8) {
      const weights = u + (o >> 3) * block
      if (row == 0) {
        packFilter(filter, packed, 9, Cin, Cout, 8, mirrored, o, o + 8)
        transformFilter(packed, weights, Cin)
      }
      let top = 2 * (row % tileRows)
      let left = 0
      let to = y + ((row / tileRows) * OH + top) * line + (o << 2)
      for (let tile = 0; tile < tiles; tile += 4) {
        multiply(v + (tile >> 2) * group, weights, m, Cin, 16)
        const end = m + (min(4, tiles - tile) << 5)
        for (let from = m; from < end; from += 32) {
          transformBack(from, to, across, line, left + 1 < OW, top + 1 < OH)
          transformBack(from + 16, to + 16, across, line, left + 1 < OW, top + 1 < OH)
          left += 2
          to += 2 * across
          if (left < OW) continue
          // The next tile row starts where the last ended, but for an odd column, and the row of y below it.
          to += (OW - left) * across + (top + 1 < OH ? line : 0)
          left = 0
          top += 2
          if (top >= OH) top = 0
        }
      }
    }
  }
}

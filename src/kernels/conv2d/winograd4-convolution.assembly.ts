/**
 * Convolution with 3 x 3 filters by Winograd's F(4 x 4, 3 x 3), y = A' ((G w G') (B' x B)) A: 36 products for a tile of 4 x 4 values of y and each
 * pair of channels where there would be 144, see winograd4.lib.assembly.ts. Otherwise as winograd2-convolution.assembly.ts, which makes tiles of 2 x 2 with 16.
 */
import { multiplyAdd } from '../wasm/multiply-add.lib.assembly'
import { packFilter } from './pack-filter.lib.assembly'
import { multiply } from './winograd-products.lib.assembly'
import { overP, overQ, p1, p2, p3, q1, q2, q3, transformImages } from './winograd4.lib.assembly'

/** Stores G w, six values `step` bytes apart. @inline */
function storeWeights(to: usize, step: i32, w0: v128, w1: v128, w2: v128): void {
  const evenP = f32x4.mul(multiplyAdd(f32x4.splat(p2), w2, w0), f32x4.splat(overP))
  const oddP = f32x4.mul(w1, f32x4.splat(p1 * overP))
  const evenQ = f32x4.mul(multiplyAdd(f32x4.splat(q2), w2, w0), f32x4.splat(overQ))
  const oddQ = f32x4.mul(w1, f32x4.splat(q1 * overQ))
  v128.store(to, w0)
  v128.store(to + step, f32x4.add(evenP, oddP))
  v128.store(to + 2 * step, f32x4.sub(evenP, oddP))
  v128.store(to + 3 * step, f32x4.add(evenQ, oddQ))
  v128.store(to + 4 * step, f32x4.sub(evenQ, oddQ))
  v128.store(to + 5 * step, w2)
}

/** Stores A' m, four values `step` bytes apart. @inline */
function storeOutput(to: usize, step: i32, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): void {
  const evenP = f32x4.add(m1, m2)
  const oddP = f32x4.sub(m1, m2)
  const evenQ = f32x4.add(m3, m4)
  const oddQ = f32x4.sub(m3, m4)
  v128.store(to, f32x4.add(m0, f32x4.add(evenP, evenQ)))
  v128.store(to + step, multiplyAdd(f32x4.splat(p1), oddP, f32x4.mul(f32x4.splat(q1), oddQ)))
  v128.store(to + 2 * step, multiplyAdd(f32x4.splat(p2), evenP, f32x4.mul(f32x4.splat(q2), evenQ)))
  v128.store(to + 3 * step, multiplyAdd(f32x4.splat(p3), oddP, multiplyAdd(f32x4.splat(q3), oddQ, m5)))
}

/** U [36, Cin, 8] of a packed filter [9, Cin, 8]; `columns` holds 18 vectors. */
function transformFilter(filter: usize, to: usize, columns: usize, Cin: i32): void {
  const tap = Cin << 5
  for (const end = filter + tap; filter < end; filter += 16, to += 16) {
    for (let c = 0; c < 3; c++) {
      const from = filter + c * tap
      storeWeights(columns + (c << 4), 48, v128.load(from), v128.load(from + 3 * tap), v128.load(from + 6 * tap))
    }
    for (let r = 0; r < 6; r++) {
      const from = columns + 48 * r
      storeWeights(to + 6 * r * tap, tap, v128.load(from), v128.load(from, 16), v128.load(from, 32))
    }
  }
}

/**
 * One tile of y, four channels, of which there are `wide` columns and `high` rows: A' m A of m [36, 4 tiles, 8 channels]. `rows` holds 28
 * vectors.
 */
function transformBack(m: usize, y: usize, rows: usize, across: i32, line: i32, wide: i32, high: i32): void {
  for (let c = 0; c < 6; c++) {
    const from = m + (c << 7)
    storeOutput(
      rows + (c << 4),
      96,
      v128.load(from),
      v128.load(from, 768),
      v128.load(from, 1536),
      v128.load(from, 2304),
      v128.load(from, 3072),
      v128.load(from, 3840),
    )
  }
  const some = rows + 384
  for (let r = 0; r < high; r++, y += line) {
    const from = rows + 96 * r
    storeOutput(
      wide < 4 ? some : y,
      wide < 4 ? 16 : across,
      v128.load(from),
      v128.load(from, 16),
      v128.load(from, 32),
      v128.load(from, 48),
      v128.load(from, 64),
      v128.load(from, 80),
    )
    if (wide < 4) for (let c = 0; c < wide; c++) v128.store(y + c * across, v128.load(some + (c << 4)))
  }
}

/** Bytes of `scratch` that `winograd4Convolution` needs for parts of `rows` tile rows. */
export function winograd4ConvolutionScratch(rows: i32, W: i32, OW: i32, Cin: i32, Cout: i32): i32 {
  const tileColumns = (OW + 3) / 4
  const groups = (rows * tileColumns + 3) / 4
  const values = 36 * Cin * Cout + 9 * Cin * 8 + W * Cin + 24 * (4 * tileColumns + 2) + 144 * Cin * groups
  return (values << 2) + 5120
}

/**
 * See the top of this file. Writes all of y. With `mirrored`, as `convolution`.
 * @param rows tile rows, of 4 rows of y each, made at a time; those of images that follow each other count on
 */
export function winograd4Convolution(
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
  const block = 36 * (Cin << 5)
  const packed = u + (Cout >> 3) * block
  const zeros = packed + 9 * (Cin << 5)
  memory.fill(zeros, 0, (W * Cin) << 2)
  const tileRows = (OH + 3) / 4
  const tileColumns = (OW + 3) / 4
  const m = zeros + ((W * Cin) << 2)
  const few = m + 4608
  const columns = few + 512
  const v = columns + 96 * (4 * tileColumns + 2)
  const across = Cout << 2
  const line = OW * across
  const group = 36 * (Cin << 4)
  for (let row = 0; row < batch * tileRows; row += rows) {
    const lines = min(rows, batch * tileRows - row)
    const tiles = lines * tileColumns
    // Tiles that are missing to the last four: whatever lay there before may be slow to calculate with.
    if (tiles & 3) memory.fill(v + (tiles >> 2) * group, 0, group)
    transformImages(x, v, zeros, columns, H, W, Cin, tileRows, tileColumns, padTop, padLeft, row, lines, group, Cin << 4, 64)
    for (let o = 0; o < Cout; o += 8) {
      const weights = u + (o >> 3) * block
      if (row == 0) {
        packFilter(filter, packed, 9, Cin, Cout, 8, mirrored, o, o + 8)
        transformFilter(packed, weights, few, Cin)
      }
      let top = 4 * (row % tileRows)
      let left = 0
      let to = y + ((row / tileRows) * OH + top) * line + (o << 2)
      for (let tile = 0; tile < tiles; tile += 4) {
        multiply(v + (tile >> 2) * group, weights, m, Cin, 36)
        const end = m + (min(4, tiles - tile) << 5)
        for (let from = m; from < end; from += 32) {
          const wide = min(4, OW - left)
          const high = min(4, OH - top)
          transformBack(from, to, few, across, line, wide, high)
          transformBack(from + 16, to + 16, few, across, line, wide, high)
          left += 4
          to += wide * across
          if (left < OW) continue
          // The next tile row begins below the last row of this one.
          to += (high - 1) * line
          left = 0
          top += 4
          if (top >= OH) top = 0
        }
      }
    }
  }
}

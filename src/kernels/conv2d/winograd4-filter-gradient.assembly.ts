/**
 * Gradient of 3 x 3 filters by Winograd's F(3 x 3, 4 x 4), dW = A' (sum over the tiles of (B' x B) (G dy G')) A, see winograd4.lib.assembly.ts: 36
 * products for 4 x 4 values of dy. Otherwise as winograd2-filter-gradient.assembly.ts, which takes 2 x 2 values with 16.
 */
import { multiplyAdd } from '../wasm/multiply-add.lib.assembly'
import { addProducts, blockStep, positionStep } from './winograd-steps.lib.assembly'
import { overP, overQ, p1, p2, p3, q1, q2, q3, transformImages } from './winograd4.lib.assembly'

/** Stores G d, six values `step` bytes apart. @inline */
function storeGradient(to: usize, step: i32, d0: v128, d1: v128, d2: v128, d3: v128): void {
  const evenP = f32x4.mul(multiplyAdd(f32x4.splat(p2), d2, d0), f32x4.splat(overP))
  const oddP = multiplyAdd(f32x4.splat(p1 * overP), d1, f32x4.mul(f32x4.splat(p3 * overP), d3))
  const evenQ = f32x4.mul(multiplyAdd(f32x4.splat(q2), d2, d0), f32x4.splat(overQ))
  const oddQ = multiplyAdd(f32x4.splat(q1 * overQ), d1, f32x4.mul(f32x4.splat(q3 * overQ), d3))
  v128.store(to, d0)
  v128.store(to + step, f32x4.add(evenP, oddP))
  v128.store(to + 2 * step, f32x4.sub(evenP, oddP))
  v128.store(to + 3 * step, f32x4.add(evenQ, oddQ))
  v128.store(to + 4 * step, f32x4.sub(evenQ, oddQ))
  v128.store(to + 5 * step, d3)
}

/** Stores A' s, three values `step` bytes apart. @inline */
function storeSums(to: usize, step: i32, s0: v128, s1: v128, s2: v128, s3: v128, s4: v128, s5: v128): void {
  const evenP = f32x4.add(s1, s2)
  const oddP = f32x4.sub(s1, s2)
  const evenQ = f32x4.add(s3, s4)
  const oddQ = f32x4.sub(s3, s4)
  v128.store(to, f32x4.add(s0, f32x4.add(evenP, evenQ)))
  v128.store(to + step, multiplyAdd(f32x4.splat(p1), oddP, f32x4.mul(f32x4.splat(q1), oddQ)))
  v128.store(to + 2 * step, multiplyAdd(f32x4.splat(p2), evenP, multiplyAdd(f32x4.splat(q2), evenQ, s5)))
}

/** Four channels at `at`, or zeros. */
function valueOf(at: usize, inside: bool): v128 {
  return inside ? v128.load(at) : f32x4.splat(0)
}

/**
 * G dy G' as [36, Cout / 8, tiles, 8] of `rows` tile rows from tile row `row` of all images on, `step` bytes for each position, `block` for 8
 * channels. `columns` holds 24 vectors.
 */
function transformGradients(
  dy: usize,
  to: usize,
  columns: usize,
  step: i32,
  block: i32,
  OH: i32,
  OW: i32,
  C: i32,
  row: i32,
  rows: i32,
): void {
  const tileRows = (OH + 3) / 4
  const tileColumns = (OW + 3) / 4
  const pixel = C << 2
  const line = OW * pixel
  for (let k = 0; k < rows; k++) {
    const r = 4 * ((row + k) % tileRows)
    const first = dy + (((row + k) / tileRows) * OH + r) * line
    for (let o = 0; o < C; o += 4) {
      let at = to + (o >> 3) * block + ((k * tileColumns) << 5) + ((o & 4) << 2)
      let from = first + (o << 2)
      for (let c = 0; c < OW; c += 4, from += 4 * pixel, at += 32) {
        for (let j = 0; j < 4; j++) {
          const source = from + j * pixel
          const inside = c + j < OW
          storeGradient(
            columns + (j << 4),
            64,
            valueOf(source, inside),
            valueOf(source + line, inside && r + 1 < OH),
            valueOf(source + 2 * line, inside && r + 2 < OH),
            valueOf(source + 3 * line, inside && r + 3 < OH),
          )
        }
        for (let i = 0; i < 6; i++) {
          const source = columns + (i << 6)
          storeGradient(at + 6 * i * step, step, v128.load(source), v128.load(source, 16), v128.load(source, 32), v128.load(source, 48))
        }
      }
    }
  }
}

/** dW from the sums [36, Cin, Cout]; `rows` holds 18 vectors. */
function transformSums(sums: usize, dw: usize, rows: usize, count: i32): void {
  const step = count << 2
  for (const end = dw + step; dw < end; dw += 16, sums += 16) {
    for (let c = 0; c < 6; c++) {
      const at = sums + c * step
      storeSums(
        rows + (c << 4),
        96,
        v128.load(at),
        v128.load(at + 6 * step),
        v128.load(at + 12 * step),
        v128.load(at + 18 * step),
        v128.load(at + 24 * step),
        v128.load(at + 30 * step),
      )
    }
    for (let r = 0; r < 3; r++) {
      const at = rows + 96 * r
      storeSums(
        dw + 3 * r * step,
        step,
        v128.load(at),
        v128.load(at, 16),
        v128.load(at, 32),
        v128.load(at, 48),
        v128.load(at, 64),
        v128.load(at, 80),
      )
    }
  }
}

/** Bytes of `scratch` that `winograd4FilterGradient` needs for parts of `rows` tile rows. */
export function winograd4FilterGradientScratch(rows: i32, W: i32, OW: i32, Cin: i32, Cout: i32): i32 {
  const tileColumns = (OW + 3) / 4
  const tiles = rows * tileColumns
  const values = 36 * Cin * Cout + W * Cin + 24 * (4 * tileColumns + 2) + 96
  return (values << 2) + 36 * (positionStep(tiles, Cin, 4) + positionStep(tiles, Cout, 8))
}

/**
 * See the top of this file. Writes all of dw [3, 3, Cin, Cout].
 * @param rows tile rows, of 4 rows of dy each, transformed at a time; those of images that follow each other count on
 */
export function winograd4FilterGradient(
  x: usize,
  dy: usize,
  dw: usize,
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
  rows: i32,
): void {
  const sums = scratch
  const count = Cin * Cout
  memory.fill(sums, 0, 36 * (count << 2))
  const zeros = sums + 36 * (count << 2)
  memory.fill(zeros, 0, (W * Cin) << 2)
  const tileRows = (OH + 3) / 4
  const tileColumns = (OW + 3) / 4
  const few = zeros + ((W * Cin) << 2)
  const columns = few + 384
  const v = columns + 96 * (4 * tileColumns + 2)
  for (let row = 0; row < batch * tileRows; row += rows) {
    const lines = min(rows, batch * tileRows - row)
    const tiles = lines * tileColumns
    const xBlock = blockStep(tiles, 4)
    const yBlock = blockStep(tiles, 8)
    const xStep = positionStep(tiles, Cin, 4)
    const yStep = positionStep(tiles, Cout, 8)
    const d = v + 36 * xStep
    transformImages(x, v, zeros, columns, H, W, Cin, tileRows, tileColumns, padTop, padLeft, row, lines, 64, xStep, xBlock)
    transformGradients(dy, d, few, yStep, yBlock, OH, OW, Cout, row, lines)
    addProducts(v, d, sums, 36, tiles, Cin, Cout)
  }
  transformSums(sums, dw, few, count)
}

/**
 * Gradient of 3 x 3 filters by Winograd's F(3 x 3, 2 x 2), see winograd2.lib.assembly.ts: dW = A' (sum over the tiles of V D) A, where D = G dy G'
 * of 2 x 2 values of dy. Channels are multiples of 8. The factor 1/2 in the middle rows of G is left to the end.
 */
import { addProducts, blockStep, positionStep } from './winograd-steps.lib.assembly'
import { transformImages } from './winograd2.lib.assembly'

/** D of one tile, four channels. */
function storeGradient(to: usize, step: i32, a0: v128, a1: v128, b0: v128, b1: v128): void {
  storeGradientRow(to, step, a0, a1)
  storeGradientRow(to + 4 * step, step, f32x4.add(a0, b0), f32x4.add(a1, b1))
  storeGradientRow(to + 8 * step, step, f32x4.sub(a0, b0), f32x4.sub(a1, b1))
  storeGradientRow(to + 12 * step, step, b0, b1)
}

function storeGradientRow(to: usize, step: i32, a0: v128, a1: v128): void {
  v128.store(to, a0)
  v128.store(to + step, f32x4.add(a0, a1))
  v128.store(to + 2 * step, f32x4.sub(a0, a1))
  v128.store(to + 3 * step, a1)
}

/** D [16, Cout / 8, tiles, 8] of `rows` tile rows from tile row `row` of all images on, `step` bytes for each position, `block` for 8 channels. */
function transformGradients(dy: usize, to: usize, step: i32, block: i32, OH: i32, OW: i32, C: i32, row: i32, rows: i32): void {
  const tileRows = (OH + 1) / 2
  const tileColumns = (OW + 1) / 2
  const pixel = C << 2
  const line = OW * pixel
  const zero = f32x4.splat(0)
  for (let k = 0; k < rows; k++) {
    const r = 2 * ((row + k) % tileRows)
    const first = dy + (((row + k) / tileRows) * OH + r) * line
    const high = r + 1 < OH
    for (let o = 0; o < C; o += 4) {
      let at = to + (o >> 3) * block + ((k * tileColumns) << 5) + ((o & 4) << 2)
      let from = first + (o << 2)
      for (let c = 0; c < OW; c += 2, from += 2 * pixel, at += 32) {
        const wide = c + 1 < OW
        storeGradient(
          at,
          step,
          v128.load(from),
          wide ? v128.load(from + pixel) : zero,
          high ? v128.load(from + line) : zero,
          high && wide ? v128.load(from + line + pixel) : zero,
        )
      }
    }
  }
}

/** dW from the sums [16, Cin, Cout]. */
function transformSums(sums: usize, dw: usize, count: i32): void {
  const step = count << 2
  const half = f32x4.splat(0.5)
  for (const end = dw + step; dw < end; dw += 16, sums += 16) {
    for (let column = 0; column < 4; column++) {
      // A' S, in place; the middle columns with their 1/2.
      const at = sums + column * step
      const s1 = v128.load(at + 4 * step)
      const s2 = v128.load(at + 8 * step)
      const even = f32x4.mul(f32x4.add(s1, s2), half)
      const factor = f32x4.splat(column == 1 || column == 2 ? 0.5 : 1)
      v128.store(at, f32x4.mul(f32x4.add(v128.load(at), even), factor))
      v128.store(at + 4 * step, f32x4.mul(f32x4.mul(f32x4.sub(s1, s2), half), factor))
      v128.store(at + 8 * step, f32x4.mul(f32x4.sub(even, v128.load(at + 12 * step)), factor))
    }
    for (let row = 0; row < 3; row++) {
      const at = sums + 4 * row * step
      const to = dw + 3 * row * step
      const s1 = v128.load(at + step)
      const s2 = v128.load(at + 2 * step)
      const even = f32x4.add(s1, s2)
      v128.store(to, f32x4.add(v128.load(at), even))
      v128.store(to + step, f32x4.sub(s1, s2))
      v128.store(to + 2 * step, f32x4.sub(even, v128.load(at + 3 * step)))
    }
  }
}

/** Bytes of `scratch` that `winograd2FilterGradient` needs for parts of `rows` tile rows. */
export function winograd2FilterGradientScratch(rows: i32, W: i32, OW: i32, Cin: i32, Cout: i32): i32 {
  const tiles = rows * ((OW + 1) / 2)
  return ((16 * Cin * Cout + W * Cin) << 2) + 16 * (positionStep(tiles, Cin, 4) + positionStep(tiles, Cout, 8))
}

/**
 * See the top of this file. Writes all of dw [3, 3, Cin, Cout].
 * @param rows tile rows, of 2 rows of dy each, transformed at a time; those of images that follow each other count on
 */
export function winograd2FilterGradient(
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
  memory.fill(sums, 0, count << 6)
  const zeros = sums + (count << 6)
  memory.fill(zeros, 0, (W * Cin) << 2)
  const v = zeros + ((W * Cin) << 2)
  const tileRows = (OH + 1) / 2
  const tileColumns = (OW + 1) / 2
  for (let row = 0; row < batch * tileRows; row += rows) {
    const lines = min(rows, batch * tileRows - row)
    const tiles = lines * tileColumns
    const xBlock = blockStep(tiles, 4)
    const yBlock = blockStep(tiles, 8)
    const xStep = positionStep(tiles, Cin, 4)
    const yStep = positionStep(tiles, Cout, 8)
    const d = v + 16 * xStep
    transformImages(x, zeros, H, W, Cin, tileRows, tileColumns, padTop, padLeft, row, lines, v, 64, xStep, xBlock)
    transformGradients(dy, d, yStep, yBlock, OH, OW, Cout, row, lines)
    addProducts(v, d, sums, 16, tiles, Cin, Cout)
  }
  transformSums(sums, dw, count)
}

/**
 * What Winograd's algorithm with tiles of 6 x 6 values of x needs for a convolution and for the gradient of its filter.
 *
 * The points are 0, p, -p, q, -q with p = 5/7 and q = 7/5. With the usual 1 and 2 errors are four times as large: 4.6e-6 of the largest value
 * instead of 1.2e-6 with 64 channels, 8.1e-6 instead of 2.5e-6 with 256, where plain sums have 0.8e-6 and 1.5e-6.
 */
import { multiplyAdd } from '../wasm/multiply-add.lib.assembly'

// Powers of p and q; p q = 1.
export const p1: f32 = 5 / 7
export const q1: f32 = 7 / 5
export const p2: f32 = 25 / 49
export const q2: f32 = 49 / 25
export const p3: f32 = 125 / 343
export const q3: f32 = 343 / 125

// What the values of G are divided by: 2 p^2 (p^2 - q^2) and the same with p and q exchanged.
export const overP: f32 = 1 / ((50 / 49) * (25 / 49 - 49 / 25))
export const overQ: f32 = 1 / ((98 / 25) * (49 / 25 - 25 / 49))

/** Stores B' d, six values `step` bytes apart. @inline */
function storeInput(to: usize, step: i32, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): void {
  const minusP2 = f32x4.splat(-p2)
  const minusQ2 = f32x4.splat(-q2)
  const both = f32x4.splat(-p2 - q2)
  const evenP = multiplyAdd(minusQ2, d2, d4)
  const oddP = multiplyAdd(minusQ2, d1, d3)
  const evenQ = multiplyAdd(minusP2, d2, d4)
  const oddQ = multiplyAdd(minusP2, d1, d3)
  v128.store(to, multiplyAdd(both, d2, f32x4.add(d0, d4)))
  v128.store(to + step, multiplyAdd(f32x4.splat(p1), oddP, evenP))
  v128.store(to + 2 * step, multiplyAdd(f32x4.splat(-p1), oddP, evenP))
  v128.store(to + 3 * step, multiplyAdd(f32x4.splat(q1), oddQ, evenQ))
  v128.store(to + 4 * step, multiplyAdd(f32x4.splat(-q1), oddQ, evenQ))
  v128.store(to + 5 * step, multiplyAdd(both, d3, f32x4.add(d1, d5)))
}

/** Six vectors of zeros; a call of memory.fill would take longer. @inline */
function storeZeros(to: usize): void {
  const zero = f32x4.splat(0)
  v128.store(to, zero)
  v128.store(to, zero, 16)
  v128.store(to, zero, 32)
  v128.store(to, zero, 48)
  v128.store(to, zero, 64)
  v128.store(to, zero, 80)
}

/** Row `r` of an image, or zeros where there is none. */
function rowOf(image: usize, r: i32, H: i32, line: i32, zeros: usize): usize {
  return <u32>r < <u32>H ? image + r * line : zeros
}

/**
 * V of `rows` tile rows of images that lie one after the other, from tile row `row` of all on: four channels of tile t at (t / 4) groupStep +
 * (t % 4) 16, the next four blockStep further, the next of 36 positions `step` further. `columns` holds 6 vectors for each of a row's columns.
 */
export function transformImages(
  x: usize,
  to: usize,
  zeros: usize,
  columns: usize,
  H: i32,
  W: i32,
  C: i32,
  tileRows: i32,
  tileColumns: i32,
  padTop: i32,
  padLeft: i32,
  row: i32,
  rows: i32,
  groupStep: i32,
  step: i32,
  blockStep: i32,
): void {
  const pixel = C << 2
  const line = W * pixel
  for (let k = 0; k < rows; k++) {
    const image = x + ((row + k) / tileRows) * H * line
    const r = 4 * ((row + k) % tileRows) - padTop
    for (let c = 0; c < pixel; c += 16) {
      // The addresses move along: what is the same for all columns V8 would work out again for each.
      let column = -padLeft
      const last = column + 4 * tileColumns + 2
      let goal = columns
      for (; column < min(0, last); column++, goal += 96) storeZeros(goal)
      const start = c + column * pixel
      let at0 = rowOf(image, r, H, line, zeros) + start
      let at1 = rowOf(image, r + 1, H, line, zeros) + start
      let at2 = rowOf(image, r + 2, H, line, zeros) + start
      let at3 = rowOf(image, r + 3, H, line, zeros) + start
      let at4 = rowOf(image, r + 4, H, line, zeros) + start
      let at5 = rowOf(image, r + 5, H, line, zeros) + start
      for (; column < min(W, last); column++, goal += 96) {
        storeInput(goal, 16, v128.load(at0), v128.load(at1), v128.load(at2), v128.load(at3), v128.load(at4), v128.load(at5))
        at0 += pixel
        at1 += pixel
        at2 += pixel
        at3 += pixel
        at4 += pixel
        at5 += pixel
      }
      for (; column < last; column++, goal += 96) storeZeros(goal)
      let from = columns
      for (let tile = k * tileColumns, last = tile + tileColumns; tile < last; tile++, from += 384) {
        let at = to + (tile >> 2) * groupStep + (c >> 4) * blockStep + ((tile & 3) << 4)
        for (let end = from + 96, f = from; f < end; f += 16, at += 6 * step)
          storeInput(at, step, v128.load(f), v128.load(f, 96), v128.load(f, 192), v128.load(f, 288), v128.load(f, 384), v128.load(f, 480))
      }
    }
  }
}

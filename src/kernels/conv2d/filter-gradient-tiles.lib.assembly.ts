/** Tiles of sums over pixels of products of channels, kept in registers: 4 channels of x by 8 or 4 of dy. */
import { multiplyAdd } from '../wasm/multiply-add.lib.assembly'

/** Adds a row of the tile, 4 or 8 sums, to dW where it has such a row and such columns. */
function addRow(dw: usize, low: v128, high: v128, columns: i32): void {
  if (columns >= 8) {
    v128.store(dw, f32x4.add(v128.load(dw), low))
    v128.store(dw, f32x4.add(v128.load(dw, 16), high), 16)
    return
  }
  if (columns >= 4) v128.store(dw, f32x4.add(v128.load(dw), low))
  const rest = columns >= 4 ? high : low
  const at = columns >= 4 ? dw + 16 : dw
  const left = columns & 3
  if (left > 0) store<f32>(at, load<f32>(at) + f32x4.extract_lane(rest, 0))
  if (left > 1) store<f32>(at, load<f32>(at, 4) + f32x4.extract_lane(rest, 1), 4)
  if (left > 2) store<f32>(at, load<f32>(at, 8) + f32x4.extract_lane(rest, 2), 8)
}

/** One tile of 4 channels of x by 8 of dy, summed over `images` x `rows` x `width` pixels, `pixel` bytes of x each, and added to dW. */
export function tile8(
  x: usize,
  dy: usize,
  dw: usize,
  images: i32,
  rows: i32,
  width: i32,
  pixel: i32,
  xRow: usize,
  xImage: usize,
  stride: usize,
  tileRows: i32,
  tileColumns: i32,
): void {
  let a0 = f32x4.splat(0)
  let a1 = f32x4.splat(0)
  let b0 = f32x4.splat(0)
  let b1 = f32x4.splat(0)
  let c0 = f32x4.splat(0)
  let c1 = f32x4.splat(0)
  let d0 = f32x4.splat(0)
  let d1 = f32x4.splat(0)
  for (let n = 0; n < images; n++, x += xImage) {
    let line = x
    for (let r = 0; r < rows; r++, line += xRow) {
      const end = line + width * pixel
      for (let at = line; at < end; at += pixel, dy += 32) {
        const y0 = v128.load(dy)
        const y1 = v128.load(dy, 16)
        let v = v128.load32_splat(at)
        a0 = multiplyAdd(v, y0, a0)
        a1 = multiplyAdd(v, y1, a1)
        v = v128.load32_splat(at, 4)
        b0 = multiplyAdd(v, y0, b0)
        b1 = multiplyAdd(v, y1, b1)
        v = v128.load32_splat(at, 8)
        c0 = multiplyAdd(v, y0, c0)
        c1 = multiplyAdd(v, y1, c1)
        v = v128.load32_splat(at, 12)
        d0 = multiplyAdd(v, y0, d0)
        d1 = multiplyAdd(v, y1, d1)
      }
    }
  }
  addRow(dw, a0, a1, tileColumns)
  if (tileRows > 1) addRow(dw + stride, b0, b1, tileColumns)
  if (tileRows > 2) addRow(dw + 2 * stride, c0, c1, tileColumns)
  if (tileRows > 3) addRow(dw + 3 * stride, d0, d1, tileColumns)
}

/** The same with 4 channels of dy, for the four classes of the head. */
export function tile4(
  x: usize,
  dy: usize,
  dw: usize,
  images: i32,
  rows: i32,
  width: i32,
  pixel: i32,
  xRow: usize,
  xImage: usize,
  stride: usize,
  tileRows: i32,
  tileColumns: i32,
): void {
  let a = f32x4.splat(0)
  let b = f32x4.splat(0)
  let c = f32x4.splat(0)
  let d = f32x4.splat(0)
  for (let n = 0; n < images; n++, x += xImage) {
    let line = x
    for (let r = 0; r < rows; r++, line += xRow) {
      const end = line + width * pixel
      for (let at = line; at < end; at += pixel, dy += 16) {
        const y = v128.load(dy)
        a = multiplyAdd(v128.load32_splat(at), y, a)
        b = multiplyAdd(v128.load32_splat(at, 4), y, b)
        c = multiplyAdd(v128.load32_splat(at, 8), y, c)
        d = multiplyAdd(v128.load32_splat(at, 12), y, d)
      }
    }
  }
  addRow(dw, a, a, tileColumns)
  if (tileRows > 1) addRow(dw + stride, b, b, tileColumns)
  if (tileRows > 2) addRow(dw + 2 * stride, c, c, tileColumns)
  if (tileRows > 3) addRow(dw + 3 * stride, d, d, tileColumns)
}

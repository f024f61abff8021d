import { multiplyAdd } from '../wasm/multiply-add.assembly'

/**
 * Gradient of the filter of a convolution with stride 1, from x [batch, H, W, Cin] and dy [batch, OH, OW, Cout]:
 *
 *     dW[kr, kc, i, o] = sum over n, r, c of x[n, r + kr - padTop, c + kc - padLeft, i] dy[n, r, c, o].
 *
 * A part of the images is copied into blocks of 4 channels of x, with the border of zeros, and 8 channels of dy, so that the loop over
 * pixels reads both without gaps and without asking where the border is. It keeps a tile of 4 x 8 sums in registers. Channels that are
 * missing to a full block are zeros. With fewer than 4 channels of x (the image itself) the taps take the place of the channels.
 */

/** Channels `from` to `from + width` of one pixel, zeros beyond `channels`. */
function copyChannels(source: usize, to: usize, from: i32, channels: i32, width: i32): void {
  for (let c = 0; c < width; c++) store<f32>(to + (c << 2), from + c < channels ? load<f32>(source + ((from + c) << 2)) : 0)
}

/** x of `rows` + kh - 1 rows of `images` images, from row `row` - padTop on, as [Cin / 4, images, rows + kh - 1, W + kw - 1, 4]. */
function packImages(
  x: usize,
  to: usize,
  images: i32,
  H: i32,
  W: i32,
  C: i32,
  row: i32,
  rows: i32,
  padTop: i32,
  padLeft: i32,
  paddedWidth: i32,
): void {
  for (let from = 0; from < C; from += 4)
    for (let n = 0; n < images; n++)
      for (let r = row - padTop; r < row - padTop + rows; r++) {
        if (r < 0 || r >= H) {
          memory.fill(to, 0, paddedWidth << 4)
          to += paddedWidth << 4
          continue
        }
        memory.fill(to, 0, padLeft << 4)
        to += padLeft << 4
        const width = min(W, paddedWidth - padLeft)
        let source = x + (((n * H + r) * W * C) << 2)
        if (from + 4 <= C) {
          source += from << 2
          for (let c = 0; c < width; c++, to += 16, source += C << 2) v128.store(to, v128.load(source))
        } else for (let c = 0; c < width; c++, to += 16, source += C << 2) copyChannels(source, to, from, C, 4)
        const right = (paddedWidth - padLeft - width) << 4
        memory.fill(to, 0, right)
        to += right
      }
}

/** The kh x kw neighbourhoods of few channels, as [taps / 4, images, rows, OW, 4]: channel t of a pixel is tap (kr kw + kc) Cin + i. */
function packTaps(
  x: usize,
  to: usize,
  images: i32,
  H: i32,
  W: i32,
  C: i32,
  row: i32,
  rows: i32,
  OW: i32,
  kh: i32,
  kw: i32,
  padTop: i32,
  padLeft: i32,
): void {
  const taps = kh * kw * C
  const block = (images * rows * OW) << 4
  for (let t = 0; t < ((taps + 3) / 4) * 4; t++) {
    const kr = t / (kw * C)
    const kc = (t / C) % kw
    const i = t % C
    let at = to + (t / 4) * block + ((t & 3) << 2)
    for (let n = 0; n < images; n++)
      for (let r = row; r < row + rows; r++) {
        const y = r + kr - padTop
        const source = x + (((n * H + y) * W * C + i) << 2)
        const inside = t < taps && y >= 0 && y < H
        for (let c = kc - padLeft; c < kc - padLeft + OW; c++, at += 16)
          store<f32>(at, inside && c >= 0 && c < W ? load<f32>(source + ((c * C) << 2)) : 0)
      }
  }
}

/** dy of `rows` rows of `images` images as [Cout / width, images, rows, OW, width]; width is 8, or 4 where there are no more channels. */
function packGradients(dy: usize, to: usize, images: i32, OH: i32, OW: i32, C: i32, row: i32, rows: i32, width: i32): void {
  for (let from = 0; from < C; from += width)
    for (let n = 0; n < images; n++) {
      let source = dy + (((n * OH + row) * OW * C) << 2)
      const end = source + ((rows * OW * C) << 2)
      if (from + width <= C) {
        for (; source < end; source += C << 2, to += width << 2) {
          v128.store(to, v128.load(source + (from << 2)))
          if (width == 8) v128.store(to, v128.load(source + (from << 2), 16), 16)
        }
      } else for (; source < end; source += C << 2, to += width << 2) copyChannels(source, to, from, C, width)
    }
}

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

/** One tile of 4 channels of x by 8 of dy, summed over `images` x `rows` x `width` pixels and added to dW. */
function tile8(
  x: usize,
  dy: usize,
  dw: usize,
  images: i32,
  rows: i32,
  width: i32,
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
      const end = line + (width << 4)
      for (let at = line; at < end; at += 16, dy += 32) {
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
function tile4(
  x: usize,
  dy: usize,
  dw: usize,
  images: i32,
  rows: i32,
  width: i32,
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
      const end = line + (width << 4)
      for (let at = line; at < end; at += 16, dy += 16) {
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

/** Bytes of `scratch` that `filterGradient` needs for parts of `images` images of `rows` rows of dy. */
export function filterGradientScratch(images: i32, rows: i32, OW: i32, Cin: i32, Cout: i32, kh: i32, kw: i32): i32 {
  const few = Cin < 4
  const blocks = ((few ? kh * kw * Cin : Cin) + 3) / 4
  const xPixels = few ? rows * OW : (rows + kh - 1) * (OW + kw - 1)
  return images * (blocks * xPixels * 16 + ((Cout + 7) / 8) * 8 * rows * OW * 4)
}

/**
 * See the top of this file. Writes all of dw [kh, kw, Cin, Cout].
 * @param images number of images packed at a time, each whole unless it is 1
 * @param rows rows of dy packed at a time
 */
export function filterGradient(
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
  kh: i32,
  kw: i32,
  padTop: i32,
  padLeft: i32,
  images: i32,
  rows: i32,
): void {
  memory.fill(dw, 0, (kh * kw * Cin * Cout) << 2)
  const few = Cin < 4
  const channels = few ? kh * kw * Cin : Cin
  const width = Cout <= 4 ? 4 : 8
  const stride = Cout << 2
  const tapRows = few ? 1 : kh
  const tapColumns = few ? 1 : kw
  for (let n = 0; n < batch; n += images) {
    const count = min(images, batch - n)
    for (let row = 0; row < OH; row += rows) {
      const lines = min(rows, OH - row)
      const xLines = few ? lines : lines + kh - 1
      const xWidth = few ? OW : OW + kw - 1
      const xBlock = (count * xLines * xWidth) << 4
      const yPacked = scratch + ((channels + 3) / 4) * xBlock
      const yBlock = (count * lines * OW * width) << 2
      const image = x + ((n * H * W * Cin) << 2)
      if (few) packTaps(image, scratch, count, H, W, Cin, row, lines, OW, kh, kw, padTop, padLeft)
      else packImages(image, scratch, count, H, W, Cin, row, xLines, padTop, padLeft, xWidth)
      packGradients(dy + ((n * OH * OW * Cout) << 2), yPacked, count, OH, OW, Cout, row, lines, width)
      for (let i = 0; i < channels; i += 4)
        for (let o = 0; o < Cout; o += width) {
          const xs = scratch + (i / 4) * xBlock
          const ys = yPacked + (o / width) * yBlock
          for (let kr = 0; kr < tapRows; kr++)
            for (let kc = 0; kc < tapColumns; kc++) {
              const from = xs + ((kr * xWidth + kc) << 4)
              const to = dw + ((((kr * kw + kc) * Cin + i) * Cout + o) << 2)
              const left = channels - i
              if (width == 8) tile8(from, ys, to, count, lines, OW, xWidth << 4, (xLines * xWidth) << 4, stride, left, Cout - o)
              else tile4(from, ys, to, count, lines, OW, xWidth << 4, (xLines * xWidth) << 4, stride, left, Cout - o)
            }
        }
    }
  }
}

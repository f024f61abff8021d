import { tile4, tile8 } from './filter-gradient-tiles.lib.assembly'

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

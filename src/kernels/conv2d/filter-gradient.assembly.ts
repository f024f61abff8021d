import { tile4, tile8 } from './filter-gradient-tiles.lib.assembly'
import { packRows } from './pack-rows.lib.assembly'

/**
 * Gradient of the filter of a convolution with stride 1, from x [batch, H, W, Cin] and dy [batch, OH, OW, Cout]:
 *
 *     dW[kr, kc, i, o] = sum over n, r, c of x[n, r + kr - padTop, c + kc - padLeft, i] dy[n, r, c, o].
 *
 * A part of the images is copied into blocks of 4 channels of x, with the border of zeros, and 8 channels of dy, so that the loop over
 * pixels reads both without gaps and without asking where the border is. It keeps a tile of 4 x 8 sums in registers. Channels that are
 * missing to a full block are zeros. With fewer than 4 channels of x (the image itself) the values
 * under one row of the filter, which lie together, take the place of the channels.
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

/** Bytes of x when packed. */
function packedBytes(images: i32, rows: i32, OW: i32, Cin: i32, kh: i32, kw: i32): i32 {
  const pixels = images * (rows + kh - 1) * (OW + kw - 1)
  return Cin < 4 ? (pixels * (Cin << 2) + 15) & ~15 : ((Cin + 3) / 4) * (pixels << 4)
}

/** Bytes of `scratch` that `filterGradient` needs for parts of `images` images of `rows` rows of dy. */
export function filterGradientScratch(images: i32, rows: i32, OW: i32, Cin: i32, Cout: i32, kh: i32, kw: i32): i32 {
  return packedBytes(images, rows, OW, Cin, kh, kw) + images * ((Cout + 7) / 8) * 8 * rows * OW * 4
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
  // Of x: values that make a block of channels, blocks under a row of the filter, bytes of a pixel.
  const channels = few ? kw * Cin : Cin
  const taps = few ? 1 : kw
  const pixel = few ? Cin << 2 : 16
  const width = Cout <= 4 ? 4 : 8
  const stride = Cout << 2
  const xWidth = OW + kw - 1
  const xRow = xWidth * pixel
  for (let n = 0; n < batch; n += images) {
    const count = min(images, batch - n)
    for (let row = 0; row < OH; row += rows) {
      const lines = min(rows, OH - row)
      const xLines = lines + kh - 1
      const xImage = xLines * xRow
      const yPacked = scratch + packedBytes(count, lines, OW, Cin, kh, kw)
      const yBlock = (count * lines * OW * width) << 2
      const image = x + ((n * H * W * Cin) << 2)
      if (few)
        for (let k = 0; k < count; k++)
          packRows(image + ((k * H * W * Cin) << 2), scratch + k * xImage, H, W, Cin, row - padTop, xLines, padLeft, xWidth)
      else packImages(image, scratch, count, H, W, Cin, row, xLines, padTop, padLeft, xWidth)
      packGradients(dy + ((n * OH * OW * Cout) << 2), yPacked, count, OH, OW, Cout, row, lines, width)
      for (let i = 0; i < channels; i += 4)
        for (let o = 0; o < Cout; o += width) {
          const xs = few ? scratch + (i << 2) : scratch + (i / 4) * count * xImage
          const ys = yPacked + (o / width) * yBlock
          for (let kr = 0; kr < kh; kr++)
            for (let kc = 0; kc < taps; kc++) {
              const from = xs + kr * xRow + kc * pixel
              const to = dw + ((((kr * kw + kc) * Cin + i) * Cout + o) << 2)
              const left = channels - i
              if (width == 8) tile8(from, ys, to, count, lines, OW, pixel, xRow, xImage, stride, left, Cout - o)
              else tile4(from, ys, to, count, lines, OW, pixel, xRow, xImage, stride, left, Cout - o)
            }
        }
    }
  }
}

/** Turns the session's arrays into pixels. Every array holds one value per pixel of a square picture, row-major. */
import { viridis, type Palette, type Rgb } from '../image/palette'
import { unknown } from '../image/raster'

type Bytes = Uint8Array

/** Opacity of a colour over the grey of a live picture. */
export const tint = 0.6

/** What the painters need of an ImageData: four bytes per pixel. */
export type Pixels = Pick<ImageData, 'data'>

interface Box {
  x: number
  y: number
  width: number
  height: number
}

function put(to: Pixels, i: number, r: number, g: number, b: number): void {
  const at = i * 4
  to.data[at] = r
  to.data[at + 1] = g
  to.data[at + 2] = b
  to.data[at + 3] = 255
}

const blend = (to: Pixels, i: number, grey: number, [r, g, b]: Rgb, alpha: number) =>
  put(to, i, grey + alpha * (r - grey), grey + alpha * (g - grey), grey + alpha * (b - grey))

export function paintGrey(to: Pixels, grey: Bytes): void {
  for (let i = 0; i < grey.length; i++) put(to, i, grey[i]!, grey[i]!, grey[i]!)
}

/** Lays the classes in their colours over a grey picture; background and classes without a colour stay as they are. @param alpha 0..1 */
export function tintLabels(to: Pixels, labels: Bytes, palette: Palette, alpha: number): void {
  for (let i = 0; i < labels.length; i++) {
    const colour = labels[i] === 0 ? undefined : palette[labels[i]!]
    if (colour) blend(to, i, to.data[i * 4]!, colour, alpha)
  }
}

/** The grey of a pixel that nothing is learnt from: darkened, and struck through by lighter diagonals. */
const struck = (grey: number, i: number, width: number): number => grey * ((i + Math.floor(i / width)) % 4 === 0 ? 0.75 : 0.45)

/** The image with its unknown pixels struck through. */
export const strikeUnknown = (grey: Bytes, labels: Bytes, width: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(grey, (v, i) => (labels[i] === unknown ? struck(v, i, width) : v))

/** The image with what is unknown (`known` 0) struck through. */
export function paintKnown(to: Pixels, grey: Bytes, known: Bytes, width: number): void {
  for (let i = 0; i < grey.length; i++) {
    const v = known[i] === 0 ? struck(grey[i]!, i, width) : grey[i]!
    put(to, i, v, v, v)
  }
}

/** 0..255 in viridis. */
export function paintConfidence(to: Pixels, confidence: Bytes): void {
  for (let i = 0; i < confidence.length; i++) {
    const at = confidence[i]! * 3
    put(to, i, viridis[at]!, viridis[at + 1]!, viridis[at + 2]!)
  }
}

/** A mask in white, through which the image still shows; outside it the image is dark and struck through. It has no colour, because it is not a class. */
export function paintMask(to: Pixels, grey: Bytes, mask: Bytes, width: number): void {
  for (let i = 0; i < grey.length; i++) {
    const v = mask[i] !== 0 ? 255 - (255 - grey[i]!) * 0.35 : struck(40 + grey[i]! * 0.25, i, width)
    put(to, i, v, v, v)
  }
}

/** Where `differ` is set the image is tinted; the rest is darkened. */
export function paintDisagreement(to: Pixels, grey: Bytes, differ: Bytes, colour: Rgb): void {
  for (let i = 0; i < grey.length; i++) {
    if (differ[i] !== 0) blend(to, i, grey[i]!, colour, tint)
    else put(to, i, grey[i]! * 0.25, grey[i]! * 0.25, grey[i]! * 0.25)
  }
}

/** The edge of a box, two pixels white and two black, which shows on any grey. @param size of the picture's side */
export function paintBox(to: Pixels, { x, y, width, height }: Box, size: number): void {
  for (let i = 0; i < width; i++)
    for (let j = 0; j < height; j++) {
      if (i > 0 && j > 0 && i < width - 1 && j < height - 1) continue
      const v = ((i + j) & 2) === 0 ? 255 : 0
      put(to, (y + j) * size + x + i, v, v, v)
    }
}

/** Cells in a row of the picture of channels. */
const mostInRow = 32

/** Shades of a kept channel, a dropped one, and what is between them. */
const [kept, gone, between] = [225, 85, 25]

/**
 * The channels of all levels as cells, the finest level above: light, or dark where they were dropped (1). Rows of a level touch, and levels are
 * apart. @param side of the picture, at least 64 pixels
 */
export function paintChannels(to: Pixels, levels: readonly Bytes[], side: number): void {
  for (let i = 0; i < side * side; i++) put(to, i, between, between, between)
  const rowsOf = ({ length }: Bytes) => Math.ceil(length / mostInRow)
  const rows = levels.reduce((sum, level) => sum + rowsOf(level), 0)
  const gap = 4
  const rowHeight = (side - gap * (levels.length + 1)) / rows
  let top = gap
  for (const level of levels) {
    const inRow = Math.min(mostInRow, level.length)
    level.forEach((dropped, c) => {
      const [column, row] = [c % inRow, Math.floor(c / inRow)]
      const v = dropped ? gone : kept
      const [left, right] = [Math.round((column * side) / inRow), Math.round(((column + 1) * side) / inRow) - 1]
      const [upper, lower] = [
        Math.round(top + row * rowHeight),
        Math.max(1 + Math.round(top + row * rowHeight), Math.round(top + (row + 1) * rowHeight) - 1),
      ]
      for (let y = upper; y < lower; y++) for (let x = left; x < right; x++) put(to, y * side + x, v, v, v)
    })
    top += rowsOf(level) * rowHeight + gap
  }
}

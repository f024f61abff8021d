/** From the session's arrays to pixels. Every array holds one value per pixel of the square picture, row-major. */
import { viridis, type Palette, type Rgb } from '../image/palette'

type Bytes = Uint8Array

/** How much of a class's colour lies over the grey. */
const tint = 0.6

/** What the painters need of an ImageData: four bytes per pixel. */
export type Pixels = Pick<ImageData, 'data'>

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

/** Classes in their colours over the image; background and classes without a colour stay grey. */
export function paintLabels(to: Pixels, grey: Bytes, labels: Bytes, palette: Palette, alpha = tint): void {
  for (let i = 0; i < grey.length; i++) {
    const colour = labels[i] === 0 ? undefined : palette[labels[i]!]
    if (colour) blend(to, i, grey[i]!, colour, alpha)
    else put(to, i, grey[i]!, grey[i]!, grey[i]!)
  }
}

/** As labels, but what is unknown (`known` 0) is darkened and struck through. */
export function paintKnown(to: Pixels, grey: Bytes, labels: Bytes, known: Bytes, width: number, palette: Palette): void {
  paintLabels(to, grey, labels, palette)
  for (let i = 0; i < grey.length; i++) {
    if (known[i] !== 0) continue
    const v = grey[i]! * ((i + Math.floor(i / width)) % 4 === 0 ? 0.75 : 0.45)
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

/** Where `mask` is set the image shines in `colour`; the rest is dark. */
export function paintMask(to: Pixels, grey: Bytes, mask: Bytes, colour: Rgb): void {
  for (let i = 0; i < grey.length; i++) {
    if (mask[i] !== 0) blend(to, i, grey[i]!, colour, tint)
    else put(to, i, grey[i]! * 0.25, grey[i]! * 0.25, grey[i]! * 0.25)
  }
}

/** Which part of a picture the networks see, and what it looks like to them; shared by training and its preview. */
import { crop, normalise, resizeLinear, type Raster, type Rect } from './raster'
import { shareOf } from './window'

/** The settings that decide it, named as in method/config: region and crop in shares, window in the units of the file. */
export interface Framing {
  size: number
  crop: number
  regionX: number
  regionY: number
  regionWidth: number
  regionHeight: number
  windowCenter: number
  windowWidth: number
}

/** What must be known about a picture. */
export interface Extent {
  width: number
  height: number
  /** Millimetres per column and per row, or null. */
  spacing: readonly [number, number] | null
}

/** Which part of a picture the networks see, and where it lies in their square input. */
export interface Frame {
  /** In pixels of the picture. */
  rect: Rect
  /** In pixels of the input, size x size; what is outside is black and background. */
  inner: Rect
}

/** The central part of the region of interest, in pixels, at least one. With unequal spacing the central part is square in millimetres. */
function rectOf({ width, height, spacing }: Extent, config: Framing): Rect {
  const left = Math.min(width - 1, Math.round(config.regionX * width))
  const top = Math.min(height - 1, Math.round(config.regionY * height))
  const w = Math.max(1, Math.min(width - left, Math.round(config.regionWidth * width)))
  const h = Math.max(1, Math.min(height - top, Math.round(config.regionHeight * height)))
  if (config.crop >= 1) return { x: left, y: top, width: w, height: h }
  const ratio = spacing ? spacing[1] / spacing[0] : 1
  const side = config.crop * Math.min(w, h * ratio)
  const [cw, ch] = [Math.max(1, Math.floor(side)), Math.max(1, Math.floor(side / ratio))]
  return { x: left + Math.floor((w - cw) / 2), y: top + Math.floor((h - ch) / 2), width: cw, height: ch }
}

/** The longest visible side of any picture, in millimetres: all are drawn to this one scale. Null if none has a spacing. */
export function fieldOf(pictures: readonly Extent[], config: Framing): number | null {
  let longest = 0
  for (const picture of pictures) {
    if (!picture.spacing) continue
    const { width, height } = rectOf(picture, config)
    longest = Math.max(longest, width * picture.spacing[0], height * picture.spacing[1])
  }
  return longest > 0 ? longest : null
}

/**
 * Where a picture goes: proportions are kept, and so is the scale, which all pictures with a known spacing share.
 * @param field what `fieldOf` gives for all pictures; a picture without spacing fills the input
 */
export function frameOf(extent: Extent, config: Framing, field: number | null): Frame {
  const { size } = config
  const rect = rectOf(extent, config)
  const [sx, sy] = extent.spacing ?? [1, 1]
  const [w, h] = [rect.width * sx, rect.height * sy]
  const longest = extent.spacing && field !== null ? Math.max(field, w, h) : Math.max(w, h)
  const side = (length: number) => Math.max(1, Math.min(size, Math.round((size * length) / longest)))
  const [width, height] = [side(w), side(h)]
  return { rect, inner: { x: Math.floor((size - width) / 2), y: Math.floor((size - height) / 2), width, height } }
}

/** Cut, resampled and normalised as the networks see it: size x size, [0, 1]. */
export function prepareImage(image: Raster, { rect, inner }: Frame, config: Framing): Float32Array<ArrayBuffer> {
  const { size, windowCenter, windowWidth } = config
  const seen = resizeLinear(crop(image, rect), inner.width, inner.height)
  const pixels = windowWidth > 0 ? seen.pixels.map((v) => shareOf(v, windowCenter, windowWidth)) : normalise(seen).pixels
  if (inner.width === size && inner.height === size) return pixels
  const out = new Float32Array(size * size)
  for (let y = 0; y < inner.height; y++) out.set(pixels.subarray(y * inner.width, (y + 1) * inner.width), (inner.y + y) * size + inner.x)
  return out
}

import type { LabelMap } from '../image/raster'
import { crop, cropLabels, resizeLabels, resizeLinear } from '../image/raster'
import type { Extent, Frame } from '../image/frame'
import type { Config } from '../method/config'

/** The same for labels, nearest neighbour: size x size. */
export function prepareLabels(map: LabelMap, { rect, inner }: Frame, { size }: Config): Uint8Array<ArrayBuffer> {
  const { labels } = resizeLabels(cropLabels(map, rect), inner.width, inner.height)
  if (inner.width === size && inner.height === size) return labels
  const out = new Uint8Array(size * size)
  for (let y = 0; y < inner.height; y++) out.set(labels.subarray(y * inner.width, (y + 1) * inner.width), (inner.y + y) * size + inner.x)
  return out
}

/** What these two do, in words, for those who use the weights elsewhere. */
export function preprocessingText(config: Config, field: number | null): string {
  const { size, crop: share, windowCenter, windowWidth } = config
  const region = [config.regionX, config.regionY, config.regionWidth, config.regionHeight]
  const whole = region.join() === '0,0,1,1'
  const part = [
    ...(whole ? [] : [`region of interest, x, y, width, height as shares of the image: ${region.join(', ')}`]),
    ...(share < 1 ? [`central square of ${share} times the shorter side`] : []),
    `resampled (bilinear, antialiased) into the middle of ${size} x ${size}, proportions kept, black beside it` +
      (field === null ? '' : `, where images have a spacing at ${Number(field.toPrecision(6))} mm for ${size} pixels`),
    windowWidth > 0
      ? `window with centre ${windowCenter} and width ${windowWidth} mapped to 0..1`
      : 'quantiles 0.01 and 0.995 mapped to 0 and 1, values beyond cut off',
  ]
  return `${part.join('; ')}. Masks: nearest neighbour about pixel centres.`.replace(/^./, (c) => c.toUpperCase())
}

/** Values in [0, 1] as 0..255. */
export const toBytes = (pixels: Float32Array): Uint8Array<ArrayBuffer> => Uint8Array.from(pixels, (v) => Math.round(v * 255))

/** One value per pixel of the networks' input, back in the size of the picture; `outside` where the networks saw nothing. */
export function mapToSource(
  plane: Float32Array<ArrayBuffer>,
  { width, height }: Extent,
  { rect, inner }: Frame,
  size: number,
  outside: number,
): Float32Array<ArrayBuffer> {
  const seen = resizeLinear(crop({ width: size, height: size, pixels: plane }, inner), rect.width, rect.height)
  const out = new Float32Array(width * height).fill(outside)
  for (let y = 0; y < rect.height; y++) out.set(seen.pixels.subarray(y * rect.width, (y + 1) * rect.width), (rect.y + y) * width + rect.x)
  return out
}

/** Class per pixel in the size of the picture, from class probabilities size x size x C; background where the networks saw nothing. */
export function toSource(probabilities: Float32Array, extent: Extent, frame: Frame, classes: number, size: number): LabelMap {
  const { width, height } = extent
  const { rect, inner } = frame
  const best = new Float32Array(rect.width * rect.height).fill(-1)
  const labels = new Uint8Array(width * height)
  for (let c = 0; c < classes; c++) {
    const plane = new Float32Array(size * size)
    for (let i = 0; i < plane.length; i++) plane[i] = probabilities[i * classes + c]!
    const { pixels } = resizeLinear(crop({ width: size, height: size, pixels: plane }, inner), rect.width, rect.height)
    for (let y = 0, i = 0; y < rect.height; y++) {
      const row = (rect.y + y) * width + rect.x
      for (let x = 0; x < rect.width; x++, i++)
        if (pixels[i]! > best[i]!) {
          best[i] = pixels[i]!
          labels[row + x] = c
        }
    }
  }
  return { width, height, labels }
}

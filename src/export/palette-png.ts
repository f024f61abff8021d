import { encode } from 'fast-png'
import { rgbOf } from '../image/palette'
import type { LabelMap } from '../image/raster'

/**
 * A label map as a PNG of 8 bits with a palette: the index is the class, the colour only for display.
 * @param colors one "#rrggbb" for each class, background first
 * @throws Error if a class has no colour, or a colour is not "#rrggbb"
 */
export function writePalettePng({ width, height, labels }: LabelMap, colors: readonly string[]): Uint8Array<ArrayBuffer> {
  const palette = colors.map((color) => [...rgbOf(color)])
  let highest = 0
  for (const label of labels) if (label > highest) highest = label
  if (highest >= colors.length || colors.length > 256) throw new Error(`A mask with class ${highest} cannot have ${colors.length} colors.`)
  return new Uint8Array(encode({ width, height, data: labels, depth: 8, channels: 1, palette }))
}

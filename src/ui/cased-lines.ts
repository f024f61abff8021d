/** Lines that are visible on any grey: colour on white on black. On mid-grey anatomy, colour alone has too little contrast. */
import { outlineOf } from '../image/outlines'
import type { Palette } from '../image/palette'

/** A CSS colour, and what is drawn in it. */
export interface ColouredPath {
  path: Path2D
  color: string
}

/** Strokes all paths: every casing lies under every colour, so that neighbours do not cover one another. @param width of the colour, in `unit`s */
export function strokeCased(context: CanvasRenderingContext2D, paths: readonly ColouredPath[], width: number, unit = 1): void {
  const stroke = (wide: number, style?: string) => {
    context.lineWidth = wide * unit
    for (const { path, color } of paths) {
      context.strokeStyle = style ?? color
      context.stroke(path)
    }
  }
  stroke(width + 2.5, 'rgb(0 0 0 / 85%)')
  stroke(width + 1, 'white')
  stroke(width)
}

/** Runs as `outlineOf` gives them. */
export function pathOf(runs: readonly number[], scale = 1): Path2D {
  const path = new Path2D()
  for (let i = 0; i < runs.length; i += 4) {
    path.moveTo(runs[i]! * scale, runs[i + 1]! * scale)
    path.lineTo(runs[i + 2]! * scale, runs[i + 3]! * scale)
  }
  return path
}

/** The outlines of all classes but background. @param scale canvas pixels per pixel of the label map */
export const outlinesOf = (labels: Uint8Array, width: number, height: number, palette: Palette, scale: number): ColouredPath[] =>
  palette
    .map((rgb, index) => ({
      path: pathOf(index === 0 ? [] : outlineOf(labels, width, height, index), scale),
      color: `rgb(${rgb.join(' ')})`,
    }))
    .slice(1)

import type { LabelMap } from '../image/raster'
import { Changes, type Limit, type Patch, type Pen } from './patch'
import type { Point } from './drawable'

/** Diameter in pixels. */
export const brushSizes = { min: 1, max: 100 } as const

/**
 * The middle of a brush near a place: of a pixel for odd diameters, of a corner for even ones. So a brush of size 1 is one pixel wherever
 * in that pixel the user points, and discs are symmetric.
 */
export function snap({ x, y }: Point, size: number): Point {
  return size % 2 === 1 ? { x: Math.floor(x) + 0.5, y: Math.floor(y) + 0.5 } : { x: Math.round(x), y: Math.round(y) }
}

/** Calls back for each pixel of a width x height image whose centre is at most `size` / 2 from the line, row by row. */
function eachNear(width: number, height: number, from: Point, to: Point, size: number, visit: (x: number, y: number) => void): void {
  const radius = size / 2
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const square = dx * dx + dy * dy
  const right = Math.min(width, Math.ceil(Math.max(from.x, to.x) + radius))
  const bottom = Math.min(height, Math.ceil(Math.max(from.y, to.y) + radius))
  for (let y = Math.max(0, Math.floor(Math.min(from.y, to.y) - radius)); y < bottom; y++)
    for (let x = Math.max(0, Math.floor(Math.min(from.x, to.x) - radius)); x < right; x++) {
      const [px, py] = [x + 0.5 - from.x, y + 0.5 - from.y]
      const along = square === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / square))
      const [ex, ey] = [px - along * dx, py - along * dy]
      // 1e-9 for rounding, so that a disc is the same wherever its middle is.
      if (ex * ex + ey * ey <= radius * radius + 1e-9) visit(x, y)
    }
}

/** What a round brush changes on its way from one place to the next: the union of the discs along the line between them. */
export function brush(mask: LabelMap, pen: Pen, from: Point, to: Point, size: number): Patch | null {
  const changes = new Changes(mask)
  eachNear(mask.width, mask.height, snap(from, size), snap(to, size), size, (x, y) => changes.paint(x, y, pen))
  return changes.patch()
}

/**
 * The range of values that a threshold brush takes from where it is first put down: mean ± 2.5 standard deviations of the pixels under a
 * disc of at most 7 pixels (a larger one would reach into the neighbouring tissue), at least ± 2 % of the window's width.
 * Null where there is no value.
 */
export function rangeAround(
  image: Omit<LabelMap, 'labels'>,
  values: Float32Array,
  at: Point,
  size: number,
  windowWidth: number,
): Omit<Limit, 'values'> | null {
  const found: number[] = []
  const disc = Math.min(size, 7)
  const middle = snap(at, disc)
  eachNear(image.width, image.height, middle, middle, disc, (x, y) => {
    const value = values[y * image.width + x]!
    if (Number.isFinite(value)) found.push(value)
  })
  if (found.length === 0) return null
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length
  const variance = found.reduce((sum, value) => sum + (value - mean) ** 2, 0) / found.length
  const reach = Math.max(2.5 * Math.sqrt(variance), 0.02 * windowWidth)
  return { low: mean - reach, high: mean + reach }
}

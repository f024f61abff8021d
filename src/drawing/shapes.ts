/** Shapes between two corners. */
import type { LabelMap } from '../image/raster'
import { Changes, type Patch, type Pen } from './patch'
import type { Point } from './drawable'

/** The corners of a rectangle in order, from any two that face each other. */
export const cornersOf = (a: Point, b: Point): [low: Point, high: Point] => [
  { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y) },
  { x: Math.max(a.x, b.x), y: Math.max(a.y, b.y) },
]

function paintInside(mask: LabelMap, pen: Pen, a: Point, b: Point, inside: (x: number, y: number) => boolean): Patch | null {
  const [low, high] = cornersOf(a, b)
  const changes = new Changes(mask)
  // Pixels whose centre is between the corners.
  const right = Math.min(mask.width, Math.ceil(high.x - 0.5))
  const bottom = Math.min(mask.height, Math.ceil(high.y - 0.5))
  for (let y = Math.max(0, Math.ceil(low.y - 0.5)); y < bottom; y++)
    for (let x = Math.max(0, Math.ceil(low.x - 0.5)); x < right; x++) if (inside(x + 0.5, y + 0.5)) changes.paint(x, y, pen)
  return changes.patch()
}

/** Pixels whose centre is in the rectangle between two corners. */
export const rectangle = (mask: LabelMap, pen: Pen, a: Point, b: Point): Patch | null => paintInside(mask, pen, a, b, () => true)

/** Pixels whose centre is in the ellipse that the rectangle between two corners holds. */
export function ellipse(mask: LabelMap, pen: Pen, a: Point, b: Point): Patch | null {
  const [low, high] = cornersOf(a, b)
  const [cx, cy] = [(low.x + high.x) / 2, (low.y + high.y) / 2]
  const [rx, ry] = [(high.x - low.x) / 2, (high.y - low.y) / 2]
  return paintInside(mask, pen, a, b, (x, y) => ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1)
}

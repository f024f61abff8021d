/** Shapes from one pixel to another. */
import type { LabelMap, Rect } from '../image/raster'
import type { Point } from './drawable'
import { Changes, type Patch, type Pen } from './patch'

/** The pixels from the one at a place to the one at another, both with it. */
export function boxBetween(a: Point, b: Point): Rect {
  const [x, y] = [Math.floor(Math.min(a.x, b.x)), Math.floor(Math.min(a.y, b.y))]
  return { x, y, width: Math.floor(Math.max(a.x, b.x)) + 1 - x, height: Math.floor(Math.max(a.y, b.y)) + 1 - y }
}

function paintInside(mask: LabelMap, pen: Pen, box: Rect, inside: (x: number, y: number) => boolean): Patch | null {
  const changes = new Changes(mask)
  const right = Math.min(mask.width, box.x + box.width)
  const bottom = Math.min(mask.height, box.y + box.height)
  for (let y = Math.max(0, box.y); y < bottom; y++)
    for (let x = Math.max(0, box.x); x < right; x++) if (inside(x + 0.5, y + 0.5)) changes.paint(x, y, pen)
  return changes.patch()
}

/** All pixels from one to another. */
export const rectangle = (mask: LabelMap, pen: Pen, a: Point, b: Point): Patch | null =>
  paintInside(mask, pen, boxBetween(a, b), () => true)

/** Pixels whose centre is in the ellipse that touches the sides of that rectangle. */
export function ellipse(mask: LabelMap, pen: Pen, a: Point, b: Point): Patch | null {
  const box = boxBetween(a, b)
  const [rx, ry] = [box.width / 2, box.height / 2]
  return paintInside(mask, pen, box, (x, y) => ((x - box.x - rx) / rx) ** 2 + ((y - box.y - ry) / ry) ** 2 <= 1)
}

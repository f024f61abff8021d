/** Tools that change a whole region at once. Regions are connected through the four sides of a pixel, so a thin diagonal line holds. */
import type { LabelMap } from '../image/raster'
import { Changes, type Patch, type Pen } from './patch'
import { background, type Point } from './drawable'

/** Which pixels can be reached from the seeds through passable pixels: 1 for reached. */
function reach(width: number, height: number, seeds: Iterable<number>, passes: (index: number) => boolean): Uint8Array {
  const reached = new Uint8Array(width * height)
  const waiting = new Int32Array(width * height)
  let n = 0
  const visit = (index: number) => {
    if (reached[index] === 1 || !passes(index)) return
    reached[index] = 1
    waiting[n++] = index
  }
  for (const seed of seeds) visit(seed)
  while (n > 0) {
    const index = waiting[--n]!
    const x = index % width
    if (x > 0) visit(index - 1)
    if (x < width - 1) visit(index + 1)
    if (index >= width) visit(index - width)
    if (index + width < width * height) visit(index + width)
  }
  return reached
}

function paintWhere(mask: LabelMap, pen: Pen, chosen: (index: number) => boolean): Patch | null {
  const changes = new Changes(mask)
  for (let y = 0, i = 0; y < mask.height; y++) for (let x = 0; x < mask.width; x++, i++) if (chosen(i)) changes.paint(x, y, pen)
  return changes.patch()
}

/** Index of the pixel at a place, null outside the image. */
export function indexAt({ width, height }: Omit<LabelMap, 'labels'>, { x, y }: Point): number | null {
  const [i, j] = [Math.floor(x), Math.floor(y)]
  return i >= 0 && j >= 0 && i < width && j < height ? j * width + i : null
}

/** The connected region of one label around a place gets the pen's label. */
export function fill(mask: LabelMap, pen: Pen, at: Point): Patch | null {
  const seed = indexAt(mask, at)
  if (seed === null) return null
  const label = mask.labels[seed]
  const reached = reach(mask.width, mask.height, [seed], (i) => mask.labels[i] === label)
  return paintWhere(mask, pen, (i) => reached[i] === 1)
}

/** The connected region around a place whose values differ from the value there by at most `tolerance`. */
export function flood(mask: LabelMap, pen: Pen, values: Float32Array, at: Point, tolerance: number): Patch | null {
  const seed = indexAt(mask, at)
  if (seed === null) return null
  const value = values[seed]!
  const reached = reach(mask.width, mask.height, [seed], (i) => Math.abs(values[i]! - value) <= tolerance)
  return paintWhere(mask, pen, (i) => reached[i] === 1)
}

/**
 * Background that cannot reach the border of the image without crossing the pen's label gets that label. Other labels inside stay: filling
 * a ring of heart muscle must not overwrite the cavity inside it.
 */
export function fillHoles(mask: LabelMap, pen: Pen): Patch | null {
  const { width, height, labels } = mask
  const border: number[] = []
  for (let x = 0; x < width; x++) border.push(x, (height - 1) * width + x)
  for (let y = 0; y < height; y++) border.push(y * width, y * width + width - 1)
  const open = reach(width, height, border, (i) => labels[i] !== pen.label)
  return paintWhere(mask, pen, (i) => open[i] === 0 && labels[i] === background)
}

/** Pixels whose centre is inside the closed polygon, by the even-odd rule. */
export function polygon(mask: LabelMap, pen: Pen, points: readonly Point[]): Patch | null {
  const changes = new Changes(mask)
  const ys = points.map(({ y }) => y)
  const bottom = Math.min(mask.height, Math.ceil(Math.max(...ys)))
  for (let y = Math.max(0, Math.floor(Math.min(...ys))); y < bottom; y++) {
    const middle = y + 0.5
    const crossings: number[] = []
    points.forEach((a, k) => {
      const b = points[(k + 1) % points.length]!
      if (a.y <= middle !== b.y <= middle) crossings.push(a.x + ((middle - a.y) / (b.y - a.y)) * (b.x - a.x))
    })
    crossings.sort((a, b) => a - b)
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const end = Math.min(mask.width, Math.ceil(crossings[k + 1]! - 0.5))
      for (let x = Math.max(0, Math.ceil(crossings[k]! - 0.5)); x < end; x++) changes.paint(x, y, pen)
    }
  }
  return changes.patch()
}

/** Everything gets the pen's label. */
export const paintAll = (mask: LabelMap, pen: Pen): Patch | null => paintWhere(mask, pen, () => true)

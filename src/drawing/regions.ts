/** Tools that change a whole region at once. Regions are connected through the four sides of a pixel, so a thin diagonal line holds. */
import type { LabelMap, Rect } from '../image/raster'
import { Changes, type Patch, type Pen } from './patch'
import { background, type Point } from './drawable'

interface Reached {
  /** 1 for each pixel that is reached. */
  map: Uint8Array
  /** Encloses these, tightly; empty if there are none. */
  box: Rect
}

/** Which pixels can be reached from the seeds through passable pixels, row by row: a run of a row at a time is many times as fast as a pixel. */
function reach(width: number, height: number, seeds: Iterable<number>, passes: (index: number) => boolean): Reached {
  const map = new Uint8Array(width * height)
  const waiting: number[] = []
  let [left, right, top, bottom] = [width, -1, height, -1]
  /** Keeps the first pixel of each run between two pixels of a row. */
  const look = (from: number, to: number) => {
    let within = false
    for (let i = from; i <= to; i++) {
      const open = map[i] === 0 && passes(i)
      if (open && !within) waiting.push(i)
      within = open
    }
  }
  for (const seed of seeds) look(seed, seed)
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (map[index] === 1) continue
    const y = Math.floor(index / width)
    const [first, last] = [y * width, (y + 1) * width - 1]
    let [from, to] = [index, index]
    while (from > first && map[from - 1] === 0 && passes(from - 1)) from--
    while (to < last && map[to + 1] === 0 && passes(to + 1)) to++
    map.fill(1, from, to + 1)
    left = Math.min(left, from - first)
    right = Math.max(right, to - first)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
    if (y > 0) look(from - width, to - width)
    if (y < height - 1) look(from + width, to + width)
  }
  return { map, box: { x: left, y: top, width: Math.max(0, right - left + 1), height: Math.max(0, bottom - top + 1) } }
}

/** Paints the chosen pixels of a part of the mask, or of all of it. */
function paintWhere(mask: LabelMap, pen: Pen, chosen: (index: number) => boolean, within?: Rect): Patch | null {
  const changes = new Changes(mask)
  const { x: left, y: top, width, height } = within ?? { x: 0, y: 0, width: mask.width, height: mask.height }
  for (let y = top; y < top + height; y++)
    for (let x = left, i = y * mask.width + left; x < left + width; x++, i++) if (chosen(i)) changes.paint(x, y, pen)
  return changes.patch()
}

const paintReached = (mask: LabelMap, pen: Pen, { map, box }: Reached): Patch | null => paintWhere(mask, pen, (i) => map[i] === 1, box)

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
  return paintReached(
    mask,
    pen,
    reach(mask.width, mask.height, [seed], (i) => mask.labels[i] === label),
  )
}

/** The connected region around a place whose values differ from the value there by at most `tolerance`. */
export function flood(mask: LabelMap, pen: Pen, values: Float32Array, at: Point, tolerance: number): Patch | null {
  const seed = indexAt(mask, at)
  if (seed === null) return null
  const value = values[seed]!
  return paintReached(
    mask,
    pen,
    reach(mask.width, mask.height, [seed], (i) => Math.abs(values[i]! - value) <= tolerance),
  )
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
  const { map: open } = reach(width, height, border, (i) => labels[i] !== pen.label)
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

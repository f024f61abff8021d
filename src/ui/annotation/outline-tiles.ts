import type { LabelMap, Rect } from '../../image/raster'
import { background } from '../../drawing/drawable'
import { outlineOf } from '../../image/outlines'

/** Side of a tile in pixels. A stroke touches a few of them; the outlines of a whole 1024 x 1024 mask take about ten milliseconds. */
export const tileSide = 64

/**
 * The outlines of each label in one tile, as runs in pixels of the whole picture; see `outlineOf`. An edge between two tiles is in both.
 * Background has none.
 */
export function tileOutlines({ width, height, labels }: LabelMap, tile: Rect): Map<number, number[]> {
  const found = new Map<number, number[]>()
  // One pixel more all round, to see where labels end at the tile's edge; background outside the picture.
  const [w, h] = [tile.width + 2, tile.height + 2]
  const part = new Uint8Array(w * h)
  const present = new Set<number>()
  for (let y = 0; y < h; y++) {
    const row = tile.y + y - 1
    if (row < 0 || row >= height) continue
    for (let x = 0; x < w; x++) {
      const column = tile.x + x - 1
      if (column < 0 || column >= width) continue
      const label = labels[row * width + column]!
      part[y * w + x] = label
      present.add(label)
    }
  }
  present.delete(background)
  for (const label of present) {
    const runs = outlineOf(part, w, h, label)
    const kept: number[] = []
    for (let i = 0; i < runs.length; i += 4) {
      // Runs along the outside of the margin are not edges of labels; the others are cut to the tile.
      const [x0, y0, x1, y1] = [runs[i]!, runs[i + 1]!, runs[i + 2]!, runs[i + 3]!]
      if (x0 === x1 ? x0 === 0 || x0 === w : y0 === 0 || y0 === h) continue
      const [left, right] = [Math.max(1, x0), Math.min(w - 1, x1)]
      const [top, bottom] = [Math.max(1, y0), Math.min(h - 1, y1)]
      if (left === right && top === bottom) continue
      if (left > right || top > bottom) continue
      kept.push(left + tile.x - 1, top + tile.y - 1, right + tile.x - 1, bottom + tile.y - 1)
    }
    if (kept.length > 0) found.set(label, kept)
  }
  return found
}

/** Outlines of classes, drawn between pixels, at the resolution of the screen. */

/**
 * The border of class `index` as horizontal and vertical runs between pixel corners, four numbers each: x0, y0, x1, y1.
 * Pixels outside the picture belong to no class.
 */
export function outlineOf(labels: Uint8Array, width: number, height: number, index: number): number[] {
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && labels[y * width + x] === index
  const runs: number[] = []
  for (let y = 0; y <= height; y++)
    for (let x = 0, from = -1; x <= width; x++) {
      const edge = x < width && inside(x, y) !== inside(x, y - 1)
      if (edge && from < 0) from = x
      if (!edge && from >= 0) {
        runs.push(from, y, x, y)
        from = -1
      }
    }
  for (let x = 0; x <= width; x++)
    for (let y = 0, from = -1; y <= height; y++) {
      const edge = y < height && inside(x, y) !== inside(x - 1, y)
      if (edge && from < 0) from = y
      if (!edge && from >= 0) {
        runs.push(x, from, x, y)
        from = -1
      }
    }
  return runs
}

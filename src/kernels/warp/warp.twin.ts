/**
 * A geometric transform of square images, in pixels: the output at (column, row) takes the input at
 *
 *   x = a column + b row + c + bendX(column, row),   y = d column + e row + f + bendY(column, row).
 *
 * `affine` holds a .. f. `bend` holds the 5 x 5 values of bendX, then of bendY, on a grid from the first to the last
 * pixel, bicubic in between; zeros for no bending.
 */
export interface Warp {
  affine: Float32Array
  bend: Float32Array
}
export const affineLength = 6
/** Points of the grid along one side. */
export const gridSide = 5
export const bendLength = 2 * gridSide * gridSide

/** Keys of the cubic convolution that PyTorch's bicubic interpolation uses, a = -0.75. */
function cubic(t: number): [number, number, number, number] {
  const a = -0.75
  const near = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1
  const far = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
  return [far(1 + t), near(t), near(1 - t), far(2 - t)]
}

interface Taps {
  /** For each pixel along a side, four grid points (those beyond the ends repeat the last) and their weights. */
  points: Int32Array
  weights: Float64Array
}
const tapsOfSize = new Map<number, Taps>()

/** The taps of a side of `size` pixels on the grid, corners aligned; computed once per size. */
function tapsOf(size: number): Taps {
  let taps = tapsOfSize.get(size)
  if (taps) return taps
  taps = { points: new Int32Array(4 * size), weights: new Float64Array(4 * size) }
  const cells = gridSide - 1
  for (let i = 0; i < size; i++) {
    const at = (i * cells) / Math.max(1, size - 1)
    const cell = Math.min(Math.floor(at), cells - 1)
    taps.weights.set(cubic(at - cell), 4 * i)
    for (let k = 0; k < 4; k++) taps.points[4 * i + k] = Math.min(cells, Math.max(0, cell - 1 + k))
  }
  tapsOfSize.set(size, taps)
  return taps
}

/**
 * Prepares the source positions of output rows: the returned function writes those of row `row` to `x` and `y`,
 * [size] each. Row by row, so that callers pay only for the rows they need.
 */
export function positionsOf(size: number, { affine, bend }: Warp): (row: number, x: Float64Array, y: Float64Array) => void {
  const [a, b, c, d, e, f] = affine as unknown as [number, number, number, number, number, number]
  if (bend.every((v) => v === 0))
    return (row, x, y) => {
      for (let column = 0; column < size; column++) {
        x[column] = a * column + b * row + c
        y[column] = d * column + e * row + f
      }
    }
  const { points, weights } = tapsOf(size)
  // The rows of both grids, interpolated along x.
  const bentX = new Float64Array(gridSide * size)
  const bentY = new Float64Array(gridSide * size)
  for (let line = 0; line < gridSide; line++) {
    const start = line * gridSide
    for (let column = 0, at = line * size; column < size; column++, at++)
      for (let k = 4 * column; k < 4 * column + 4; k++) {
        bentX[at]! += weights[k]! * bend[start + points[k]!]!
        bentY[at]! += weights[k]! * bend[gridSide * gridSide + start + points[k]!]!
      }
  }
  return (row, x, y) => {
    const k = 4 * row
    const [w0, w1, w2, w3] = [weights[k]!, weights[k + 1]!, weights[k + 2]!, weights[k + 3]!]
    const [r0, r1, r2, r3] = [points[k]! * size, points[k + 1]! * size, points[k + 2]! * size, points[k + 3]! * size]
    for (let i = 0; i < size; i++) {
      const across = w0 * bentX[r0 + i]! + w1 * bentX[r1 + i]! + w2 * bentX[r2 + i]! + w3 * bentX[r3 + i]!
      const down = w0 * bentY[r0 + i]! + w1 * bentY[r1 + i]! + w2 * bentY[r2 + i]! + w3 * bentY[r3 + i]!
      x[i] = a * i + b * row + c + across
      y[i] = d * i + e * row + f + down
    }
  }
}

/** Gamma, gain and offset of v -> clamp(v^gamma gain + offset); this one changes nothing in [0, 1]. */
export const plainTone = [1, 1, 0] as const

/** Twin for one image: bilinear, with the nearest edge pixel beyond the border; then `tone` is applied. */
export function warpImage(image: Float32Array, out: Float32Array, size: number, warp: Warp, tone: ArrayLike<number> = plainTone): void {
  const [gamma, gain, offset] = [tone[0]!, tone[1]!, tone[2]!]
  const place = positionsOf(size, warp)
  const x = new Float64Array(size)
  const y = new Float64Array(size)
  const last = size - 1
  for (let row = 0, i = 0; row < size; row++) {
    place(row, x, y)
    for (let column = 0; column < size; column++, i++) {
      const px = x[column]! < 0 ? 0 : x[column]! > last ? last : x[column]!
      const py = y[column]! < 0 ? 0 : y[column]! > last ? last : y[column]!
      const x0 = px | 0
      const y0 = py | 0
      const x1 = x0 < last ? x0 + 1 : last
      const u = px - x0
      const v = py - y0
      const upper = y0 * size
      const lower = y0 < last ? upper + size : upper
      const top = image[upper + x0]! * (1 - u) + image[upper + x1]! * u
      const bottom = image[lower + x0]! * (1 - u) + image[lower + x1]! * u
      const value = top * (1 - v) + bottom * v
      const toned = (gamma === 1 ? value : value ** gamma) * gain + offset
      out[i] = toned < 0 ? 0 : toned > 1 ? 1 : toned
    }
  }
}

/**
 * Twin for one label map, -1 where unknown: sampled at the nearest pixel; beyond the border is background, 0, unless the edge pixel there,
 * which the image repeats, is unknown.
 */
export function warpLabels(labels: Float32Array, out: Float32Array, size: number, warp: Warp): void {
  const place = positionsOf(size, warp)
  const x = new Float64Array(size)
  const y = new Float64Array(size)
  const last = size - 1
  for (let row = 0, i = 0; row < size; row++) {
    place(row, x, y)
    for (let column = 0; column < size; column++, i++) {
      const px = Math.floor(x[column]! + 0.5)
      const py = Math.floor(y[column]! + 0.5)
      const inside = px >= 0 && py >= 0 && px <= last && py <= last
      const label = labels[Math.min(last, Math.max(0, py)) * size + Math.min(last, Math.max(0, px))]!
      out[i] = inside || label < 0 ? label : 0
    }
  }
}

/** The rows of the tables to render, from `first` on. */
export interface Rows {
  first: number
  count: number
}

import type { Random } from '../lib/random'

/**
 * A geometric transform of a square image, as sampling positions: output pixel i takes the input at (x[i], y[i]), in pixels, corners
 * not aligned. The same warp is applied to image and mask, bilinear and nearest.
 */
export interface Warp {
  x: Float32Array
  y: Float32Array
}

export interface WarpRange {
  /** Degrees either way. */
  rotation: number
  /** From 1 / scale to scale. */
  scale: number
  /** Share of the side, either way. */
  shift: number
  /** Amplitude of a smooth random displacement, in half sides. */
  elastic: number
  /** Quarter turns and mirroring with probability 1/2 each. */
  flip: boolean
}

/** Keys of the cubic convolution that PyTorch's bicubic interpolation uses, a = -0.75. */
function cubic(t: number): [number, number, number, number] {
  const a = -0.75
  const near = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1
  const far = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
  return [far(1 + t), near(t), near(1 - t), far(2 - t)]
}

/** A 5 x 5 grid of values enlarged to size x size, bicubic, corners aligned. */
function smooth(grid: Float32Array, size: number): Float32Array {
  const n = 5
  const positions = Array.from({ length: size }, (_, i) => {
    const at = (i * (n - 1)) / Math.max(1, size - 1)
    const base = Math.min(Math.floor(at), n - 2)
    return { base, weights: cubic(at - base) }
  })
  const clamp = (i: number) => Math.min(n - 1, Math.max(0, i))
  const rows = new Float32Array(n * size)
  for (let y = 0; y < n; y++)
    positions.forEach(({ base, weights }, x) => {
      for (let k = 0; k < 4; k++) rows[y * size + x]! += weights[k]! * grid[y * n + clamp(base - 1 + k)]!
    })
  const out = new Float32Array(size * size)
  positions.forEach(({ base, weights }, y) => {
    for (let k = 0; k < 4; k++) {
      const row = clamp(base - 1 + k) * size
      for (let x = 0; x < size; x++) out[y * size + x]! += weights[k]! * rows[row + x]!
    }
  })
  return out
}

/** Draws a warp for images of `size` x `size`. */
export function drawWarp(random: Random, size: number, range: WarpRange): Warp {
  const angle = (random.uniform(-range.rotation, range.rotation) * Math.PI) / 180
  const ky = random.logUniform(range.scale)
  const kx = range.scale > 1 ? ky * Math.exp(random.uniform(-0.1, 0.1)) : ky
  const tx = random.uniform(-2, 2) * range.shift
  const ty = random.uniform(-2, 2) * range.shift
  const quarters = range.flip && random.chance(0.5) ? random.integer(4) : 0
  const mirror = range.flip && random.chance(0.5) ? -1 : 1
  const turn = angle + (quarters * Math.PI) / 2
  const cos = Math.cos(turn)
  const sin = Math.sin(turn)
  let bendX: Float32Array | null = null
  let bendY: Float32Array | null = null
  if (range.elastic > 0) {
    const draw = () =>
      smooth(
        Float32Array.from({ length: 25 }, () => random.uniform(-1, 1) * range.elastic),
        size,
      )
    bendX = draw()
    bendY = draw()
  }
  const x = new Float32Array(size * size)
  const y = new Float32Array(size * size)
  for (let row = 0, i = 0; row < size; row++) {
    const v = (2 * row + 1) / size - 1
    for (let column = 0; column < size; column++, i++) {
      const u = mirror * ((2 * column + 1) / size - 1)
      const sx = (cos * u) / kx - (sin * v) / kx + tx + (bendX ? bendX[i]! : 0)
      const sy = (sin * u) / ky + (cos * v) / ky + ty + (bendY ? bendY[i]! : 0)
      x[i] = ((sx + 1) * size - 1) / 2
      y[i] = ((sy + 1) * size - 1) / 2
    }
  }
  return { x, y }
}

/** Samples an image bilinearly; beyond the border the nearest edge pixel counts. */
export function warpImage(image: Float32Array, size: number, { x, y }: Warp): Float32Array {
  const out = new Float32Array(size * size)
  const last = size - 1
  for (let i = 0; i < out.length; i++) {
    const px = Math.min(last, Math.max(0, x[i]!))
    const py = Math.min(last, Math.max(0, y[i]!))
    const x0 = Math.floor(px)
    const y0 = Math.floor(py)
    const x1 = Math.min(last, x0 + 1)
    const y1 = Math.min(last, y0 + 1)
    const u = px - x0
    const v = py - y0
    const top = image[y0 * size + x0]! * (1 - u) + image[y0 * size + x1]! * u
    const bottom = image[y1 * size + x0]! * (1 - u) + image[y1 * size + x1]! * u
    out[i] = top * (1 - v) + bottom * v
  }
  return out
}

/** Samples a label map at the nearest pixel; beyond the border is background. */
export function warpLabels(labels: Uint8Array, size: number, { x, y }: Warp): Uint8Array {
  const out = new Uint8Array(size * size)
  for (let i = 0; i < out.length; i++) {
    const px = Math.round(x[i]!)
    const py = Math.round(y[i]!)
    if (px >= 0 && py >= 0 && px < size && py < size) out[i] = labels[py * size + px]!
  }
  return out
}

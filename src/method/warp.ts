import * as warping from '../kernels/warp/warp.twin'
import { affineLength, bendLength, type Warp } from '../kernels/warp/warp.twin'
import type { Random } from '../lib/random'

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

/** Draws a warp for images of `size` x `size`: mirrored, turned, scaled, shifted, then bent. Image and mask are warped by the same one. */
export function drawWarp(random: Random, size: number, range: WarpRange): Warp {
  const angle = (random.uniform(-range.rotation, range.rotation) * Math.PI) / 180
  const ky = random.logUniform(range.scale)
  const kx = range.scale > 1 ? ky * Math.exp(random.uniform(-0.1, 0.1)) : ky
  const tx = random.uniform(-2, 2) * range.shift
  const ty = random.uniform(-2, 2) * range.shift
  const quarters = range.flip && random.chance(0.5) ? random.integer(4) : 0
  const mirror = range.flip && random.chance(0.5) ? -1 : 1
  const turn = angle + (quarters * Math.PI) / 2
  const half = size / 2
  const bend = new Float32Array(bendLength)
  if (range.elastic > 0) for (let i = 0; i < bend.length; i++) bend[i] = random.uniform(-1, 1) * range.elastic * half
  // About the centre of the image, from which the shift is counted in half sides.
  const centre = (size - 1) / 2
  const [a, b] = [(Math.cos(turn) / kx) * mirror, -Math.sin(turn) / kx]
  const [d, e] = [(Math.sin(turn) / ky) * mirror, Math.cos(turn) / ky]
  const affine = new Float32Array(affineLength)
  affine.set([a, b, tx * half + centre * (1 - a - b), d, e, ty * half + centre * (1 - d - e)])
  return { affine, bend }
}

/** A warped copy of an image in [0, 1]: bilinear; beyond the border the nearest edge pixel counts. */
export function warpImage(image: Float32Array, size: number, warp: Warp): Float32Array {
  const out = new Float32Array(size * size)
  warping.warpImage(image, out, size, warp)
  return out
}

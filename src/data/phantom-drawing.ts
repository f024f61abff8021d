/** What both phantoms draw with: soft-edged shapes in millimetres, smooth noise, blur. */
import type { Random } from '../lib/random'

/** A region of the plane; lengths in millimetres, x to the right, y down. */
export interface Shape {
  /** A circle around the whole region. */
  x: number
  y: number
  reach: number
  /** About how far inside the region a point lies; negative outside. */
  depth(x: number, y: number): number
}

/** How far the outline of a blob bulges in and out: for each harmonic from the second on, its share of the radius and its phase. */
export type Wobble = readonly { share: number; phase: number }[]

/** Harmonics 2 .. 1 + count whose shares fall as 1/k from `share`. */
export function wobble(random: Random, share: number, count = 4): Wobble {
  return Array.from({ length: count }, (_, i) => ({ share: (random.normal() * share) / (i + 1), phase: random.uniform(0, 2 * Math.PI) }))
}

/** Steps around an outline. They are even along a diamond rather than a circle, which saves an arctangent per pixel. */
const steps = 128

/** Position of a direction on the diamond |u| + |v| = 1, from 0 to `steps`. */
function stepOf(u: number, v: number): number {
  const a = u / (Math.abs(u) + Math.abs(v))
  return ((v >= 0 ? 1 - a : 3 + a) * steps) / 4
}

/** The radius at each step around. */
function outline(uneven: Wobble): Float32Array {
  const radius = new Float32Array(steps + 1).fill(1)
  if (uneven.length > 0)
    for (let i = 0; i <= steps; i++) {
      const q = (4 * i) / steps
      const a = q <= 2 ? 1 - q : q - 3
      const theta = Math.atan2(q <= 2 ? 1 - Math.abs(a) : Math.abs(a) - 1, a)
      const r = uneven.reduce((sum, { share, phase }, k) => sum + share * Math.cos((k + 2) * theta + phase), 1)
      radius[i] = Math.max(0.3, r)
    }
  return radius
}

/** An ellipse with radii rx and ry, turned by `angle` radians, with an uneven outline. */
export function blob(x: number, y: number, rx: number, ry: number, angle = 0, uneven: Wobble = []): Shape {
  const radius = outline(uneven)
  const [c, s] = [Math.cos(angle), Math.sin(angle)]
  const smallest = Math.min(rx, ry)
  return {
    x,
    y,
    reach: radius.reduce((a, b) => Math.max(a, b)) * Math.max(rx, ry),
    depth(px, py) {
      const dx = px - x
      const dy = py - y
      const u = (c * dx + s * dy) / rx
      const v = (c * dy - s * dx) / ry
      const rho = Math.sqrt(u * u + v * v)
      if (rho < 1e-6) return smallest
      const at = stepOf(u, v)
      const i = Math.min(steps - 1, Math.floor(at))
      const r = radius[i]! + (radius[i + 1]! - radius[i]!) * (at - i)
      // Distance along the ray from the centre.
      return ((r - rho) * Math.sqrt(dx * dx + dy * dy)) / rho
    },
  }
}

/** The same region grown by this many millimetres; shrunk if negative. */
export const grow = (a: Shape, by: number): Shape => ({ ...a, reach: a.reach + Math.max(0, by), depth: (x, y) => a.depth(x, y) + by })

/** What is in `a` but not in `b`. */
export const minus = (a: Shape, b: Shape): Shape => ({ ...a, depth: (x, y) => Math.min(a.depth(x, y), -b.depth(x, y)) })

/** What is in both. */
export const both = (a: Shape, b: Shape): Shape => ({ ...a, depth: (x, y) => Math.min(a.depth(x, y), b.depth(x, y)) })

/** What is in either. */
export const either = (a: Shape, b: Shape): Shape => ({
  ...a,
  reach: Math.max(a.reach, Math.hypot(b.x - a.x, b.y - a.y) + b.reach),
  depth: (x, y) => Math.max(a.depth(x, y), b.depth(x, y)),
})

/** A smooth random function of the plane, about -1..1, whose bumps are about `wavelength` millimetres wide. */
export function smoothNoise(random: Random, wavelength: number): (x: number, y: number) => number {
  const side = 32
  const lattice = Float32Array.from({ length: side * side }, () => random.uniform(-1, 1) * 1.5)
  return (x, y) => {
    const u = x / wavelength + side * 64
    const v = y / wavelength + side * 64
    const i = Math.floor(u)
    const j = Math.floor(v)
    const p = u - i
    const q = v - j
    const a = p * p * (3 - 2 * p)
    const b = q * q * (3 - 2 * q)
    const left = i % side
    const right = (i + 1) % side
    const top = (j % side) * side
    const bottom = ((j + 1) % side) * side
    const upper = lattice[top + left]! + (lattice[top + right]! - lattice[top + left]!) * a
    const lower = lattice[bottom + left]! + (lattice[bottom + right]! - lattice[bottom + left]!) * a
    return upper + (lower - upper) * b
  }
}

/** Where the anatomy lies in the picture: millimetres across it, degrees, shift in millimetres, and a smooth warp. */
export interface Pose {
  fieldOfView: number
  rotation: number
  shiftX: number
  shiftY: number
  /** Largest displacement of the warp in millimetres, and its two components, -1..1. */
  warp: number
  warpX: (x: number, y: number) => number
  warpY: (x: number, y: number) => number
}

type Tone = number | ((x: number, y: number) => number)

/** A square picture under construction: tissue brightness and class of each pixel, drawn in the coordinates of the anatomy. */
export class Canvas {
  readonly tones: Float32Array<ArrayBuffer>
  readonly labels: Uint8Array<ArrayBuffer>
  /** Millimetres per pixel. */
  readonly pixel: number
  private readonly xs: Float32Array
  private readonly ys: Float32Array

  constructor(
    readonly size: number,
    background: number,
    private readonly pose: Pose,
  ) {
    const n = size * size
    this.tones = new Float32Array(n).fill(background)
    this.labels = new Uint8Array(n)
    this.pixel = pose.fieldOfView / size
    this.xs = new Float32Array(n)
    this.ys = new Float32Array(n)
    const [c, s] = this.turn()
    for (let i = 0; i < n; i++) {
      const px = ((i % size) + 0.5 - size / 2) * this.pixel - pose.shiftX
      const py = (Math.floor(i / size) + 0.5 - size / 2) * this.pixel - pose.shiftY
      const x = c * px + s * py
      const y = c * py - s * px
      this.xs[i] = x + pose.warp * pose.warpX(x, y)
      this.ys[i] = y + pose.warp * pose.warpY(x, y)
    }
  }

  private turn(): [cos: number, sin: number] {
    const angle = (this.pose.rotation * Math.PI) / 180
    return [Math.cos(angle), Math.sin(angle)]
  }

  /** The first and last column and row that a circle of the anatomy can reach under the warp. */
  private box({ x, y, reach }: Shape, edge: number) {
    const { shiftX, shiftY, warp } = this.pose
    const [c, s] = this.turn()
    // The warp's two components stay within 1.5.
    const far = reach + edge + warp * 1.5 * Math.SQRT2
    const at = (mm: number) => Math.min(this.size - 1, Math.max(0, Math.floor(mm / this.pixel + this.size / 2)))
    const [px, py] = [c * x - s * y + shiftX, s * x + c * y + shiftY]
    return { left: at(px - far), right: at(px + far), top: at(py - far), bottom: at(py + far) }
  }

  /** Covers a region, mixing the pixels on its edge by area, and assigns the class to the pixels inside. */
  paint(shape: Shape, tone: Tone, label = 0): void {
    this.cover(shape, tone, this.pixel, (i) => (this.labels[i] = label))
  }

  /** Changes the brightness of a region with an edge this many millimetres soft, leaving the classes unchanged. */
  tint(shape: Shape, tone: Tone, softness = 0): void {
    this.cover(shape, tone, Math.max(this.pixel, softness))
  }

  private cover(shape: Shape, tone: Tone, edge: number, inside?: (i: number) => void): void {
    const { left, right, top, bottom } = this.box(shape, edge)
    const far = (shape.reach + edge) ** 2
    for (let row = top; row <= bottom; row++)
      for (let i = row * this.size + left; i <= row * this.size + right; i++) {
        const x = this.xs[i]!
        const y = this.ys[i]!
        if ((x - shape.x) ** 2 + (y - shape.y) ** 2 > far) continue
        const depth = shape.depth(x, y)
        const alpha = Math.min(1, 0.5 + depth / edge)
        if (alpha <= 0) continue
        const old = this.tones[i]!
        this.tones[i] = old + ((typeof tone === 'number' ? tone : tone(x, y)) - old) * alpha
        if (depth > 0) inside?.(i)
      }
  }

  /** Multiplies every pixel by a function of its place. */
  shade(factor: (x: number, y: number) => number): void {
    for (let i = 0; i < this.tones.length; i++) this.tones[i]! *= factor(this.xs[i]!, this.ys[i]!)
  }
}

/** Blurs a square picture in place by a Gaussian of `sigma` pixels; beyond the edge the last pixel repeats. */
export function blur(pixels: Float32Array, size: number, sigma: number): void {
  const radius = Math.ceil(3 * sigma)
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, k) => Math.exp(-((k - radius) ** 2) / (2 * sigma * sigma)))
  const total = kernel.reduce((a, b) => a + b, 0)
  const line = new Float32Array(size)
  for (const [along, across] of [
    [1, size],
    [size, 1],
  ] as const)
    for (let row = 0; row < size; row++) {
      for (let i = 0; i < size; i++) {
        let sum = 0
        for (let k = -radius; k <= radius; k++)
          sum += kernel[k + radius]! * pixels[row * across + Math.min(size - 1, Math.max(0, i + k)) * along]!
        line[i] = sum / total
      }
      for (let i = 0; i < size; i++) pixels[row * across + i * along] = line[i]!
    }
}

/** Independent standard normal numbers, two per pair of uniform ones (Box and Muller). */
export function normals(random: Random, n: number): Float32Array {
  const out = new Float32Array(n + 1)
  for (let i = 0; i < n; i += 2) {
    const r = Math.sqrt(-2 * Math.log(1 - random.uniform()))
    const angle = 2 * Math.PI * random.uniform()
    out[i] = r * Math.cos(angle)
    out[i + 1] = r * Math.sin(angle)
  }
  return out.subarray(0, n)
}

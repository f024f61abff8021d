import { blurImage } from '../../kernels/blur/blur.twin'
import { bilinear, correlation, widened, type Pose } from './pose'

/** An image with its labels, which is laid on others. */
export interface Atlas {
  /** size x size, values in [0, 1] */
  image: Float32Array
  /** Classes, or `unknown`. */
  labels: Uint8Array
}

/** An atlas laid on an image. */
export interface Laid {
  /** The carried labels. */
  labels: Uint8Array<ArrayBuffer>
  /** How well the warped atlas and the image agree about the structures, normalised cross-correlation; -1 if hardly any are left. */
  fit: number
  /** Displacement of each pixel before the pose is taken, pixels: x, then y. */
  field: readonly [Float32Array, Float32Array]
}

const iterations = 40
/** Every so many of them the brightness is matched anew. */
const matchEvery = 10
/** Sigma of the smoothing of the field at 64 pixels. */
const smoothing = 1.5
/** Keeps the step finite where both images are flat; squared grey values. */
const flat = 1e-4

/**
 * Thirion's demons (1998) from a pose: the field u that makes atlas(pose(x + u(x))) look like the image, smoothed after every step, the
 * brightness k, b of the atlas matched by least squares within the structures.
 * @param size side of both, pixels; lengths given for 64 pixels grow with it
 * @param start the field to begin with; none is zero
 */
export function layOn({ image: source, labels }: Atlas, image: Float32Array, size: number, pose: Pose, start?: Laid['field']): Laid {
  const unit = size / 64
  const [a, b, c, d, e, f] = pose
  const [ux, uy] = start ? [start[0].slice(), start[1].slice()] : [new Float32Array(size * size), new Float32Array(size * size)]
  const carried = () => carry(labels, size, pose, [ux, uy])
  const structures = (rim: number) =>
    widened(
      carried().map((l) => (l > 0 ? 1 : 0)),
      size,
      Math.round(rim * unit),
    )
  const warped = new Float32Array(size * size)
  const warp = () => {
    for (let y = 0, i = 0; y < size; y++)
      for (let x = 0; x < size; x++, i++) {
        const [px, py] = [x + ux[i]!, y + uy[i]!]
        warped[i] = bilinear(source, size, a * px + b * py + c, d * px + e * py + f)
      }
  }
  const inside = structures(4)
  const matched = new Float32Array(size * size)
  const soft = new Float32Array(size * size)
  // The kernel reaches 4 pixels: a wider Gaussian is made of several.
  const passes = Math.max(1, Math.round(unit * unit))
  let brightness: [number, number] = [1, 0]
  for (let n = 0; n < iterations; n++) {
    warp()
    if (n % matchEvery === 0) brightness = matchedBrightness(image, warped, inside)
    const [k, offset] = brightness
    for (let i = 0; i < warped.length; i++) matched[i] = k * warped[i]! + offset
    for (let y = 0, i = 0; y < size; y++)
      for (let x = 0; x < size; x++, i++) {
        const [left, right] = [x > 0 ? i - 1 : i, x + 1 < size ? i + 1 : i]
        const [up, down] = [y > 0 ? i - size : i, y + 1 < size ? i + size : i]
        // Central differences of both images, averaged; one-sided at the border.
        const gx = (matched[right]! - matched[left]! + image[right]! - image[left]!) / (2 * (right - left))
        const gy = ((matched[down]! - matched[up]! + image[down]! - image[up]!) * size) / (2 * (down - up))
        const off = matched[i]! - image[i]!
        const step = -off / (gx * gx + gy * gy + off * off + flat)
        ux[i]! += step * gx
        uy[i]! += step * gy
      }
    for (const field of [ux, uy])
      for (let pass = 0; pass < passes; pass++) {
        blurImage(field, soft, size, (smoothing * unit) / Math.sqrt(passes))
        field.set(soft)
      }
  }
  warp()
  const around = structures(3)
  const enough = around.reduce((sum, v) => sum + v, 0) >= 20 * unit * unit
  return { labels: carried(), fit: enough ? correlation(warped, image, around) : -1, field: [ux, uy] }
}

/** Labels seen through a field and a pose: of the nearest pixel to pose(x + u(x)), background beyond the border. */
export function carry(labels: Uint8Array, size: number, [a, b, c, d, e, f]: Pose, [ux, uy]: Laid['field']): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [(i % size) + ux[i]!, Math.floor(i / size) + uy[i]!]
    const [px, py] = [Math.floor(a * x + b * y + c + 0.5), Math.floor(d * x + e * y + f + 0.5)]
    return px < 0 || py < 0 || px >= size || py >= size ? 0 : labels[py * size + px]!
  })
}

/** Gain (0.3 to 3) and offset that bring the warped atlas nearest to the image within a set. */
function matchedBrightness(image: Float32Array, warped: Float32Array, inside: Uint8Array): [gain: number, offset: number] {
  let [n, x, y, xx, xy] = [0, 0, 0, 0, 0]
  for (let i = 0; i < inside.length; i++) {
    if (!inside[i]) continue
    n++
    x += warped[i]!
    y += image[i]!
    xx += warped[i]! ** 2
    xy += warped[i]! * image[i]!
  }
  if (n === 0) return [1, 0]
  const spread = xx - (x * x) / n
  const gain = Math.min(3, Math.max(0.3, spread > 1e-9 ? (xy - (x * y) / n) / spread : 1))
  return [gain, (y - gain * x) / n]
}

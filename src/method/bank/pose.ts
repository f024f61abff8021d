/** A pose: which point of an atlas lies at a pixel of another image. (x, y) -> (a x + b y + c, d x + e y + f), pixel centres at whole numbers. */
export type Pose = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

export const identity: Pose = [1, 0, 0, 0, 1, 0]

/**
 * The pose of an atlas that was turned by `rotation` (degrees) and enlarged `scale` times about (cx, cy) and then moved by (tx, ty) pixels.
 */
export function poseOf(rotation: number, scale: number, [cx, cy]: readonly [number, number], tx = 0, ty = 0): Pose {
  const angle = (rotation * Math.PI) / 180
  const [cos, sin] = [Math.cos(angle) / scale, Math.sin(angle) / scale]
  return [cos, sin, cx - cos * (cx + tx) - sin * (cy + ty), -sin, cos, cy + sin * (cx + tx) - cos * (cy + ty)]
}

/** How a pose turns an atlas, in degrees, and enlarges it. */
export const turnOf = ([a, b]: Pose): { rotation: number; scale: number } => ({
  rotation: (Math.atan2(b, a) * 180) / Math.PI,
  scale: 1 / Math.hypot(a, b),
})

/** The same pose on images of another side: `ratio` times as many pixels, which cover the same picture. */
export function scaledPose([a, b, c, d, e, f]: Pose, ratio: number): Pose {
  // Pixel centres: u of the small image is (u + 1/2) ratio - 1/2 of the large one.
  const half = (ratio - 1) / 2
  return [a, b, c * ratio + half * (1 - a - b), d, e, f * ratio + half * (1 - d - e)]
}

/** The value of a square image at a point between pixels: bilinear, the border repeated. */
export function bilinear(image: ArrayLike<number>, size: number, x: number, y: number): number {
  const last = size - 1
  const px = x < 0 ? 0 : x > last ? last : x
  const py = y < 0 ? 0 : y > last ? last : y
  const [x0, y0] = [Math.floor(px), Math.floor(py)]
  const [x1, y1] = [x0 < last ? x0 + 1 : last, y0 < last ? y0 + 1 : last]
  const [u, v] = [px - x0, py - y0]
  const above = image[y0 * size + x0]! * (1 - u) + image[y0 * size + x1]! * u
  const below = image[y1 * size + x0]! * (1 - u) + image[y1 * size + x1]! * u
  return above * (1 - v) + below * v
}

/** The pixels within `steps` steps between neighbours (left, right, up, down) of a set, itself included. */
export function widened(inside: Uint8Array, size: number, steps: number): Uint8Array<ArrayBuffer> {
  let wide = inside.slice()
  for (let n = 0; n < steps; n++) {
    const next = wide.slice()
    for (let y = 0, i = 0; y < size; y++)
      for (let x = 0; x < size; x++, i++)
        if (
          !wide[i] &&
          ((x > 0 && wide[i - 1]) || (x + 1 < size && wide[i + 1]) || (y > 0 && wide[i - size]) || (y + 1 < size && wide[i + size]))
        )
          next[i] = 1
    wide = next
  }
  return wide
}

/** Normalised cross-correlation of two images over the pixels of a set: -1..1, 0 if either is constant there. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>, inside: Uint8Array): number {
  let [n, sa, sb, aa, bb, ab] = [0, 0, 0, 0, 0, 0]
  for (let i = 0; i < inside.length; i++) {
    if (!inside[i]) continue
    const [u, v] = [a[i]!, b[i]!]
    n++
    sa += u
    sb += v
    aa += u * u
    bb += v * v
    ab += u * v
  }
  const spread = (aa - (sa * sa) / n) * (bb - (sb * sb) / n)
  return spread > 1e-12 ? (ab - (sa * sb) / n) / Math.sqrt(spread) : 0
}

/** Radius of the blur in pixels. */
export const blurRadius = 4

/** Twin for one image: Gaussian blur, edges repeated. `sigma` in pixels; 0 copies. */
export function blurImage(image: Float32Array, out: Float32Array, size: number, sigma: number): void {
  if (sigma <= 0) {
    out.set(image)
    return
  }
  const r = blurRadius
  const weight = Array.from({ length: r + 1 }, (_, i) => Math.exp(-(i ** 2) / (2 * sigma * sigma)))
  const total = 2 * weight.reduce((a, b) => a + b, 0) - weight[0]!
  const [w0, w1, w2, w3, w4] = weight.map((w) => w / total) as [number, number, number, number, number]
  const across = new Float32Array(size * size)
  // One row with its edges repeated, so that the sum needs no test. The sums are unrolled: a loop over the taps takes 3 times as long.
  const p = new Float32Array(size + 2 * r)
  for (let y = 0; y < size; y++) {
    const start = y * size
    p.fill(image[start]!, 0, r)
    p.set(image.subarray(start, start + size), r)
    p.fill(image[start + size - 1]!, size + r)
    for (let i = 0; i < size; i++)
      across[start + i] =
        w0 * p[i + 4]! +
        w1 * (p[i + 3]! + p[i + 5]!) +
        w2 * (p[i + 2]! + p[i + 6]!) +
        w3 * (p[i + 1]! + p[i + 7]!) +
        w4 * (p[i]! + p[i + 8]!)
  }
  const above = (y: number) => Math.max(0, y) * size
  const below = (y: number) => Math.min(size - 1, y) * size
  for (let y = 0; y < size; y++) {
    const [u1, u2, u3, u4] = [above(y - 1), above(y - 2), above(y - 3), above(y - 4)]
    const [d1, d2, d3, d4] = [below(y + 1), below(y + 2), below(y + 3), below(y + 4)]
    for (let x = 0, at = y * size; x < size; x++, at++)
      out[at] =
        w0 * across[at]! +
        w1 * (across[u1 + x]! + across[d1 + x]!) +
        w2 * (across[u2 + x]! + across[d2 + x]!) +
        w3 * (across[u3 + x]! + across[d3 + x]!) +
        w4 * (across[u4 + x]! + across[d4 + x]!)
  }
}

/** Distance between neighbours along each axis, in millimetres or any other unit. */
export type Spacing = readonly number[]

/** Index stride of neighbours along each axis. */
export const stridesOf = (size: readonly number[]) =>
  size.map((_, axis) => size.slice(0, axis).reduce((product, length) => product * length, 1))

/**
 * Exact Euclidean distance from the centre of each place to the centre of the nearest set place of `mask`; Infinity if none is set. Felzenszwalb and
 * Huttenlocher, "Distance transforms of sampled functions", Theory of Computing 8 (2012), axis by axis, in linear time.
 */
export function distanceTransform(mask: Uint8Array, size: readonly number[], spacing: Spacing = size.map(() => 1)): Float64Array {
  const squared = Float64Array.from(mask, (set) => (set ? 0 : Infinity))
  const longest = Math.max(...size)
  const line = new Float64Array(longest)
  const vertex = new Int32Array(longest)
  const from = new Float64Array(longest)

  /** Replaces f(p) by min over q of (step (p - q))^2 + f(q) on one line: the lower envelope of parabolas. */
  const transform = (start: number, stride: number, count: number, step: number) => {
    const unit = step * step
    let last = -1
    for (let q = 0; q < count; q++) {
      const f = (line[q] = squared[start + q * stride]!)
      if (f === Infinity) continue
      let cross = -Infinity
      while (last >= 0) {
        const v = vertex[last]!
        cross = (f - line[v]! + unit * (q * q - v * v)) / (2 * unit * (q - v))
        if (cross > from[last]!) break
        last--
      }
      if (last < 0) cross = -Infinity
      last++
      vertex[last] = q
      from[last] = cross
    }
    if (last < 0) return
    for (let p = 0, k = 0; p < count; p++) {
      while (k < last && from[k + 1]! < p) k++
      const d = p - vertex[k]!
      squared[start + p * stride] = unit * d * d + line[vertex[k]!]!
    }
  }

  const strides = stridesOf(size)
  for (let axis = size.length - 1; axis >= 0; axis--) {
    const stride = strides[axis]!
    const block = stride * size[axis]!
    for (let start = 0; start < squared.length; start += block)
      for (let i = 0; i < stride; i++) transform(start + i, stride, size[axis]!, spacing[axis]!)
  }
  for (let i = 0; i < squared.length; i++) squared[i] = Math.sqrt(squared[i]!)
  return squared
}

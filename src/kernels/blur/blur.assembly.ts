import { exp4 } from '../wasm/exp-log.lib.assembly'
import { loadSome, storeSome } from '../wasm/four-pixels.lib.assembly'
import { multiplyAdd } from '../wasm/multiply-add.lib.assembly'

/** The blur of nine values `step` bytes apart, of which `at` is the first. */
function nine(at: usize, step: usize, w0: v128, w1: v128, w2: v128, w3: v128, w4: v128): v128 {
  const first = f32x4.mul(w4, f32x4.add(v128.load(at), v128.load(at + 8 * step)))
  const second = multiplyAdd(w3, f32x4.add(v128.load(at + step), v128.load(at + 7 * step)), first)
  const third = multiplyAdd(w2, f32x4.add(v128.load(at + 2 * step), v128.load(at + 6 * step)), second)
  const fourth = multiplyAdd(w1, f32x4.add(v128.load(at + 3 * step), v128.load(at + 5 * step)), third)
  return multiplyAdd(w0, v128.load(at + 4 * step), fourth)
}

/**
 * out of x [batch, size, size] and sigma [batch], as blur.twin.ts.
 * @param scratch size + 12 float32, a row with its edges repeated; then size + 8 rows of size + 4 float32, blurred across
 */
export function blur(x: usize, sigma: usize, out: usize, scratch: usize, batch: i32, size: i32): void {
  const pixels = size * size
  const line = (size + 4) << 2
  const rows = scratch + ((size + 12) << 2)
  for (let n = 0; n < batch; n++, sigma += 4, x += pixels << 2, out += pixels << 2) {
    const s = load<f32>(sigma)
    if (s <= 0) {
      memory.copy(out, x, pixels << 2)
      continue
    }
    const squares = f32x4(-1, -4, -9, -16)
    const weights = exp4(f32x4.div(squares, f32x4.splat(2 * s * s)))
    const e1 = f32x4.extract_lane(weights, 0)
    const e2 = f32x4.extract_lane(weights, 1)
    const e3 = f32x4.extract_lane(weights, 2)
    const e4 = f32x4.extract_lane(weights, 3)
    const total: f32 = 1 + 2 * (e1 + e2 + e3 + e4)
    const w0 = f32x4.splat(1 / total)
    const w1 = f32x4.splat(e1 / total)
    const w2 = f32x4.splat(e2 / total)
    const w3 = f32x4.splat(e3 / total)
    const w4 = f32x4.splat(e4 / total)
    for (let y = 0; y < size; y++) {
      const from = x + ((y * size) << 2)
      const last = load<f32>(from + ((size - 1) << 2))
      v128.store(scratch, v128.load32_splat(from))
      for (let c = 0; c < size; c += 4) v128.store(scratch + ((c + 4) << 2), loadSome(from + (c << 2), size - c, last))
      v128.store(scratch + ((size + 4) << 2), f32x4.splat(last))
      for (let c = 0; c < size << 2; c += 16) v128.store(rows + (y + 4) * line + c, nine(scratch + c, 4, w0, w1, w2, w3, w4))
    }
    for (let r = 0; r < 4; r++) {
      memory.copy(rows + r * line, rows + 4 * line, line)
      memory.copy(rows + (size + 4 + r) * line, rows + (size + 3) * line, line)
    }
    for (let y = 0; y < size; y++)
      for (let c = 0; c < size; c += 4)
        storeSome(out + ((y * size + c) << 2), nine(rows + y * line + (c << 2), line, w0, w1, w2, w3, w4), size - c)
  }
}

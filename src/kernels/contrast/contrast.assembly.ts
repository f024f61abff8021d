import { multiplyAdd } from '../wasm/multiply-add.lib.assembly'

function clamped(v: v128): v128 {
  return f32x4.min(f32x4.max(v, f32x4.splat(0)), f32x4.splat(1))
}

/** out of x [batch, pixels] and jitter [batch, 2], as contrast.twin.ts; pixels are a multiple of 4. */
export function contrast(x: usize, jitter: usize, out: usize, batch: i32, pixels: i32): void {
  const bytes = pixels << 2
  for (let n = 0; n < batch; n++, x += bytes, out += bytes, jitter += 8) {
    const brightness = v128.load32_splat(jitter)
    const factor = load<f32>(jitter, 4)
    let low = f64x2.splat(0)
    let high = f64x2.splat(0)
    for (let i = 0; i < bytes; i += 16) {
      const v = clamped(f32x4.mul(v128.load(x + i), brightness))
      v128.store(out + i, v)
      low = f64x2.add(low, f64x2.promote_low_f32x4(v))
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f64>(v, v, 1, 1)))
    }
    const sum = f64x2.add(low, high)
    const mean = (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)) / <f64>pixels
    const rest = f32x4.splat(<f32>((1 - <f64>factor) * mean))
    for (let i = 0; i < bytes; i += 16) v128.store(out + i, clamped(multiplyAdd(v128.load(out + i), f32x4.splat(factor), rest)))
  }
}

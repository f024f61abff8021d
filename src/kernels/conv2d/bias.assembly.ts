/** Biases of the channels, the last axis of one network's images. */

/** y [batch, pixels, C] += bias [C]. */
export function addBias(y: usize, bias: usize, batch: i32, pixels: i32, C: i32): void {
  const bytes = C << 2
  const whole = bytes & ~15
  for (let p = 0; p < batch * pixels; p++, y += bytes) {
    for (let i = 0; i < whole; i += 16) v128.store(y + i, f32x4.add(v128.load(y + i), v128.load(bias + i)))
    for (let i = whole; i < bytes; i += 4) store<f32>(y + i, load<f32>(y + i) + load<f32>(bias + i))
  }
}

/** sum [C] over the pixels of x [batch, pixels, C], float32 over 64 pixels and float64 beyond. */
export function sumToChannels(x: usize, sum: usize, batch: i32, pixels: i32, C: i32): void {
  const bytes = C << 2
  const whole = bytes & ~15
  const end = x + batch * pixels * bytes
  for (let c = 0; c < whole; c += 16) {
    let low = f64x2.splat(0)
    let high = f64x2.splat(0)
    for (let at = x + c; at < end;) {
      let s = f32x4.splat(0)
      for (const last = min(at + 64 * bytes, end); at < last; at += bytes) s = f32x4.add(s, v128.load(at))
      low = f64x2.add(low, f64x2.promote_low_f32x4(s))
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f64>(s, s, 1, 1)))
    }
    v128.store(sum + c, v128.shuffle<f64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2))
  }
  for (let c = whole; c < bytes; c += 4) {
    let total: f64 = 0
    for (let at = x + c; at < end; at += bytes) total += <f64>load<f32>(at)
    store<f32>(sum + c, <f32>total)
  }
}

/** Biases of the channels, the last axis. M networks have `pixels` pixels each, one network after the other. */

/** y [M, pixels, C] += bias [M, C]. */
export function addBias(y: usize, bias: usize, M: i32, pixels: i32, C: i32): void {
  const bytes = C << 2
  const whole = bytes & ~15
  for (let m = 0; m < M; m++, bias += bytes)
    for (let p = 0; p < pixels; p++, y += bytes) {
      for (let i = 0; i < whole; i += 16) v128.store(y + i, f32x4.add(v128.load(y + i), v128.load(bias + i)))
      for (let i = whole; i < bytes; i += 4) store<f32>(y + i, load<f32>(y + i) + load<f32>(bias + i))
    }
}

/** sum [M, C] over the pixels of x [M, pixels, C], in float64. */
export function sumToChannels(x: usize, sum: usize, M: i32, pixels: i32, C: i32): void {
  const bytes = C << 2
  for (let m = 0; m < M; m++, x += pixels * bytes, sum += bytes)
    for (let c = 0; c < bytes; c += 4) {
      let total: f64 = 0
      for (let at = x + c, end = x + c + pixels * bytes; at < end; at += bytes) total += <f64>load<f32>(at)
      store<f32>(sum + c, <f32>total)
    }
}

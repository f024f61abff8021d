/** y [batch, pixels, C] = x factor [batch, C]; C is a multiple of 4. */
export function scaleChannels(x: usize, factor: usize, y: usize, batch: i32, pixels: i32, C: i32): void {
  const bytes = C << 2
  for (let n = 0; n < batch; n++, factor += bytes)
    for (let p = 0; p < pixels; p++, x += bytes, y += bytes)
      for (let i = 0; i < bytes; i += 16) v128.store(y + i, f32x4.mul(v128.load(x + i), v128.load(factor + i)))
}

/** The 2 x 2 max-pool with stride 2 of x [batch, H, W, C]: y [batch, H / 2, W / 2, C]. A last odd row or column takes no part. C is a multiple of 4. */
export function maxPool(x: usize, y: usize, batch: i32, H: i32, W: i32, C: i32): void {
  const bytes = C << 2
  const line = W * bytes
  for (let n = 0; n < batch; n++, x += H * line)
    for (let r = 0; r < H / 2; r++)
      for (let c = 0; c < W / 2; c++) {
        const at = x + 2 * r * line + 2 * c * bytes
        for (let i = at; i < at + bytes; i += 16, y += 16) {
          const upper = f32x4.max(v128.load(i), v128.load(i + bytes))
          v128.store(y, f32x4.max(upper, f32x4.max(v128.load(i + line), v128.load(i + line + bytes))))
        }
      }
}

/**
 * Gradient of the 2 x 2 max-pool with stride 2 of x [batch, H, W, C], from dy and y [batch, H / 2, W / 2, C]. The first of equal values gets it. A last
 * odd row or column takes no part. C is a multiple of 4.
 */
export function maxPoolGrad(dy: usize, x: usize, y: usize, dx: usize, batch: i32, H: i32, W: i32, C: i32): void {
  const bytes = C << 2
  const line = W * bytes
  if ((H | W) & 1) memory.fill(dx, 0, batch * H * line)
  for (let n = 0; n < batch; n++, x += H * line, dx += H * line)
    for (let r = 0; r < H / 2; r++)
      for (let c = 0; c < W / 2; c++) {
        const at = 2 * r * line + 2 * c * bytes
        for (let i = at; i < at + bytes; i += 16, y += 16, dy += 16) {
          const top = v128.load(y)
          const g = v128.load(dy)
          const a = f32x4.eq(v128.load(x + i), top)
          const b = v128.andnot(f32x4.eq(v128.load(x + i + bytes), top), a)
          const ab = v128.or(a, b)
          const d = v128.andnot(f32x4.eq(v128.load(x + i + line), top), ab)
          const e = v128.or(ab, d)
          v128.store(dx + i, v128.and(g, a))
          v128.store(dx + i + bytes, v128.and(g, b))
          v128.store(dx + i + line, v128.and(g, d))
          v128.store(dx + i + line + bytes, v128.andnot(g, e))
        }
      }
}

/** Copies `batch` rows of `count` values. Rows of x lie `from` values apart, those of y `to`. */
export function copyRows(x: usize, y: usize, batch: i32, count: i32, from: i32, to: i32): void {
  if (from === count && to === count) return memory.copy(y, x, (batch * count) << 2)
  for (let n = 0; n < batch; n++, x += from << 2, y += to << 2) memory.copy(y, x, count << 2)
}

/** Writes zeros to `batch` rows of `count` values. */
export function clear(y: usize, batch: i32, count: i32): void {
  memory.fill(y, 0, (batch * count) << 2)
}

/** out = x + y, for `batch` rows of `count` values. */
export function add(x: usize, y: usize, out: usize, batch: i32, count: i32): void {
  const end = x + ((batch * count) << 2)
  for (; x + 16 <= end; x += 16, y += 16, out += 16) v128.store(out, f32x4.add(v128.load(x), v128.load(y)))
  for (; x < end; x += 4, y += 4, out += 4) store<f32>(out, load<f32>(x) + load<f32>(y))
}

/** to[i] += from[i] for `count` values. */
export function addInto(to: usize, from: usize, count: i32): void {
  const whole = (count & ~3) << 2
  for (let i = 0; i < whole; i += 16) v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)))
  for (let i = whole; i < count << 2; i += 4) store<f32>(to + i, load<f32>(to + i) + load<f32>(from + i))
}

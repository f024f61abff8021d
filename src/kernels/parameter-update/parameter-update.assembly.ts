/** One Adam update of `batch` parts of `perPart` values, as parameter-update.ts, whose `scheduleOf` gives the three values of `schedule`. */
export function adamUpdate(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  pOut: usize,
  mOut: usize,
  vOut: usize,
  batch: i32,
  perPart: i32,
  schedule: usize,
  weightDecay: f32,
): void {
  const size: f32 = load<f32>(schedule) * load<f32>(schedule + 4)
  const root: f32 = load<f32>(schedule + 8)
  const bytes = (batch * perPart) << 2
  const whole = bytes & ~15
  for (let i = 0; i < whole; i += 16) {
    const value = v128.load(p + i)
    const grad = f32x4.add(v128.load(g + i), f32x4.mul(f32x4.splat(weightDecay), value))
    const first = f32x4.add(f32x4.mul(f32x4.splat(0.9), v128.load(m + i)), f32x4.mul(f32x4.splat(0.1), grad))
    const second = f32x4.add(f32x4.mul(f32x4.splat(0.999), v128.load(v + i)), f32x4.mul(f32x4.splat(0.001), f32x4.mul(grad, grad)))
    v128.store(mOut + i, first)
    v128.store(vOut + i, second)
    const below = f32x4.add(f32x4.mul(f32x4.sqrt(second), f32x4.splat(root)), f32x4.splat(1e-8))
    v128.store(pOut + i, f32x4.sub(value, f32x4.div(f32x4.mul(f32x4.splat(size), first), below)))
  }
  for (let i = whole; i < bytes; i += 4) {
    const value = load<f32>(p + i)
    const grad = load<f32>(g + i) + weightDecay * value
    const first: f32 = 0.9 * load<f32>(m + i) + 0.1 * grad
    const second: f32 = 0.999 * load<f32>(v + i) + 0.001 * (grad * grad)
    store<f32>(mOut + i, first)
    store<f32>(vOut + i, second)
    store<f32>(pOut + i, value - (size * first) / (sqrt<f32>(second) * root + 1e-8))
  }
}

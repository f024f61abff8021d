/** The sum of the four lanes. */
function total(counts: v128): i32 {
  return i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1) + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3)
}

/** The shares of agreement.twin.ts, of two models with `half` pixels each. */
export function agreement(labels: usize, taught: usize, shares: usize, half: i32): void {
  const zero = f32x4.splat(0)
  const other = half << 2
  const whole = other & ~15
  let sureA = i32x4.splat(0)
  let sureB = i32x4.splat(0)
  let partA = i32x4.splat(0)
  let partB = i32x4.splat(0)
  let equal = i32x4.splat(0)
  for (let i = 0; i < whole; i += 16) {
    const a = v128.load(labels + i)
    const b = v128.load(labels + other + i)
    // A comparison that holds is -1.
    sureA = i32x4.sub(sureA, f32x4.ge(v128.load(taught + i), zero))
    sureB = i32x4.sub(sureB, f32x4.ge(v128.load(taught + other + i), zero))
    partA = i32x4.sub(partA, f32x4.gt(a, zero))
    partB = i32x4.sub(partB, f32x4.gt(b, zero))
    equal = i32x4.sub(equal, f32x4.eq(a, b))
  }
  let ca = total(sureA)
  let cb = total(sureB)
  let fa = total(partA)
  let fb = total(partB)
  let e = total(equal)
  for (let i = whole; i < other; i += 4) {
    const a = load<f32>(labels + i)
    const b = load<f32>(labels + other + i)
    ca += i32(load<f32>(taught + i) >= 0)
    cb += i32(load<f32>(taught + other + i) >= 0)
    fa += i32(a > 0)
    fb += i32(b > 0)
    e += i32(a == b)
  }
  const pixels = <f64>half
  store<f32>(shares, <f32>(<f64>ca / pixels))
  store<f32>(shares, <f32>(<f64>cb / pixels), 4)
  store<f32>(shares, <f32>(<f64>fa / pixels), 8)
  store<f32>(shares, <f32>(<f64>fb / pixels), 12)
  store<f32>(shares, <f32>(<f64>e / pixels), 16)
}

/** exp and log of four numbers at a time, after Cephes (Moshier): within 1e-6 of the value, in fact about 1.5e-7; NaN stays NaN. */
import { multiplyAdd } from './multiply-add.lib.assembly'

// ln 2 in two parts, of which the first times a whole number is exact.
const ln2High: f32 = 0.693359375
const ln2Low: f32 = -2.1219444e-4

/** e^x in each lane: 0 below -87, where it would be smaller than any normal number; for x up to 88. @inline */
export function exp4(x: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)))
  const r = multiplyAdd(n, f32x4.splat(-ln2Low), multiplyAdd(n, f32x4.splat(-ln2High), x))
  let p = multiplyAdd(r, f32x4.splat(1.98756915e-4), f32x4.splat(1.3981999507e-3))
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3))
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2))
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1))
  p = multiplyAdd(p, r, f32x4.splat(5.0000001201e-1))
  p = f32x4.add(multiplyAdd(f32x4.mul(r, r), p, r), f32x4.splat(1))
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23)
  return v128.andnot(f32x4.mul(p, power), f32x4.lt(x, f32x4.splat(-87)))
}

/** ln x in each lane, for positive normal numbers. @inline */
export function log4(x: v128): v128 {
  // x = m 2^e with m in [sqrt(1/2), sqrt(2)): 0x3f3504f3 is sqrt(1/2).
  const shifted = i32x4.sub(x, i32x4.splat(0x3f3504f3))
  const e = f32x4.convert_i32x4_s(i32x4.shr_s(shifted, 23))
  const m = i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3))
  const r = f32x4.sub(m, f32x4.splat(1))
  const square = f32x4.mul(r, r)
  let p = multiplyAdd(r, f32x4.splat(7.0376836292e-2), f32x4.splat(-1.151461031e-1))
  p = multiplyAdd(p, r, f32x4.splat(1.167699874e-1))
  p = multiplyAdd(p, r, f32x4.splat(-1.2420140846e-1))
  p = multiplyAdd(p, r, f32x4.splat(1.4249322787e-1))
  p = multiplyAdd(p, r, f32x4.splat(-1.6668057665e-1))
  p = multiplyAdd(p, r, f32x4.splat(2.0000714765e-1))
  p = multiplyAdd(p, r, f32x4.splat(-2.4999993993e-1))
  p = multiplyAdd(p, r, f32x4.splat(3.3333331174e-1))
  p = f32x4.mul(f32x4.mul(p, r), square)
  p = multiplyAdd(e, f32x4.splat(ln2Low), p)
  p = multiplyAdd(square, f32x4.splat(-0.5), p)
  const value = multiplyAdd(e, f32x4.splat(ln2High), f32x4.add(r, p))
  return v128.bitselect(x, value, f32x4.ne(x, x))
}

/** x^power in each lane, for x from 0 on. */
export function pow4(x: v128, power: f32): v128 {
  return v128.andnot(exp4(f32x4.mul(f32x4.splat(power), log4(x))), f32x4.le(x, f32x4.splat(0)))
}

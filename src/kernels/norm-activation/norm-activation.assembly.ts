/**
 * Bias, GroupNorm and LeakyReLU of norm-activation.ts for channels in groups of a multiple of 4, with 0 <= slope <= 1. Sums are
 * float32 over 64 pixels and float64 beyond, of x less its first pixel, which keeps the variance where the mean is far from 0. Those 64
 * pixels stay in the nearest cache while all their channels are visited.
 */
import { multiplyAdd } from '../wasm/multiply-add.lib.assembly'

const epsilon: f64 = 1e-5
const run: i32 = 64

/** Sum of both halves of a float32 vector in float64, added to the 4 values at `to`. */
function addTo(to: usize, sum: v128): void {
  v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(sum)))
  v128.store(
    to,
    f64x2.add(
      v128.load(to, 16),
      f64x2.promote_low_f32x4(i8x16.shuffle(sum, sum, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15)),
    ),
    16,
  )
}

/**
 * y and stats [batch, groups, 2] of x [batch, pixels, C].
 * @param scratch 8 C float64
 */
export function normActivation(
  x: usize,
  bias: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  stats: usize,
  scratch: usize,
  batch: i32,
  pixels: i32,
  C: i32,
  groups: i32,
  slope: f32,
): void {
  const perGroup = C / groups
  const count = <f64>pixels * <f64>perGroup
  const step = C << 2
  const imageBytes = pixels * step
  // Sums and squares of x - first pixel in float64, then scale and shift of each channel in float32.
  const squares = scratch + (C << 3)
  const scales = scratch + (C << 4)
  const shifts = scales + step
  const down = f32x4.splat(slope)
  for (let n = 0; n < batch; n++, x += imageBytes, y += imageBytes) {
    memory.fill(scratch, 0, C << 4)
    for (let p = 0; p < pixels; p += run) {
      const begun = x + p * step
      const bytes = min(run, pixels - p) * step
      for (let c = 0; c < step; c += 16) {
        const first = v128.load(x + c)
        let s = f32x4.splat(0)
        let q = f32x4.splat(0)
        for (let at = begun + c, end = at + bytes; at < end; at += step) {
          const v = f32x4.sub(v128.load(at), first)
          s = f32x4.add(s, v)
          q = multiplyAdd(v, v, q)
        }
        addTo(scratch + (c << 1), s)
        addTo(squares + (c << 1), q)
      }
    }
    for (let g = 0; g < groups; g++, stats += 8) {
      let total: f64 = 0
      let square: f64 = 0
      for (let c = g * perGroup; c < (g + 1) * perGroup; c++) {
        const s = load<f64>(scratch + (c << 3))
        const d = <f64>load<f32>(x + (c << 2)) + <f64>load<f32>(bias + (c << 2))
        total += s + <f64>pixels * d
        square += load<f64>(squares + (c << 3)) + 2 * d * s + <f64>pixels * d * d
      }
      const mean = total / count
      const rstd = 1 / Math.sqrt(max<f64>(0, square / count - mean * mean) + epsilon)
      store<f32>(stats, <f32>mean)
      store<f32>(stats, <f32>rstd, 4)
      for (let c = (g * perGroup) << 2; c < ((g + 1) * perGroup) << 2; c += 4) {
        const scale = rstd * load<f32>(gamma + c)
        store<f32>(scales + c, <f32>scale)
        store<f32>(shifts + c, <f32>((<f64>load<f32>(bias + c) - mean) * scale + <f64>load<f32>(beta + c)))
      }
    }
    for (let p = 0; p < pixels; p += run) {
      const begun = p * step
      const bytes = min(run, pixels - p) * step
      for (let c = 0; c < step; c += 16) {
        const scale = v128.load(scales + c)
        const shift = v128.load(shifts + c)
        let to = y + begun + c
        for (let at = x + begun + c, end = at + bytes; at < end; at += step, to += step) {
          const u = multiplyAdd(v128.load(at), scale, shift)
          v128.store(to, f32x4.pmax(f32x4.mul(u, down), u))
        }
      }
    }
  }
}

/**
 * dx, dBias, dGamma and dBeta.
 * @param scratch 8 C float64
 */
export function normActivationGrad(
  dy: usize,
  x: usize,
  bias: usize,
  gamma: usize,
  beta: usize,
  stats: usize,
  dx: usize,
  dBias: usize,
  dGamma: usize,
  dBeta: usize,
  scratch: usize,
  batch: i32,
  pixels: i32,
  C: i32,
  groups: i32,
  slope: f32,
): void {
  const perGroup = C / groups
  const count = <f64>pixels * <f64>perGroup
  const step = C << 2
  const imageBytes = pixels * step
  const wide = C << 3
  // Per image: sums of du, du xhat and xhat; over all images: the gradients of bias, gamma and beta. The rest is float32, one per channel.
  const products = scratch + wide
  const hats = products + wide
  const biases = hats + wide
  const gammas = biases + wide
  const betas = gammas + wide
  const second = betas + wide // factor and constant of dx in x
  const third = second + step
  const zero = f32x4.splat(0)
  const one = f32x4.splat(1)
  const down = f32x4.splat(slope)
  memory.fill(biases, 0, 3 * wide)
  for (let n = 0; n < batch; n++, x += imageBytes, dy += imageBytes, dx += imageBytes, stats += groups << 3) {
    memory.fill(scratch, 0, 3 * wide)
    for (let p = 0; p < pixels; p += run) {
      const begun = p * step
      const bytes = min(run, pixels - p) * step
      for (let c = 0; c < step; c += 16) {
        const group = stats + (((c >> 2) / perGroup) << 3)
        const rstd = v128.load32_splat(group, 4)
        const offset = f32x4.mul(f32x4.sub(v128.load(bias + c), v128.load32_splat(group)), rstd)
        const scale = v128.load(gamma + c)
        const shift = v128.load(beta + c)
        let s1 = zero
        let s2 = zero
        let h = zero
        let from = dy + begun + c
        for (let at = x + begun + c, end = at + bytes; at < end; at += step, from += step) {
          const xhat = multiplyAdd(v128.load(at), rstd, offset)
          const u = multiplyAdd(xhat, scale, shift)
          const du = f32x4.mul(v128.load(from), v128.bitselect(one, down, f32x4.ge(u, zero)))
          s1 = f32x4.add(s1, du)
          s2 = multiplyAdd(du, xhat, s2)
          h = f32x4.add(h, xhat)
        }
        addTo(scratch + (c << 1), s1)
        addTo(products + (c << 1), s2)
        addTo(hats + (c << 1), h)
      }
    }
    for (let g = 0; g < groups; g++) {
      const mean = <f64>load<f32>(stats + (g << 3))
      const rstd = <f64>load<f32>(stats + (g << 3), 4)
      let m1: f64 = 0
      let m2: f64 = 0
      for (let c = g * perGroup; c < (g + 1) * perGroup; c++) {
        const scale = <f64>load<f32>(gamma + (c << 2))
        m1 += scale * load<f64>(scratch + (c << 3))
        m2 += scale * load<f64>(products + (c << 3))
      }
      m1 /= count
      m2 /= count
      for (let c = g * perGroup; c < (g + 1) * perGroup; c++) {
        const s1 = load<f64>(scratch + (c << 3))
        const s2 = load<f64>(products + (c << 3))
        const h = load<f64>(hats + (c << 3))
        const scale = <f64>load<f32>(gamma + (c << 2))
        store<f64>(gammas + (c << 3), load<f64>(gammas + (c << 3)) + s2)
        store<f64>(betas + (c << 3), load<f64>(betas + (c << 3)) + s1)
        store<f64>(biases + (c << 3), load<f64>(biases + (c << 3)) + rstd * (scale * s1 - <f64>pixels * m1 - m2 * h))
        // dx = rstd (gamma du - m1 - xhat m2)
        store<f32>(second + (c << 2), <f32>(-rstd * m2 * rstd))
        store<f32>(third + (c << 2), <f32>(-rstd * (m1 + (<f64>load<f32>(bias + (c << 2)) - mean) * rstd * m2)))
      }
    }
    for (let p = 0; p < pixels; p += run) {
      const begun = p * step
      const bytes = min(run, pixels - p) * step
      for (let c = 0; c < step; c += 16) {
        const group = stats + (((c >> 2) / perGroup) << 3)
        const rstd = v128.load32_splat(group, 4)
        const offset = f32x4.mul(f32x4.sub(v128.load(bias + c), v128.load32_splat(group)), rstd)
        const scale = v128.load(gamma + c)
        const shift = v128.load(beta + c)
        const up = f32x4.mul(rstd, scale)
        const low = f32x4.mul(up, down)
        const b = v128.load(second + c)
        const d = v128.load(third + c)
        let from = dy + begun + c
        let to = dx + begun + c
        for (let at = x + begun + c, end = at + bytes; at < end; at += step, from += step, to += step) {
          const v = v128.load(at)
          // The very u of the sums above: a sign that differed between the two would give half a gradient.
          const u = multiplyAdd(multiplyAdd(v, rstd, offset), scale, shift)
          const a = v128.bitselect(up, low, f32x4.ge(u, zero))
          v128.store(to, multiplyAdd(a, v128.load(from), multiplyAdd(b, v, d)))
        }
      }
    }
  }
  for (let c = 0; c < C; c++) {
    store<f32>(dBias + (c << 2), <f32>load<f64>(biases + (c << 3)))
    store<f32>(dGamma + (c << 2), <f32>load<f64>(gammas + (c << 3)))
    store<f32>(dBeta + (c << 2), <f32>load<f64>(betas + (c << 3)))
  }
}

/**
 * The losses of pixel-loss.twin.ts and their gradient, four pixels at a time, in three steps: the softmax and sums of each image, the loss of
 * each group from the sums of its images, the gradient of each image. Sums are float32 over 256 pixels and float64 beyond.
 */
import { exp4, log4 } from '../wasm/exp-log.lib.assembly'
import { multiplyAdd } from '../wasm/multiply-add.lib.assembly'
import { gatherPixels, loadSome, scatterPixels } from '../wasm/four-pixels.lib.assembly'

const run: i32 = 256

/** Adds the four lanes at `from` to the float64 at `to`, and clears them. */
function drain(from: usize, to: usize): void {
  const v = v128.load(from)
  const total =
    <f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1) + <f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3)
  store<f64>(to, load<f64>(to) + total)
  v128.store(from, f32x4.splat(0))
}

/**
 * dLogits = P, 0 where the target is -1, and for each image the sums [C, 4], float64, of each class: of w P t, w P^2, w t and w t CE.
 * @param scratch 5 C vectors
 */
export function pixelLossSums(
  logits: usize,
  target: usize,
  dLogits: usize,
  sums: usize,
  scratch: usize,
  batch: i32,
  pixels: i32,
  C: i32,
): void {
  const tile = scratch
  const own = scratch + (C << 4)
  const all = C << 2
  const one = f32x4.splat(1)
  memory.fill(own, 0, all << 4)
  for (let n = 0; n < batch; n++, sums += all << 3) {
    memory.fill(sums, 0, all << 3)
    for (let begun = 0; begun < pixels; begun += run) {
      const last = min(pixels, begun + run)
      for (let p = begun; p < last; p += 4) {
        const some = min(4, last - p)
        gatherPixels(logits, tile, C, some)
        const t = loadSome(target, some, -1)
        const w = f32x4.ge(t, f32x4.splat(0))
        let top = v128.load(tile)
        for (let c = 1; c < C; c++) top = f32x4.max(top, v128.load(tile + (c << 4)))
        let sum = f32x4.splat(0)
        let taught = f32x4.splat(0)
        for (let c = 0; c < C; c++) {
          const z = f32x4.sub(v128.load(tile + (c << 4)), top)
          const e = exp4(z)
          v128.store(tile + (c << 4), e)
          sum = f32x4.add(sum, e)
          taught = v128.bitselect(z, taught, f32x4.eq(t, f32x4.splat(<f32>c)))
        }
        const ce = f32x4.sub(log4(sum), taught)
        const share = f32x4.div(one, sum)
        let to = own
        for (let c = 0; c < C; c++, to += 64) {
          const P = v128.and(f32x4.mul(v128.load(tile + (c << 4)), share), w)
          v128.store(tile + (c << 4), P)
          const hot = f32x4.eq(t, f32x4.splat(<f32>c))
          v128.store(to, f32x4.add(v128.load(to), v128.and(P, hot)))
          v128.store(to, multiplyAdd(P, P, v128.load(to, 16)), 16)
          v128.store(to, f32x4.add(v128.load(to, 32), v128.and(one, hot)), 32)
          v128.store(to, f32x4.add(v128.load(to, 48), v128.and(ce, hot)), 48)
        }
        scatterPixels(tile, dLogits, C, some)
        logits += (C * some) << 2
        dLogits += (C * some) << 2
        target += some << 2
      }
      for (let k = 0; k < all; k++) drain(own + (k << 4), sums + (k << 3))
    }
  }
}

/** count^-balance, 1 for none: what a pixel counts in the cross-entropy. `Math.pow` would bring tables into the module. */
function weightOf(count: f64, balance: f64): f64 {
  const log = log4(f32x4.splat(<f32>max<f64>(1, count)))
  return <f64>f32x4.extract_lane(exp4(f32x4.mul(log, f32x4.splat(<f32>-balance))), 0)
}

/**
 * One group's loss at `loss`, and for each of its images what the gradient needs, [C, 3]: for each class a and b of
 * d loss / d P = a t + b P (weighted), then the weight of the cross-entropy at its pixels. `sums` are those of its `images` images.
 */
export function pixelLossOfGroup(
  sums: usize,
  factors: usize,
  loss: usize,
  images: i32,
  pixels: i32,
  C: i32,
  crossEntropy: f64,
  dice: f64,
  overAll: bool,
  balance: f64,
): void {
  const all = C << 2
  for (let n = 1; n < images; n++)
    for (let k = 0; k < all << 3; k += 8) store<f64>(sums + k, load<f64>(sums + k) + load<f64>(sums + n * (all << 3) + k))
  let norm: f64 = 0
  let errors: f64 = 0
  for (let c = 0, own = sums; c < C; c++, own += 32) {
    const truth = load<f64>(own, 16)
    const weight = weightOf(truth, balance)
    norm += weight * truth
    errors += weight * load<f64>(own, 24)
  }
  norm = overAll ? <f64>images * <f64>pixels : max<f64>(1, norm)
  let diceLoss: f64 = 0
  for (let c = 0; c < C; c++) {
    const own = sums + (c << 5)
    const to = factors + 12 * c
    const above = 2 * load<f64>(own) + 1e-5
    const below = load<f64>(own, 8) + load<f64>(own, 16) + 1e-5
    diceLoss += (1 - above / below) / <f64>C
    store<f32>(to, <f32>((-2 / below / <f64>C) * dice))
    store<f32>(to, <f32>(((2 * above) / (below * below) / <f64>C) * dice), 4)
    store<f32>(to, <f32>((crossEntropy * weightOf(load<f64>(own, 16), balance)) / norm), 8)
  }
  const bytes = 12 * C
  for (let n = 1; n < images; n++) memory.copy(factors + n * bytes, factors, bytes)
  store<f32>(loss, <f32>((crossEntropy * errors) / norm + dice * diceLoss))
}

/**
 * dLogits of P, which it holds: P (dP - sum of P dP) + k (P - t) with dP and k, that of the pixel's class, of the image's `factors`.
 * @param scratch C vectors
 */
export function pixelLossGradient(dLogits: usize, target: usize, factors: usize, scratch: usize, batch: i32, pixels: i32, C: i32): void {
  const one = f32x4.splat(1)
  for (let n = 0; n < batch; n++, factors += 12 * C) {
    for (let p = 0; p < pixels; p += 4) {
      const some = min(4, pixels - p)
      gatherPixels(dLogits, scratch, C, some)
      const t = loadSome(target, some, -1)
      let mean = f32x4.splat(0)
      let k = f32x4.splat(0)
      for (let c = 0, own = factors; c < C; c++, own += 12) {
        const P = v128.load(scratch + (c << 4))
        const hot = f32x4.eq(t, f32x4.splat(<f32>c))
        k = v128.bitselect(v128.load32_splat(own, 8), k, hot)
        mean = multiplyAdd(P, multiplyAdd(v128.load32_splat(own, 4), P, v128.and(hot, v128.load32_splat(own))), mean)
      }
      for (let c = 0, own = factors; c < C; c++, own += 12) {
        const P = v128.load(scratch + (c << 4))
        const hot = f32x4.eq(t, f32x4.splat(<f32>c))
        const dP = multiplyAdd(v128.load32_splat(own, 4), P, v128.and(hot, v128.load32_splat(own)))
        const ce = f32x4.mul(k, f32x4.sub(P, v128.and(hot, one)))
        v128.store(scratch + (c << 4), multiplyAdd(P, f32x4.sub(dP, mean), ce))
      }
      scatterPixels(scratch, dLogits, C, some)
      dLogits += (C * some) << 2
      target += some << 2
    }
  }
}

/** scaled [batch, count] = x times the number at `factor`. */
export function scaleAll(x: usize, factor: usize, scaled: usize, batch: i32, count: i32): void {
  const f = v128.load32_splat(factor)
  const bytes = (batch * count) << 2
  const whole = bytes & ~15
  for (let i = 0; i < whole; i += 16) v128.store(scaled + i, f32x4.mul(v128.load(x + i), f))
  for (let i = whole; i < bytes; i += 4) store<f32>(scaled + i, load<f32>(x + i) * load<f32>(factor))
}

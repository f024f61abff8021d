import { log4, pow4 } from '../wasm/exp-log.lib.assembly'
import { loadSome, storeSome } from '../wasm/four-pixels.lib.assembly'
import { multiplyAdd } from '../wasm/multiply-add.lib.assembly'
import { drawSixteen, keyWord } from '../wasm/random.lib.assembly'

/** cos(2 pi u) for u in [0, 1): the sine of at most a quarter turn, by its series, within 1e-7. */
function cosineOfTurn(u: v128): v128 {
  const turn = f32x4.sub(f32x4.abs(f32x4.sub(u, f32x4.splat(0.5))), f32x4.splat(0.25))
  const x = f32x4.mul(turn, f32x4.splat(6.283185307179586))
  const square = f32x4.mul(x, x)
  let p = multiplyAdd(square, f32x4.splat(-1 / 39916800), f32x4.splat(1 / 362880))
  p = multiplyAdd(p, square, f32x4.splat(-1 / 5040))
  p = multiplyAdd(p, square, f32x4.splat(1 / 120))
  p = multiplyAdd(p, square, f32x4.splat(-1 / 6))
  return multiplyAdd(f32x4.mul(p, square), x, x)
}

/** Draws as numbers in [0, 1) with 24 bits. */
function uniform(draws: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(draws, 8)), f32x4.splat(1 / 16777216))
}

/** Standard normal numbers of four pairs of draws at `at`, by Box and Muller. */
function normal(at: usize): v128 {
  const low = v128.load(at)
  const high = v128.load(at, 16)
  const one = f32x4.splat(1)
  const u = f32x4.sub(one, uniform(v128.shuffle<i32>(low, high, 0, 2, 4, 6)))
  const root = f32x4.sqrt(f32x4.mul(f32x4.splat(-2), log4(u)))
  return f32x4.mul(root, cosineOfTurn(uniform(v128.shuffle<i32>(low, high, 1, 3, 5, 7))))
}

/**
 * out of x [batch, pixels] and noise [batch, 7], as gamma-noise.twin.ts.
 * @param scratch 32 draws
 */
export function gammaNoise(x: usize, noise: usize, out: usize, scratch: usize, batch: i32, pixels: i32): void {
  const zero = f32x4.splat(0)
  const one = f32x4.splat(1)
  for (let n = 0; n < batch; n++, noise += 28) {
    const gamma = load<f32>(noise)
    const sigma = load<f32>(noise, 4)
    const draw = <i32>load<f32>(noise, 8)
    const k0 = keyWord(noise + 12, 0)
    const k1 = keyWord(noise + 12, 1)
    // The first of a pixel's two draws may be the second of a counter's, so the next 16 are always there too.
    let counter = draw >> 1
    const odd = scratch + ((draw & 1) << 2)
    if (sigma != 0) drawSixteen(k0, k1, counter, scratch + 64)
    for (let p = 0; p < pixels; p += 4) {
      const some = min(4, pixels - p)
      let v = loadSome(x, some, 0)
      if (gamma != 1) v = pow4(v, gamma)
      if (sigma != 0) {
        const second = (<usize>(p & 4)) << 3
        if (second == 0) {
          memory.copy(scratch, scratch + 64, 64)
          counter += 8
          drawSixteen(k0, k1, counter, scratch + 64)
        }
        v = multiplyAdd(f32x4.splat(sigma), normal(odd + second), v)
        v = f32x4.min(f32x4.max(v, zero), one)
      }
      storeSome(out, v, some)
      x += some << 2
      out += some << 2
    }
  }
}

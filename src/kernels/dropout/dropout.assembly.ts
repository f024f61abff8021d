import { drawSixteen, keyWord } from '../wasm/random.lib.assembly'

/** Four values times `scale`, or 0 where their draws at `at`, shifted right by 8, are less than `limit`. */
function kept(x: v128, at: usize, limit: v128, scale: v128): v128 {
  return v128.and(f32x4.mul(x, scale), i32x4.ge_s(i32x4.shr_u(v128.load(at), 8), limit))
}

/**
 * out[i] = x[i] factor, or 0 where draw i of the key's stream, shifted right by 8, is less than `below`, for `batch` images of `perImage`
 * values each, an even number unless there is one image. x is counted from `first`, where value `before` of the whole batch lies, an even number. The key is
 * four 16-bit parts.
 * @param scratch 16 draws
 */
export function dropout(
  x: usize,
  key: usize,
  out: usize,
  scratch: usize,
  first: usize,
  before: i32,
  batch: i32,
  perImage: i32,
  below: i32,
  factor: f32,
): void {
  const k0 = keyWord(key, 0)
  const k1 = keyWord(key, 1)
  const limit = i32x4.splat(below)
  const scale = f32x4.splat(factor)
  const end = x + ((batch * perImage) << 2)
  for (let counter = (before >> 1) + <i32>((x - first) >> 3); x < end; counter += 8, x += 64, out += 64) {
    drawSixteen(k0, k1, counter, scratch)
    if (x + 64 <= end) for (let i = 0; i < 64; i += 16) v128.store(out + i, kept(v128.load(x + i), scratch + i, limit, scale))
    else
      for (let i: usize = 0; x + i < end; i += 4)
        store<f32>(out + i, <i32>(load<u32>(scratch + i) >> 8) < below ? 0 : load<f32>(x + i) * factor)
  }
}

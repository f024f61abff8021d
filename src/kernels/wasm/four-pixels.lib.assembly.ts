/** Values of four pixels at a time with any number of channels: class by class, as [C, 4], where pixels have them one after the other. */

/** [C, 4] of `some` pixels from `from` on, [some, C]; zeros for what is missing to four. */
export function gatherPixels(from: usize, to: usize, C: i32, some: i32): void {
  const bytes = C << 2
  if (some < 4) {
    memory.fill(to, 0, C << 4)
    for (let p = 0; p < some; p++) for (let c = 0; c < C; c++, from += 4) store<f32>(to + (c << 4) + (p << 2), load<f32>(from))
    return
  }
  let c = 0
  for (; c + 4 <= C; c += 4, from += 16, to += 64) transpose(from, bytes, to, 16)
  for (; c < C; c++, from += 4, to += 16) {
    let v = v128.load32_zero(from)
    v = v128.load_lane<f32>(from + bytes, v, 1)
    v = v128.load_lane<f32>(from + 2 * bytes, v, 2)
    v128.store(to, v128.load_lane<f32>(from + 3 * bytes, v, 3))
  }
}

/** The inverse: `some` pixels [some, C] of [C, 4]. */
export function scatterPixels(from: usize, to: usize, C: i32, some: i32): void {
  const bytes = C << 2
  if (some < 4) {
    for (let p = 0; p < some; p++) for (let c = 0; c < C; c++, to += 4) store<f32>(to, load<f32>(from + (c << 4) + (p << 2)))
    return
  }
  let c = 0
  for (; c + 4 <= C; c += 4, from += 64, to += 16) transpose(from, 16, to, bytes)
  for (; c < C; c++, from += 16, to += 4) {
    const v = v128.load(from)
    v128.store_lane<f32>(to, v, 0)
    v128.store_lane<f32>(to + bytes, v, 1)
    v128.store_lane<f32>(to + 2 * bytes, v, 2)
    v128.store_lane<f32>(to + 3 * bytes, v, 3)
  }
}

/** `some` values from `from` on, and `rest` for what is missing to four. */
export function loadSome(from: usize, some: i32, rest: f32): v128 {
  if (some >= 4) return v128.load(from)
  let v = f32x4.splat(rest)
  v = v128.load_lane<f32>(from, v, 0)
  if (some > 1) v = v128.load_lane<f32>(from, v, 1, 4)
  if (some > 2) v = v128.load_lane<f32>(from, v, 2, 8)
  return v
}

/** The first `some` values. */
export function storeSome(to: usize, v: v128, some: i32): void {
  if (some >= 4) return v128.store(to, v)
  v128.store_lane<f32>(to, v, 0)
  if (some > 1) v128.store_lane<f32>(to, v, 1, 4)
  if (some > 2) v128.store_lane<f32>(to, v, 2, 8)
}

/** 4 x 4 values with rows `step` bytes apart, as their columns, `toStep` bytes apart. */
export function transpose(from: usize, step: usize, to: usize, toStep: usize): void {
  const a = v128.load(from)
  const b = v128.load(from + step)
  const c = v128.load(from + 2 * step)
  const d = v128.load(from + 3 * step)
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5)
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
  v128.store(to, v128.shuffle<f64>(ab, cd, 0, 2))
  v128.store(to + toStep, v128.shuffle<f64>(ab, cd, 1, 3))
  const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
  const cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
  v128.store(to + 2 * toStep, v128.shuffle<f64>(ab2, cd2, 0, 2))
  v128.store(to + 3 * toStep, v128.shuffle<f64>(ab2, cd2, 1, 3))
}

function rotated(b: v128, by: i32): v128 {
  return v128.or(i32x4.shl(b, by), i32x4.shr_u(b, 32 - by))
}

/**
 * out[i] = x[i] factor, or 0 where draw first + i, first even, of the key's stream (src/lib/random.ts: Threefry-2x32, 20 rounds), shifted right by 8, is less than
 * `below`, for `count` values. The key is four 16-bit parts. A counter gives two draws; four counters are encrypted at a time.
 */
export function dropout(x: usize, key: usize, out: usize, first: i32, count: i32, below: i32, factor: f32): void {
  const k0 = i32x4.splat((<i32>load<f32>(key)) | ((<i32>load<f32>(key, 4)) << 16))
  const k1 = i32x4.splat((<i32>load<f32>(key, 8)) | ((<i32>load<f32>(key, 12)) << 16))
  const k2 = v128.xor(v128.xor(k0, k1), i32x4.splat(0x1bd11bda))
  const limit = i32x4.splat(below)
  const scale = f32x4.splat(factor)
  for (let i = 0; i < count; i += 8) {
    const counter = i32x4.add(i32x4.splat((first + i) >> 1), i32x4(0, 1, 2, 3))
    let a = i32x4.add(counter, k0)
    let b = k1
    for (let s = 1; s <= 5; s++) {
      const odd = (s & 1) == 1
      a = i32x4.add(a, b)
      b = v128.xor(rotated(b, odd ? 13 : 17), a)
      a = i32x4.add(a, b)
      b = v128.xor(rotated(b, odd ? 15 : 29), a)
      a = i32x4.add(a, b)
      b = v128.xor(rotated(b, odd ? 26 : 16), a)
      a = i32x4.add(a, b)
      b = v128.xor(rotated(b, odd ? 6 : 24), a)
      a = i32x4.add(a, s == 3 ? k0 : s == 1 || s == 4 ? k1 : k2)
      b = i32x4.add(i32x4.add(b, s == 3 ? k1 : s == 1 || s == 4 ? k2 : k0), i32x4.splat(s))
    }
    const at = x + (i << 2)
    const to = out + (i << 2)
    if (i + 8 <= count) {
      a = i32x4.ge_s(i32x4.shr_u(a, 8), limit)
      b = i32x4.ge_s(i32x4.shr_u(b, 8), limit)
      v128.store(to, v128.and(f32x4.mul(v128.load(at), scale), v128.shuffle<i32>(a, b, 0, 4, 1, 5)))
      v128.store(to, v128.and(f32x4.mul(v128.load(at, 16), scale), v128.shuffle<i32>(a, b, 2, 6, 3, 7)), 16)
    } else
      for (let j = 0; i + j < count; j++) {
        const draw = i32x4.extract_lane(j & 1 ? b : a, 0) >>> 8
        store<f32>(to + (j << 2), draw < below ? 0 : load<f32>(at + (j << 2)) * factor)
        if (j & 1) {
          // The next counter's draws.
          a = v128.shuffle<i32>(a, a, 1, 2, 3, 0)
          b = v128.shuffle<i32>(b, b, 1, 2, 3, 0)
        }
      }
  }
}

/** The random stream of src/lib/random.ts, Threefry-2x32 with 20 rounds, eight counters at a time: two vectors, of which one works while the other waits. */

/** Word `i` of the key, 0 or 1, in each lane; at `key` it has four 16-bit parts as float32. */
export function keyWord(key: usize, i: i32): v128 {
  return i32x4.splat((<i32>load<f32>(key + (i << 3))) | ((<i32>load<f32>(key + (i << 3), 4)) << 16))
}

/** `bits` turned to the left within each lane, then mixed with another word. @inline */
function turned(bits: v128, by: i32, other: v128): v128 {
  return v128.xor(v128.or(i32x4.shl(bits, by), i32x4.shr_u(bits, 32 - by)), other)
}

/** Draws 2 `counter` to 2 `counter` + 15 of the stream, unsigned 32-bit, at `to`. */
export function drawSixteen(k0: v128, k1: v128, counter: i32, to: usize): void {
  let a = i32x4.add(i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3)), k0)
  let c = i32x4.add(a, i32x4.splat(4))
  let b = k1
  let d = k1
  // Words of the key that are added after every four rounds; the next time each takes the place of the one before.
  let first = k1
  let second = v128.xor(v128.xor(k0, k1), i32x4.splat(0x1bd11bda))
  let third = k0
  for (let s = 1; s <= 5; s++) {
    const odd = (s & 1) == 1
    a = i32x4.add(a, b)
    c = i32x4.add(c, d)
    b = turned(b, odd ? 13 : 17, a)
    d = turned(d, odd ? 13 : 17, c)
    a = i32x4.add(a, b)
    c = i32x4.add(c, d)
    b = turned(b, odd ? 15 : 29, a)
    d = turned(d, odd ? 15 : 29, c)
    a = i32x4.add(a, b)
    c = i32x4.add(c, d)
    b = turned(b, odd ? 26 : 16, a)
    d = turned(d, odd ? 26 : 16, c)
    a = i32x4.add(a, b)
    c = i32x4.add(c, d)
    b = turned(b, odd ? 6 : 24, a)
    d = turned(d, odd ? 6 : 24, c)
    a = i32x4.add(a, first)
    c = i32x4.add(c, first)
    const added = i32x4.add(second, i32x4.splat(s))
    b = i32x4.add(b, added)
    d = i32x4.add(d, added)
    const next = first
    first = second
    second = third
    third = next
  }
  v128.store(to, v128.shuffle<i32>(a, b, 0, 4, 1, 5))
  v128.store(to, v128.shuffle<i32>(a, b, 2, 6, 3, 7), 16)
  v128.store(to, v128.shuffle<i32>(c, d, 0, 4, 1, 5), 32)
  v128.store(to, v128.shuffle<i32>(c, d, 2, 6, 3, 7), 48)
}

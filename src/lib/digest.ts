const rotated = (word: number, by: number) => (word << by) | (word >>> (32 - by))

/** Mixes every bit of a word into all others (MurmurHash3's finaliser). */
function mixed(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
  return (word ^ (word >>> 16)) >>> 0
}

/**
 * A 64-bit hash of an array's content, as 16 hexadecimal digits: two lanes of MurmurHash3. It tells content apart, but not against an
 * attacker. Unlike SHA-256 in browsers it needs no await, and it takes about a second for a gigabyte.
 */
export function digestOf(values: ArrayBufferView): string {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength)
  const whole = view.byteLength & ~3
  let [a, b] = [0x9747b28c, 0x3c6ef372]
  const take = (word: number) => {
    a = (Math.imul(rotated(a ^ Math.imul(rotated(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593), 13), 5) + 0xe6546b64) | 0
    b = (Math.imul(rotated(b ^ Math.imul(rotated(Math.imul(word, 0x239b961b), 16), 0xab0e9789), 19), 5) + 0x561ccd1b) | 0
  }
  for (let at = 0; at < whole; at += 4) take(view.getUint32(at, true))
  let rest = 0
  for (let at = whole; at < view.byteLength; at++) rest = (rest << 8) | view.getUint8(at)
  take(rest)
  take(view.byteLength)
  return [a, b].map((lane) => mixed(lane).toString(16).padStart(8, '0')).join('')
}

/**
 * Counter-based random numbers: Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 * A draw is a pure function of (key, counter), so nothing has to be stored to continue a run, and a GPU can produce the same stream:
 * only 32-bit add, rotate and xor are used.
 */

/** Encrypts the counter (c0, c1) under the key (k0, k1); all four are unsigned 32-bit. Writes two words to `out`. */
export function threefry(k0: number, k1: number, c0: number, c1: number, out: Uint32Array): void {
  const k2 = 0x1bd11bda ^ k0 ^ k1
  let a = (c0 + k0) | 0
  let b = (c1 + k1) | 0
  // Unrolled, since it makes a million draws a step: an array of rotations or keys takes five times as long.
  for (let s = 1; s <= 5; s++) {
    const odd = (s & 1) === 1
    a = (a + b) | 0
    b = (odd ? (b << 13) | (b >>> 19) : (b << 17) | (b >>> 15)) ^ a
    a = (a + b) | 0
    b = (odd ? (b << 15) | (b >>> 17) : (b << 29) | (b >>> 3)) ^ a
    a = (a + b) | 0
    b = (odd ? (b << 26) | (b >>> 6) : (b << 16) | (b >>> 16)) ^ a
    a = (a + b) | 0
    b = (odd ? (b << 6) | (b >>> 26) : (b << 24) | (b >>> 8)) ^ a
    // The key words k[s mod 3] and k[(s + 1) mod 3].
    a = (a + (s === 1 || s === 4 ? k1 : s === 3 ? k0 : k2)) | 0
    b = (b + (s === 2 || s === 5 ? k0 : s === 3 ? k1 : k2) + s) | 0
  }
  out[0] = a
  out[1] = b
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** A random stream named by a seed and a path, e.g. `new Random(7, 'weak', step, model)`. Equal names give equal streams. */
export class Random {
  private readonly key: Uint32Array
  private counter = 0
  private readonly pair = new Uint32Array(2)
  private left = 0

  constructor(seed: number, ...path: (number | string)[]) {
    this.key = new Uint32Array([seed >>> 0, 0])
    for (const part of path) {
      const word = typeof part === 'number' ? part >>> 0 : hash(part)
      threefry(this.key[0]!, this.key[1]!, word, typeof part === 'number' ? 1 : 2, this.key)
    }
  }

  /**
   * The key of the stream with this name as four 16-bit parts, the lower of each word first: whole numbers exact in a float32, so
   * that they can travel in a tensor. `Random.fromKey` and the WGSL of src/kernels/webgpu/random-wgsl.ts make the same draws from them.
   */
  static key(seed: number, ...path: (number | string)[]): Float32Array<ArrayBuffer> {
    return new Random(seed, ...path).parts
  }

  /** The stream of a key made by `Random.key`, from draw number `draw` (counted from 0) on. */
  static fromKey(parts: ArrayLike<number>, draw = 0): Random {
    const random = new Random(0)
    random.key[0] = parts[0]! + parts[1]! * 0x10000
    random.key[1] = parts[2]! + parts[3]! * 0x10000
    random.skip(draw)
    return random
  }

  /** The key of this stream, as `Random.key` gives it. */
  get parts(): Float32Array<ArrayBuffer> {
    return Float32Array.from([...this.key].flatMap((word) => [word & 0xffff, word >>> 16]))
  }

  /** Number of 32-bit draws made so far. */
  get position(): number {
    return 2 * this.counter - this.left
  }

  /** Continues as if `draws` more 32-bit draws had been made. */
  skip(draws: number): void {
    const next = this.position + draws
    this.counter = Math.floor(next / 2)
    this.left = 0
    if (next % 2 === 1) this.uint32()
  }

  /** Uniform over all unsigned 32-bit integers. */
  uint32(): number {
    if (this.left === 0) {
      threefry(this.key[0]!, this.key[1]!, this.counter >>> 0, Math.floor(this.counter / 2 ** 32), this.pair)
      this.counter++
      this.left = 2
    }
    this.left--
    return this.pair[1 - this.left]!
  }

  /** Uniform in [low, high), 24 bits, so exact in a 32-bit float when low = 0 and high = 1. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * ((this.uint32() >>> 8) / 2 ** 24)
  }

  /** exp of a uniform draw: between 1/scale and scale, above or below 1 with equal probability. */
  logUniform(scale: number): number {
    return Math.exp(this.uniform(-1, 1) * Math.log(scale))
  }

  /** Whole number in [0, n). */
  integer(n: number): number {
    return Math.floor(this.uniform() * n)
  }

  chance(p: number): boolean {
    return this.uniform() < p
  }

  /** Standard normal, by Box and Muller. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform())
  }

  /** The numbers 0 .. n-1 in random order (Fisher and Yates). */
  permutation(n: number): number[] {
    const order = Array.from({ length: n }, (_, i) => i)
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      ;[order[i], order[j]] = [order[j]!, order[i]!]
    }
    return order
  }
}

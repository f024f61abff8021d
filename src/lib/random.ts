/**
 * Counter-based random numbers: Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 * A draw is a pure function of (key, counter), so nothing has to be stored to continue a run, and a GPU can make the same stream:
 * only 32-bit add, rotate and xor are used.
 */

const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const

/** Encrypts the counter (c0, c1) under the key (k0, k1); all four are unsigned 32-bit. Writes two words to `out`. */
export function threefry(k0: number, k1: number, c0: number, c1: number, out: Uint32Array): void {
  const k2 = (0x1bd11bda ^ k0 ^ k1) | 0
  const k = [k0 | 0, k1 | 0, k2] as const
  let a = (c0 + k0) | 0
  let b = (c1 + k1) | 0
  for (let round = 0; round < 20; round++) {
    const r = rotations[round & 7]!
    a = (a + b) | 0
    b = ((b << r) | (b >>> (32 - r))) ^ a
    if ((round & 3) === 3) {
      const s = (round + 1) >> 2
      a = (a + k[s % 3]!) | 0
      b = (b + k[(s + 1) % 3]! + s) | 0
    }
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

/** A stream of random numbers named by a seed and a path, e.g. `new Random(7, 'weak', step, model)`. Equal names give equal streams. */
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

  /** exp of a uniform draw: between 1/scale and scale, as likely up as down. */
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

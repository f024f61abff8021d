/** The mean of values, and their standard deviation (of a sample, n - 1); null for fewer than two. @throws RangeError for none */
export function meanAndDeviation(values: readonly number[]): { mean: number; deviation: number | null } {
  if (values.length === 0) throw new RangeError('mean of no values')
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0)
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null }
}

/** The mean of the values that are there and finite; null for none. */
export function meanOfKnown(values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((v) => v !== null && v !== undefined && Number.isFinite(v)) as number[]
  return known.length > 0 ? known.reduce((sum, v) => sum + v, 0) / known.length : null
}

/** Maps a float's bits to an unsigned integer with the same order: negative numbers reversed, below the positive ones. */
const sortable = (bits: number): number => (bits & 0x80000000 ? ~bits : bits | 0x80000000) >>> 0

/**
 * The quantile at `share` (0..1) of finite values, linear between neighbours, as numpy and torch do by default.
 * Exact without sorting: the ranks are found by counting the upper, then the lower half of the bits, so 16 million pixels take two passes.
 */
export function quantile(values: Float32Array<ArrayBuffer>, share: number): number {
  if (values.length === 0) throw new RangeError('quantile of no values')
  const rank = share * (values.length - 1)
  const below = Math.floor(rank)
  const low = atRank(values, below)
  const high = rank === below ? low : atRank(values, below + 1)
  return low + (high - low) * (rank - below)
}

/** The value at index `rank` if the values were sorted. */
function atRank(values: Float32Array<ArrayBuffer>, rank: number): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const upper = new Uint32Array(1 << 16)
  for (let i = 0; i < bits.length; i++) upper[sortable(bits[i]!) >>> 16]!++
  const [top, left] = bucket(upper, rank)
  const lower = new Uint32Array(1 << 16)
  for (let i = 0; i < bits.length; i++) {
    const key = sortable(bits[i]!)
    if (key >>> 16 === top) lower[key & 0xffff]!++
  }
  const key = ((top << 16) | bucket(lower, left)[0]) >>> 0
  return new Float32Array(Uint32Array.of(key & 0x80000000 ? key & 0x7fffffff : ~key).buffer)[0]!
}

/** The bucket that holds the item of this rank, and its rank inside the bucket. */
function bucket(counts: Uint32Array, rank: number): [index: number, rank: number] {
  let index = 0
  while (rank >= counts[index]!) rank -= counts[index++]!
  return [index, rank]
}

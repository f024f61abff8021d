/** Buffers that launches, made in a fixed order, can share, because none needs another's values while it holds its own. */
export interface BufferPlan {
  /** Bytes of each buffer to make. */
  buffers: number[]
  /** For each of the values, the buffer that holds it; -1 if no launch uses it. */
  placeOf: number[]
}

/**
 * Shares out buffers over values by the launches that use them, largest first ("greedy by size"): each takes the smallest buffer that is free from its
 * first to its last launch. Two values of one launch never share, so no launch reads and writes the same buffer, which WebGPU forbids.
 * @param sizes bytes of each value
 * @param uses for each launch the values that it reads or writes
 * @param kept values that are needed after the last launch
 */
export function planBuffers(sizes: readonly number[], uses: readonly (readonly number[])[], kept: ReadonlySet<number>): BufferPlan {
  const lives = livesOf(sizes.length, uses, kept)
  const placeOf = new Array<number>(sizes.length).fill(-1)
  const buffers: number[] = []
  const taken: { first: number; last: number }[][] = []
  const order = lives.flatMap((life, value) => (life ? [value] : [])).sort((a, b) => sizes[b]! - sizes[a]! || a - b)
  for (const value of order) {
    const { first, last } = lives[value]!
    // Buffers are in order of size, the largest first.
    let place = buffers.length - 1
    while (place >= 0 && taken[place]!.some((other) => other.first <= last && first <= other.last)) place--
    if (place < 0) {
      place = buffers.push(sizes[value]!) - 1
      taken.push([])
    }
    taken[place]!.push({ first, last })
    placeOf[value] = place
  }
  return { buffers, placeOf }
}

/** From which launch to which each value is needed; null for one that no launch uses. */
function livesOf(count: number, uses: readonly (readonly number[])[], kept: ReadonlySet<number>) {
  const lives = new Array<{ first: number; last: number } | null>(count).fill(null)
  uses.forEach((values, launch) => {
    for (const value of values) lives[value] = { first: lives[value]?.first ?? launch, last: launch }
  })
  for (const value of kept) if (lives[value]) lives[value].last = uses.length
  return lives
}

/** The most bytes that are needed at once: no plan can do with less. */
export function leastBytes(sizes: readonly number[], uses: readonly (readonly number[])[], kept: ReadonlySet<number>): number {
  const change = new Array<number>(uses.length + 2).fill(0)
  livesOf(sizes.length, uses, kept).forEach((life, value) => {
    if (!life) return
    change[life.first]! += sizes[value]!
    change[life.last + 1]! -= sizes[value]!
  })
  let now = 0
  return change.reduce((most, by) => Math.max(most, (now += by)), 0)
}

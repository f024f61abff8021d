/** Pictures and masks of a few pixels for tests of what is done with them, not of what is in them. */
import { makeVolume, type Volume } from '../data/volume'

export const side = 6

/** A picture that is like none of another seed. */
export const picture = (name: string, seed: number, size: Volume['size'] = [side, side, 1, 1]): Volume =>
  makeVolume({
    name,
    kind: 'png',
    size,
    samples: Uint8Array.from({ length: size.reduce((a, b) => a * b) }, (_, i) => (seed * 37 + i * 11) % 251),
  })

/** A mask with one column of each label, from the left. */
export const labels = (name: string, ...columns: number[]): Volume =>
  makeVolume({
    name,
    kind: 'png',
    size: [side, side, 1, 1],
    samples: Uint8Array.from({ length: side * side }, (_, i) => columns[i % side] ?? 0),
  })

import { Random } from '../../lib/random'

/** draw >>> 8 below this is dropped: exactly the draws whose uniform number, (draw >>> 8) / 2^24, is below p. */
export const dropThreshold = (p: number): number => Math.ceil(p * 2 ** 24)

/** Twin: value i becomes 0 if draw i of the key's stream, as a uniform number, is below p; the others are divided by 1 - p. */
export function drop(x: Float32Array, key: ArrayLike<number>, out: Float32Array, p: number): void {
  const random = Random.fromKey(key)
  const below = dropThreshold(p)
  const factor = 1 / (1 - p)
  for (let i = 0; i < x.length; i++) out[i] = random.uint32() >>> 8 < below ? 0 : x[i]! * factor
}

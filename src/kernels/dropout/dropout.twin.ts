import { Random } from '../../lib/random'

/** draw >>> 8 below this is dropped: exactly the draws whose uniform number, (draw >>> 8) / 2^24, is below p. */
export const dropThreshold = (p: number): number => Math.ceil(p * 2 ** 24)

/**
 * Twin: value i becomes 0 if draw i of the key's stream, as a uniform number, is below p; the others are divided by 1 - p.
 * @param places where x has only some images of a batch: the number of each in it, whose draws it then takes
 */
export function drop(x: Float32Array, key: ArrayLike<number>, out: Float32Array, p: number, places: ArrayLike<number> = [0]): void {
  const below = dropThreshold(p)
  const factor = 1 / (1 - p)
  const perImage = x.length / places.length
  for (let n = 0; n < places.length; n++) {
    const random = Random.fromKey(key, places[n]! * perImage)
    for (let i = n * perImage; i < (n + 1) * perImage; i++) out[i] = random.uint32() >>> 8 < below ? 0 : x[i]! * factor
  }
}

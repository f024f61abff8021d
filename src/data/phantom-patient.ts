import type { LabelClass } from '../image/raster'
import type { Random } from '../lib/random'

/** Returns the random stream of this name for one patient. */
export type Streams = (...path: (string | number)[]) => Random

/** One kind of phantom. */
export interface Generator {
  /** Background first; colours "#rrggbb". */
  classes: readonly LabelClass[]
  /**
   * One slice of a patient. `level` runs from 0 to 1 through the anatomy.
   * @returns size * size grey values, whole numbers 0..255, and classes
   */
  draw(streams: Streams, level: number, size: number): { pixels: Float32Array<ArrayBuffer>; labels: Uint8Array<ArrayBuffer> }
}

/** Range of each trait that differs between patients. */
export type Ranges = Readonly<Record<string, readonly [from: number, to: number]>>

/** One patient's value of every trait, each from its own stream: a new trait leaves the others unchanged. */
export function drawTraits<R extends Ranges>(ranges: R, streams: Streams): { [K in keyof R]: number } {
  const traits = Object.entries(ranges).map(([name, [from, to]]) => [name, streams('trait', name).uniform(from, to)])
  return Object.fromEntries(traits) as { [K in keyof R]: number }
}

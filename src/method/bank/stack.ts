import { unknown } from '../../image/raster'
import { dice, meanOf } from '../metrics'
import { carry, layOn, type Atlas, type Laid } from './demons'
import { bilinear, correlation, identity, widened } from './pose'

/** A slice of the exemplar's stack, with the exemplar's labels. */
export interface Carried {
  /** `unknown` where a class was that did not find its way back. */
  labels: Uint8Array<ArrayBuffer>
  /** Where each pixel lies in the exemplar, as a displacement. */
  field: Laid['field']
  /** Normalised cross-correlation of the exemplar, carried here, and the slice about the structures, -1..1. */
  fit: number
  /** Mean Dice over all classes of the exemplar's labels and those that come back from here, 0..1. */
  wayBack: number
}

/** A structure that looks less like the exemplar's has ended: an image that shows nothing gives every label back as it was. */
const leastFit = 0.5

/**
 * Carries an exemplar along its stack, from slice to slice: each is laid on the next by demons, from where it lies, and the displacements are
 * chained, so that the labels are taken once, from the exemplar. From every slice they are laid back on the exemplar. A class that comes back
 * with a Dice under `least`, or whose surroundings do not fit, may have ended: it is unknown from there on. It stops where this holds for all
 * classes together.
 * @param slices the nearest first, size x size each
 * @param tell awaited after every slice that is tried
 */
export async function carryAlong(
  exemplar: Atlas,
  slices: readonly Float32Array[],
  size: number,
  least: number,
  tell: () => Promise<void>,
): Promise<Carried[]> {
  let classes = [...new Set(exemplar.labels)].filter((l) => l > 0 && l !== unknown)
  const all = classes
  const carried: Carried[] = []
  let near = exemplar
  for (const image of slices) {
    const field = chained(layOn(near, image, size, identity).field, carried.at(-1)?.field, size)
    const labels = carry(exemplar.labels, size, identity, field)
    const back = layOn({ image, labels }, exemplar.image, size, identity).labels
    await tell()
    const warped = displaced(exemplar.image, field, size)
    const fitOf = (some: readonly number[]) => {
      const around = widened(
        labels.map((l) => (some.includes(l) ? 1 : 0)),
        size,
        Math.round((3 * size) / 64),
      )
      return around.includes(1) ? correlation(warped, image, around) : -1
    }
    const wayBackOf = (some: readonly number[]) => meanOf(some.map((l) => dice(back, exemplar.labels, l)))
    const fails = (some: readonly number[]) => !(wayBackOf(some) >= least && fitOf(some) >= leastFit)
    classes = classes.filter((l) => !fails([l]))
    if (fails(all) || classes.length === 0) break
    const kept = labels.map((l) => (l === 0 || classes.includes(l) ? l : unknown))
    carried.push({ labels: kept, field, fit: fitOf(all), wayBack: wayBackOf(all) })
    near = { image, labels }
  }
  return carried
}

/** The displacement of one field after another: u(x) + v(x + u(x)). */
function chained(first: Laid['field'], then: Laid['field'] | undefined, size: number): Laid['field'] {
  if (!then) return first
  const after = then.map((map) => displaced(map, first, size))
  return [first[0].map((u, i) => u + after[0]![i]!), first[1].map((u, i) => u + after[1]![i]!)]
}

/** A map as seen through a field: map(x + u(x)). */
const displaced = (map: Float32Array, [ux, uy]: Laid['field'], size: number) =>
  map.map((_, i) => bilinear(map, size, (i % size) + ux[i]!, Math.floor(i / size) + uy[i]!))

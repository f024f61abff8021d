/**
 * How good a mask is. One rule for empty masks, everywhere: a structure in neither mask is not applicable (NaN, left out of means);
 * a structure in exactly one of them is missed or spurious and gets the worst possible score, rather than being left out.
 */
import { distanceTransform, stridesOf, type Spacing } from '../image/distance-transform'
import { unknown } from '../image/raster'

/** found: in both masks; missed: only in the reference; spurious: only in the prediction; absent: in neither. */
export type Outcome = 'found' | 'missed' | 'spurious' | 'absent'

/** Pixel counts of one class. Counts of several slices add up to the volume's. */
export interface Overlap {
  prediction: number
  reference: number
  both: number
}

/** Counts of class `classIndex` in two label maps of equal length. */
export function overlap(prediction: Uint8Array, reference: Uint8Array, classIndex: number): Overlap {
  if (prediction.length !== reference.length)
    throw new RangeError(`masks of ${prediction.length} and ${reference.length} pixels cannot be compared`)
  const counts = { prediction: 0, reference: 0, both: 0 }
  for (let i = 0; i < prediction.length; i++) {
    const p = prediction[i] === classIndex
    const r = reference[i] === classIndex
    if (p) counts.prediction++
    if (r) counts.reference++
    if (p && r) counts.both++
  }
  return counts
}

/** The counts of all slices of a volume together. */
export function pool(overlaps: readonly Overlap[]): Overlap {
  const total = { prediction: 0, reference: 0, both: 0 }
  for (const one of overlaps) {
    total.prediction += one.prediction
    total.reference += one.reference
    total.both += one.both
  }
  return total
}

export function outcomeOf({ prediction, reference }: Overlap): Outcome {
  if (prediction > 0) return reference > 0 ? 'found' : 'spurious'
  return reference > 0 ? 'missed' : 'absent'
}

/** Dice coefficient 2 |P and R| / (|P| + |R|), 0..1; NaN if the class is in neither mask (medpy says 1 there, which flatters). */
export const diceOf = ({ prediction, reference, both }: Overlap): number => (2 * both) / (prediction + reference)

/** Dice coefficient of one class of two label maps of equal length; NaN if the class is in neither. */
export const dice = (a: Uint8Array, b: Uint8Array, classIndex: number): number => diceOf(overlap(a, b, classIndex))

/** One image with its ground truth. */
export interface Case {
  patient: string
  prediction: Uint8Array
  reference: Uint8Array
}

export interface PatientScores {
  /** Dice of the pooled slices, one for each foreground class (class 1 first); NaN if a class is absent. */
  patients: { patient: string; dice: number[] }[]
  /** Mean over the patients; NaN for a class that no patient has. */
  perClass: number[]
  /** Mean over the foreground classes; NaN if there is none. */
  mean: number
}

/** Dice per patient, then per class, then overall. `classes` includes background. */
export function scorePatients(cases: readonly Case[], classes: number): PatientScores {
  const foreground = Array.from({ length: classes - 1 }, (_, i) => i + 1)
  const patients = [...new Set(cases.map(({ patient }) => patient))].map((patient) => {
    const own = cases.filter((one) => one.patient === patient)
    return { patient, dice: foreground.map((c) => diceOf(pool(own.map((one) => overlap(one.prediction, one.reference, c))))) }
  })
  const perClass = foreground.map((c) => meanOf(patients.map((one) => one.dice[c - 1]!)))
  return { patients, perClass, mean: meanOf(perClass) }
}

/** Mean of the values that are not NaN; NaN if there is none. */
export function meanOf(values: readonly number[]): number {
  const defined = values.filter((value) => !Number.isNaN(value))
  return defined.reduce((sum, value) => sum + value, 0) / defined.length
}

/**
 * The percentile (0..100) of some values, linear between neighbours, numpy's default; NaN of none.
 * Separate from `quantile` of lib/statistics because distances are few and need double precision.
 */
export function percentile(values: ArrayLike<number>, percent: number): number {
  if (values.length === 0) return NaN
  const sorted = Float64Array.from(values).sort()
  const rank = (percent / 100) * (sorted.length - 1)
  const below = Math.floor(rank)
  const low = sorted[below]!
  return low + (sorted[Math.min(below + 1, sorted.length - 1)]! - low) * (rank - below)
}

/** A label map of an image or a volume: lengths of its two or three axes, the fastest first, and a class, or unknown, for each place. */
export interface Grid {
  size: readonly number[]
  labels: Uint8Array
}

const volumeOf = (size: readonly number[]) => size.reduce((product, length) => product * length, 1)

/**
 * 1 on a structure's border: the mask XOR its erosion with the cross of 4 neighbours, or 6 in a volume, as in medpy. Outside counts as background,
 * so a structure also has a border at the edge. An unknown neighbour is neither inside nor outside, so it makes no border.
 */
export function border({ size, labels }: Grid, classIndex: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(labels.length)
  const strides = stridesOf(size)
  const isOutside = (i: number) => labels[i] !== classIndex && labels[i] !== unknown
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] !== classIndex) continue
    for (let axis = 0; axis < size.length && out[i] === 0; axis++) {
      const stride = strides[axis]!
      const at = Math.floor(i / stride) % size[axis]!
      if (at === 0 || at === size[axis]! - 1 || isOutside(i - stride) || isOutside(i + stride)) out[i] = 1
    }
  }
  return out
}

/** How far apart a structure's borders are in two masks; distances in the units of the spacing. */
export interface BorderDistance {
  outcome: Outcome
  /** 95th percentile of the two directed sets of distances pooled: medpy's `hd95`. */
  pooled95: number
  /** The larger of the 95th percentiles of the two directed sets: the usual textbook definition, also used by Metrics Reloaded. */
  larger95: number
  /** The Hausdorff distance itself: the largest distance of both sets. */
  largest: number
  /** Normalised surface Dice: the share of both borders that lies within the tolerance of the other, 0..1. */
  surfaceDice: number
}

/**
 * HD95 of one class in one image or volume, in both definitions in use, and its surface Dice. A class in neither mask gives NaN; a class in only one
 * of them gives the diagonal of the whole, the largest possible distance, and a surface Dice of 0. There is no agreed HD95 of separate
 * slices: for such a patient report the mean over its images, and say so.
 * @param tolerance in the units of the spacing
 * @throws RangeError for masks of different sizes
 */
export const borderDistance = (
  prediction: Grid,
  reference: Grid,
  classIndex: number,
  spacing?: Spacing,
  tolerance?: number,
): BorderDistance => borderDistances(prediction, reference, [classIndex], spacing, tolerance)[0]!

/** The same of several classes: both masks are gone through once. */
export function borderDistances(
  prediction: Grid,
  reference: Grid,
  classes: readonly number[],
  spacing: Spacing = prediction.size.map(() => 1),
  tolerance = 1,
): BorderDistance[] {
  const { size } = prediction
  if (size.join() !== reference.size.join())
    throw new RangeError(`masks of ${size.join(' x ')} and ${reference.size.join(' x ')} pixels cannot be compared`)
  const extents = extentsOf(prediction, reference)
  return classes.map((classIndex) => {
    const extent = extents[classIndex]
    const outcome = outcomeOf(extent ?? { prediction: 0, reference: 0, both: 0 })
    if (!extent || outcome !== 'found') {
      const absent = outcome === 'absent'
      const worst = absent ? NaN : Math.hypot(...size.map((length, axis) => length * spacing[axis]!))
      return { outcome, pooled95: worst, larger95: worst, largest: worst, surfaceDice: absent ? NaN : 0 }
    }
    // Nothing outside both structures matters, and most of a volume is outside.
    const box = extents[unknown] ? widened(extent, size) : extent
    const inPrediction = cropped(prediction, classIndex, box)
    const inReference = cropped(reference, classIndex, box)
    const [ofPrediction, ofReference] = bordersOf(inPrediction, inReference)
    const [toReference, toPrediction] = nearest(ofPrediction, ofReference, inPrediction.size, spacing)
    const both = new Float64Array(toReference.length + toPrediction.length)
    both.set(toReference)
    both.set(toPrediction, toReference.length)
    // A distance equal to the tolerance, up to rounding, is within it.
    const within = tolerance * (1 + 1e-9)
    return {
      outcome,
      pooled95: percentile(both, 95),
      larger95: Math.max(percentile(toReference, 95), percentile(toPrediction, 95)),
      largest: Math.max(percentile(toReference, 100), percentile(toPrediction, 100)),
      surfaceDice: both.filter((distance) => distance <= within).length / both.length,
    }
  })
}

/** Counts of a class, and the smallest box that holds it in both masks: the first and last place along each axis. */
interface Extent extends Overlap {
  first: number[]
  last: number[]
}

/** The extents of all classes but background, by class; none for a class in neither mask. What is unknown in both has an empty one. */
function extentsOf(prediction: Grid, reference: Grid): (Extent | undefined)[] {
  const { size } = prediction
  const extents: (Extent | undefined)[] = []
  const strides = stridesOf(size)
  const extentOf = (classIndex: number) =>
    (extents[classIndex] ??= { prediction: 0, reference: 0, both: 0, first: [...size], last: size.map(() => -1) })
  const reach = ({ first, last }: Extent, i: number) => {
    for (let axis = 0; axis < size.length; axis++) {
      const at = Math.floor(i / strides[axis]!) % size[axis]!
      if (at < first[axis]!) first[axis] = at
      if (at > last[axis]!) last[axis] = at
    }
  }
  for (let i = 0; i < prediction.labels.length; i++) {
    const [p, r] = [prediction.labels[i]!, reference.labels[i]!]
    if (p === 0 && r === 0) continue
    // Only whether there is any is asked of the unknown, and it may fill most of a volume.
    if (p === unknown && r === unknown) {
      extentOf(unknown)
      continue
    }
    if (p > 0) {
      const extent = extentOf(p)
      extent.prediction++
      if (p === r) extent.both++
      reach(extent, i)
    }
    if (r > 0) {
      const extent = extentOf(r)
      extent.reference++
      if (p !== r) reach(extent, i)
    }
  }
  return extents
}

/** A box with one place more on each side, where the grid has one: what is unknown just outside a structure has to be seen as such. */
const widened = ({ first, last }: Extent, size: readonly number[]): Pick<Extent, 'first' | 'last'> => ({
  first: first.map((at) => Math.max(0, at - 1)),
  last: last.map((at, axis) => Math.min(size[axis]! - 1, at + 1)),
})

/** The borders in two masks of one class. Where nothing but the unknown surrounds a structure, the unknown counts as outside in both. */
function bordersOf(a: Grid, b: Grid): [Uint8Array, Uint8Array] {
  const [ofA, ofB] = [border(a, 1), border(b, 1)]
  if (ofA.includes(1) && ofB.includes(1)) return [ofA, ofB]
  const plain = ({ size, labels }: Grid) => border({ size, labels: labels.map((l) => (l === 1 ? 1 : 0)) }, 1)
  return [plain(a), plain(b)]
}

/** So many pairs of border points take as long as a distance transform of one place: measured, 0.25 us for both directions. */
const pairsForOne = 100

/** How far each set place of one mask is from the nearest of the other, and the other way round. */
function nearest(a: Uint8Array, b: Uint8Array, size: readonly number[], spacing: Spacing): [Float64Array, Float64Array] {
  const [ofA, ofB] = [a, b].map((mask) => pointsOf(mask, size, spacing)) as [Float64Array, Float64Array]
  const axes = size.length
  if ((ofA.length / axes) * (ofB.length / axes) > pairsForOne * a.length)
    return [
      distanceTransform(b, size, spacing).filter((_, i) => a[i] === 1),
      distanceTransform(a, size, spacing).filter((_, i) => b[i] === 1),
    ]
  const fromA = new Float64Array(ofA.length / axes).fill(Infinity)
  const fromB = new Float64Array(ofB.length / axes).fill(Infinity)
  for (let i = 0; i < fromA.length; i++) {
    let least = Infinity
    for (let j = 0; j < fromB.length; j++) {
      let squared = 0
      for (let axis = 0; axis < axes; axis++) squared += (ofA[i * axes + axis]! - ofB[j * axes + axis]!) ** 2
      if (squared < least) least = squared
      if (squared < fromB[j]!) fromB[j] = squared
    }
    fromA[i] = least
  }
  return [fromA.map(Math.sqrt), fromB.map(Math.sqrt)]
}

/** Where the set places of a mask lie, one after another. */
function pointsOf(mask: Uint8Array, size: readonly number[], spacing: Spacing): Float64Array {
  const strides = stridesOf(size)
  const points: number[] = []
  for (let i = 0; i < mask.length; i++)
    if (mask[i] === 1)
      for (let axis = 0; axis < size.length; axis++) points.push((Math.floor(i / strides[axis]!) % size[axis]!) * spacing[axis]!)
  return Float64Array.from(points)
}

/** A mask of one class, 1 inside, cut to a box; the unknown stays so. */
function cropped({ size, labels }: Grid, classIndex: number, { first, last }: Pick<Extent, 'first' | 'last'>): Grid {
  const strides = stridesOf(size)
  const box = size.map((_, axis) => last[axis]! - first[axis]! + 1)
  const inBox = stridesOf(box)
  const own = new Uint8Array(volumeOf(box))
  const row = box[0]!
  for (let start = 0; start < own.length; start += row) {
    let from = first[0]!
    for (let axis = 1; axis < size.length; axis++) from += strides[axis]! * (first[axis]! + (Math.floor(start / inBox[axis]!) % box[axis]!))
    for (let i = 0; i < row; i++) {
      const label = labels[from + i]
      own[start + i] = label === classIndex ? 1 : label === unknown ? unknown : 0
    }
  }
  return { size: box, labels: own }
}

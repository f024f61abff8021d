import type { LabelMap } from '../image/raster'

/**
 * How good a mask is. One rule for empty masks, everywhere: a structure in neither mask is not applicable (NaN, left out of means);
 * a structure in exactly one of them is missed or spurious and counts with the worst score there is, never as nothing.
 */

/** found: in both masks; missed: only in the reference; spurious: only in the prediction; absent: in neither. */
export type Outcome = 'found' | 'missed' | 'spurious' | 'absent'

/** Pixel counts of one class. Counts of several slices add up to those of the volume. */
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

/** One image with its truth. */
export interface Case {
  patient: string
  prediction: Uint8Array
  reference: Uint8Array
}

export interface PatientScores {
  /** Dice of the pooled slices, one for each foreground class (class 1 first); NaN where a class is absent. */
  patients: { patient: string; dice: number[] }[]
  /** Mean over the patients; NaN for a class that no patient has. */
  perClass: number[]
  /** Mean over the foreground classes; NaN if there is none. */
  mean: number
}

/** Dice per patient, then per class, then in all. `classes` counts background. */
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
 * The percentile (0..100) of some values, linear between neighbours as numpy's default; NaN of none.
 * Beside `quantile` of lib/statistics because distances are few and want double precision.
 */
export function percentile(values: ArrayLike<number>, percent: number): number {
  if (values.length === 0) return NaN
  const sorted = Float64Array.from(values).sort()
  const rank = (percent / 100) * (sorted.length - 1)
  const below = Math.floor(rank)
  const low = sorted[below]!
  return low + (sorted[Math.min(below + 1, sorted.length - 1)]! - low) * (rank - below)
}

/**
 * 1 where a structure ends: the mask XOR its erosion with the 4-connected cross, as medpy does. Outside the image counts as background,
 * so a structure also ends at the image's edge.
 */
export function border({ width, height, labels }: LabelMap, classIndex: number): Uint8Array<ArrayBuffer> {
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && labels[y * width + x] === classIndex
  const out = new Uint8Array(width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (inside(x, y) && !(inside(x - 1, y) && inside(x + 1, y) && inside(x, y - 1) && inside(x, y + 1))) out[y * width + x] = 1
  return out
}

/** Size of a pixel: [x, y], in millimetres or whatever the distances shall be in. */
export type Spacing = readonly [x: number, y: number]

/**
 * Exact Euclidean distance from each pixel's centre to that of the nearest set pixel of `mask` (row-major, width x height); Infinity if
 * none is set. Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions", Theory of Computing 8 (2012), in linear time.
 */
export function distanceTransform(mask: Uint8Array, width: number, height: number, [sx, sy]: Spacing = [1, 1]): Float64Array {
  const squared = Float64Array.from(mask, (set) => (set ? 0 : Infinity))
  const longest = Math.max(width, height)
  const line = new Float64Array(longest)
  const vertex = new Int32Array(longest)
  const from = new Float64Array(longest)

  /** Replaces f(p) by min over q of (spacing (p - q))^2 + f(q) on one row or column: the lower envelope of parabolas. */
  const transform = (start: number, stride: number, count: number, spacing: number) => {
    const unit = spacing * spacing
    let last = -1
    for (let q = 0; q < count; q++) {
      const f = (line[q] = squared[start + q * stride]!)
      if (f === Infinity) continue
      let cross = -Infinity
      while (last >= 0) {
        const v = vertex[last]!
        cross = (f - line[v]! + unit * (q * q - v * v)) / (2 * unit * (q - v))
        if (cross > from[last]!) break
        last--
      }
      if (last < 0) cross = -Infinity
      last++
      vertex[last] = q
      from[last] = cross
    }
    if (last < 0) return
    for (let p = 0, k = 0; p < count; p++) {
      while (k < last && from[k + 1]! < p) k++
      const d = p - vertex[k]!
      squared[start + p * stride] = unit * d * d + line[vertex[k]!]!
    }
  }

  for (let x = 0; x < width; x++) transform(x, width, height, sy)
  for (let y = 0; y < height; y++) transform(y * width, 1, width, sx)
  return squared.map(Math.sqrt)
}

/** Distances between the borders of a structure in two masks, in the units of the spacing. */
export interface BorderDistance {
  outcome: Outcome
  /** 95th percentile of the two directed sets of distances pooled: medpy's `hd95`. */
  pooled95: number
  /** The larger of the 95th percentiles of the two directed sets: the usual textbook definition. */
  larger95: number
  /** The Hausdorff distance itself: the largest distance of both sets. */
  largest: number
}

/**
 * HD95 of one class in one image, in both definitions in use. A class in neither mask gives NaN; one in exactly one of them gives the
 * image's diagonal, which no distance within the image exceeds. There is no agreed HD95 of a volume made of separate slices here:
 * report a patient as the mean over its images, and say so.
 * @throws RangeError for masks of different sizes
 */
export function borderDistance(prediction: LabelMap, reference: LabelMap, classIndex: number, spacing: Spacing = [1, 1]): BorderDistance {
  const { width, height } = prediction
  if (width !== reference.width || height !== reference.height)
    throw new RangeError(`masks of ${width} x ${height} and ${reference.width} x ${reference.height} pixels cannot be compared`)
  const outcome = outcomeOf(overlap(prediction.labels, reference.labels, classIndex))
  if (outcome !== 'found') {
    const worst = outcome === 'absent' ? NaN : Math.hypot(width * spacing[0], height * spacing[1])
    return { outcome, pooled95: worst, larger95: worst, largest: worst }
  }
  const p = border(prediction, classIndex)
  const r = border(reference, classIndex)
  const toReference = distanceTransform(r, width, height, spacing).filter((_, i) => p[i] === 1)
  const toPrediction = distanceTransform(p, width, height, spacing).filter((_, i) => r[i] === 1)
  return {
    outcome,
    pooled95: percentile([...toReference, ...toPrediction], 95),
    larger95: Math.max(percentile(toReference, 95), percentile(toPrediction, 95)),
    largest: Math.max(percentile(toReference, 100), percentile(toPrediction, 100)),
  }
}

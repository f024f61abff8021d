/** Whether the networks know what they do not know: counts that add up over images and runs. */
import { countReliability, noReliability, type Reliability } from '../method/reliability'

/** Bins of disagreement, 0..1. */
const disagreementBins = 50

/** Pixels by how much the networks differ there: of masks that are right and wrong. */
export interface Detection {
  right: number[]
  wrong: number[]
}

/** `all` pixels, and those that a mask or the truth calls foreground: most of an image is background that nobody gets wrong. */
export interface OfPixels<T> {
  all: T
  foreground: T
}

export interface Calibration {
  /** From which confidence on pixels are learnt from. */
  tau: number
  reliability: OfPixels<Reliability>
  pixels: OfPixels<Detection>
  /** Of each scored image how much the networks differ and its Dice. */
  images: (readonly [disagreement: number, dice: number])[]
}

const zeros = (count: number) => new Array<number>(count).fill(0)
const noDetection = (): Detection => ({ right: zeros(disagreementBins), wrong: zeros(disagreementBins) })

export const emptyCalibration = (tau: number): Calibration => ({
  tau,
  reliability: { all: noReliability(), foreground: noReliability() },
  pixels: { all: noDetection(), foreground: noDetection() },
  images: [],
})

/** Counts one pseudo-label. @param foreground whether it or the truth is */
export function countLabel(
  { all, foreground: part }: OfPixels<Reliability>,
  confidence: number,
  right: boolean,
  foreground: boolean,
): void {
  for (const counts of foreground ? [all, part] : [all]) countReliability(counts, confidence, right)
}

/** Counts one pixel of a mask. @param disagreement of both networks, 0..1 */
export function countPixel(
  { all, foreground: part }: OfPixels<Detection>,
  disagreement: number,
  right: boolean,
  foreground: boolean,
): void {
  const bin = Math.min(disagreementBins - 1, Math.max(0, Math.floor(disagreement * disagreementBins)))
  for (const counts of foreground ? [all, part] : [all]) counts[right ? 'right' : 'wrong'][bin]!++
}

const added = (a: readonly number[], b: readonly number[]) => a.map((v, i) => v + b[i]!)

/** The counts of several runs together; null of none. */
export function together(all: readonly Calibration[]): Calibration | null {
  const [first, ...others] = all
  if (!first) return null
  const reliability = (a: Reliability, b: Reliability): Reliability => ({
    pixels: added(a.pixels, b.pixels),
    right: added(a.right, b.right),
    confidence: added(a.confidence, b.confidence),
  })
  const detection = (a: Detection, b: Detection): Detection => ({ right: added(a.right, b.right), wrong: added(a.wrong, b.wrong) })
  return others.reduce(
    (sum, one) => ({
      tau: sum.tau,
      reliability: {
        all: reliability(sum.reliability.all, one.reliability.all),
        foreground: reliability(sum.reliability.foreground, one.reliability.foreground),
      },
      pixels: {
        all: detection(sum.pixels.all, one.pixels.all),
        foreground: detection(sum.pixels.foreground, one.pixels.foreground),
      },
      images: [...sum.images, ...one.images],
    }),
    first,
  )
}

/** An image whose Dice is below this counts as wrong. */
export const wrongImage = 0.7

/** How well disagreement finds images that are wrong: area under the ROC curve; NaN where all or none are. */
export function imageDetection(images: Calibration['images']): number {
  const values = [...new Set(images.map(([disagreement]) => disagreement))].sort((a, b) => a - b)
  const place = new Map(values.map((value, i) => [value, i]))
  const counts: Detection = { right: zeros(values.length), wrong: zeros(values.length) }
  for (const [disagreement, dice] of images) counts[dice < wrongImage ? 'wrong' : 'right'][place.get(disagreement)!]!++
  return areaUnderCurve(counts)
}

/**
 * Area under the ROC curve of counts in bins, smallest value first: how often a wrong one has a larger value than a right one, ties counted half. NaN
 * where all or none are wrong.
 */
export function areaUnderCurve({ right, wrong }: Detection): number {
  let below = 0
  let wins = 0
  let all = 0
  for (let bin = 0; bin < right.length; bin++) {
    wins += wrong[bin]! * (below + right[bin]! / 2)
    below += right[bin]!
    all += wrong[bin]!
  }
  return wins / (all * below)
}

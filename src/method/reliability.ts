/** Whether labels are as often right as the networks are sure of them: counts that add up over images and runs. */

/** Bins of confidence, 0..1. */
const bins = 20

/** Labels by confidence. */
export interface Reliability {
  /** Pixels in each bin. */
  pixels: number[]
  /** Of them those whose label is right. */
  right: number[]
  /** The sum of their confidences. */
  confidence: number[]
}

const zeros = () => new Array<number>(bins).fill(0)
export const noReliability = (): Reliability => ({ pixels: zeros(), right: zeros(), confidence: zeros() })

/** Counts the label of one pixel. */
export function countReliability(counts: Reliability, confidence: number, right: boolean): void {
  const bin = Math.min(bins - 1, Math.max(0, Math.floor(confidence * bins)))
  counts.pixels[bin]!++
  if (right) counts.right[bin]!++
  counts.confidence[bin]! += confidence
}

/** Pixels, share that is right and mean confidence of each bin that has any. */
export const reliabilityCurve = ({ pixels, right, confidence }: Reliability): { confidence: number; right: number; pixels: number }[] =>
  pixels.flatMap((n, bin) => (n === 0 ? [] : [{ confidence: confidence[bin]! / n, right: right[bin]! / n, pixels: n }]))

/**
 * Expected calibration error (Naeini, Cooper and Hauskrecht, AAAI 2015): how far confidence and the share that is right are apart, mean over the bins
 * from confidence `from` on, weighted by their pixels. NaN without a pixel.
 */
export function calibrationError({ pixels, right, confidence }: Reliability, from = 0): number {
  let sum = 0
  let all = 0
  for (let bin = Math.round(from * bins); bin < bins; bin++) {
    sum += Math.abs(confidence[bin]! - right[bin]!)
    all += pixels[bin]!
  }
  return sum / all
}

/** Share that is right from confidence `from` on, and how many of all pixels that are. */
export function confidentPart({ pixels, right }: Reliability, from: number): { right: number; share: number } {
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
  const first = Math.round(from * bins)
  const confident = sum(pixels.slice(first))
  return { right: sum(right.slice(first)) / confident, share: confident / sum(pixels) }
}

/** Whether labels are as often right as the networks are sure of them: counts that add up over images and runs. */

import { unknown } from '../image/raster'
import { decide, type Inference } from './inference'

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

/** Counts of labels for a score: by confidence, and exactly from the threshold on. */
export interface Confidence {
  reliability: Reliability
  sure: number
  right: number
}

export const noConfidence = (): Confidence => ({ reliability: noReliability(), sure: 0, right: 0 })

/**
 * Counts the labels of both networks in one image, where they or the truth are foreground: most of an image is background that nobody gets wrong.
 * @param truth class of each pixel as the networks see it, 255 for unknown @param tau from which confidence on a label is learnt from
 */
export function countConfidence(counts: Confidence, inference: Inference, truth: Uint8Array, classes: number, tau: number): void {
  for (const softmax of [inference.A, inference.B]) {
    const { labels, confidence } = decide(softmax, classes)
    for (let pixel = 0; pixel < truth.length; pixel++) {
      const [label, real] = [labels[pixel]!, truth[pixel]!]
      if (real === unknown || (label === 0 && real === 0)) continue
      countReliability(counts.reliability, confidence[pixel]!, label === real)
      if (confidence[pixel]! < tau) continue
      counts.sure++
      if (label === real) counts.right++
    }
  }
}

/** Null where no pixel counts. */
export function confidenceScore({ reliability, sure, right }: Confidence): {
  confidentRight: number | null
  calibrationError: number | null
} {
  const error = calibrationError(reliability)
  return { confidentRight: sure === 0 ? null : right / sure, calibrationError: Number.isNaN(error) ? null : error }
}

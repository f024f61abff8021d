import { expect, test } from 'vitest'
import { confidenceScore, countConfidence, noConfidence } from './reliability'

test('confident pixels are right or not where a network or the truth is foreground; unknown and plain background do not count', () => {
  const counts = noConfidence()
  // Pixels: right foreground, wrong foreground, missed, background, unknown. Softmax of two classes.
  const A = [0.1, 0.9, 0.2, 0.8, 0.95, 0.05, 0.99, 0.01, 0.5, 0.5]
  const B = [0.4, 0.6, 0.99, 0.01, 0.3, 0.7, 0.99, 0.01, 0.5, 0.5]
  const truth = Uint8Array.of(1, 0, 1, 0, 255)
  countConfidence(counts, { A: Float32Array.from(A), B: Float32Array.from(B) }, truth, 2, 0.75)
  const { confidentRight, calibrationError } = confidenceScore(counts)
  // Of A: sure and right, sure and wrong, sure and wrong; of B: none is sure, its second pixel is background in both.
  expect(confidentRight).toBeCloseTo(1 / 3, 9)
  const off = [0.9 - 1, 0.8 - 0, 0.95 - 0, 0.6 - 1, 0.7 - 1].map(Math.abs)
  expect(calibrationError).toBeCloseTo(off.reduce((a, b) => a + b) / 5, 6)
  expect(confidenceScore(noConfidence())).toEqual({ confidentRight: null, calibrationError: null })
})

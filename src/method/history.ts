/** A run's reports, one row per step or score. */

export type { Mark } from '../lib/mark'
export type { Recovery } from '../lib/recovery'

/** One of the two networks, as the page calls them. */
export type Network = 'A' | 'B'

/** One step's scalars. Losses are unweighted means; shares are 0..1. NaN where a term is off. */
export interface StepMetrics {
  step: number
  learningRate: number
  /** Weight of the unlabelled terms, 0 in warm-up to 1. */
  ramp: number
  totalA: number
  totalB: number
  exemplarA: number
  exemplarB: number
  syntheticA: number
  syntheticB: number
  imageA: number
  imageB: number
  featureA: number
  featureB: number
  /** Share of weak-view pixels with confidence >= tau. */
  confidentA: number
  confidentB: number
  /** Share of weak-view pixels labelled as any foreground class. */
  foregroundA: number
  foregroundB: number
  /** Share of weak-view pixels on which both pseudo-labels agree. */
  agreement: number
  /** The only network that the step updated, if it was one alone. */
  only?: Network
}

/** Dice after a step; `fit` is the score on the exemplar, which is not accuracy. */
export interface ScoreRow {
  step: number
  fit: number
  /** Mean over other patients, then over foreground classes; null without references. */
  dice: number | null
  diceA: number | null
  diceB: number | null
  /** Per foreground class; null if no reference shows the class. */
  perClass: (number | null)[]
}

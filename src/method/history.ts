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

/** What a patient, or a volume of images, scores: one number for each foreground class, null where it is in neither mask. */
export interface PatientScore {
  /** The first of its pictures that is scored, by its id: what leaves the page may call it something else. */
  picture: string
  dice: (number | null)[]
  /** Empty where HD95 is not measured. */
  hd95: (number | null)[]
}

/** Scores after a step; `fit` is the score on the exemplar, which is not accuracy. */
export interface ScoreRow {
  step: number
  fit: number
  /** Mean over other patients, then over foreground classes; null without references. */
  dice: number | null
  diceA: number | null
  diceB: number | null
  /** Per foreground class; null if no reference shows the class. */
  perClass: (number | null)[]
  /**
   * HD95 in millimetres where all scored images say their spacing, else in pixels, averaged as Dice is; null where that is, and where measuring it at every
   * score would take too long.
   */
  hd95: number | null
  /** Per foreground class; empty where HD95 is not measured. */
  hd95PerClass: (number | null)[]
  perPatient: PatientScore[]
  /** Of the pixels that a network or the reference calls foreground, both networks together: the share of right labels among the confident ones. */
  confidentRight: number | null
  /** Expected calibration error of the same pixels, confident or not. */
  calibrationError: number | null
}

/** What a score lacks that was saved before there was more than Dice. */
export const diceAlone: Pick<ScoreRow, 'hd95' | 'hd95PerClass' | 'perPatient' | 'confidentRight' | 'calibrationError'> = {
  hd95: null,
  hd95PerClass: [],
  perPatient: [],
  confidentRight: null,
  calibrationError: null,
}

/** A score with what it lacks. Only that comes last: one that lacks nothing keeps its order, and is saved as the same bytes. */
export const wholeScore = <S extends Omit<ScoreRow, keyof typeof diceAlone>>(score: S): S & typeof diceAlone => ({
  ...score,
  ...diceAlone,
  ...score,
})

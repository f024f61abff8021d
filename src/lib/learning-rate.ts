import { tidy } from './round-numbers'

/** lr(t) = lr (1 - t / T)^power, with settings named as in method/config. */
export const learningRateAt = (t: number, of: { steps: number; learningRate: number; polyPower: number }): number =>
  of.learningRate * Math.max(0, 1 - t / of.steps) ** of.polyPower

/** A learning rate with two figures. */
export const rateText = (rate: number): string => String(tidy(rate, 2))

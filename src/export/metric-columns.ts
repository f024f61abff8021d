/** What a step or a score has, by column and in order: records, so that a field forgotten here does not compile. docs/reading-data.md describes each. */
import type { ScoreRow, StepMetrics } from '../method/history'

/** The kinds of columns; in TensorBoard, what stands before the slash. */
export type ColumnGroup = 'schedule' | 'loss' | 'share' | 'score'

/** Columns that are numbers of a step. */
export const stepColumns: Record<Exclude<keyof StepMetrics, 'step' | 'only'>, ColumnGroup> = {
  learningRate: 'schedule',
  ramp: 'schedule',
  totalA: 'loss',
  totalB: 'loss',
  exemplarA: 'loss',
  exemplarB: 'loss',
  syntheticA: 'loss',
  syntheticB: 'loss',
  imageA: 'loss',
  imageB: 'loss',
  featureA: 'loss',
  featureB: 'loss',
  confidentA: 'share',
  confidentB: 'share',
  foregroundA: 'share',
  foregroundB: 'share',
  agreement: 'share',
}

/** Columns that are one number of a score. */
export const scoreColumns: Record<Exclude<keyof ScoreRow, 'step' | 'perClass'>, ColumnGroup> = {
  fit: 'score',
  dice: 'score',
  diceA: 'score',
  diceB: 'score',
}

export const keysOf = <K extends string>(columns: Record<K, unknown>): K[] => Object.keys(columns) as K[]

/** The column of a foreground class, 0 for the first. */
export const classColumn = (index: number): string => `dice${index + 1}`

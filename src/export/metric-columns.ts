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
export const scoreColumns: Record<Exclude<keyof ScoreRow, 'step' | 'perClass' | 'hd95PerClass' | 'perPatient'>, ColumnGroup> = {
  fit: 'score',
  dice: 'score',
  diceA: 'score',
  diceB: 'score',
  hd95: 'score',
  confidentRight: 'score',
  calibrationError: 'score',
}

export const keysOf = <K extends string>(columns: Record<K, unknown>): K[] => Object.keys(columns) as K[]

/** The columns of a score's foreground classes. */
export const classColumns = ({ perClass, hd95PerClass }: ScoreRow): [column: string, value: number | null][] => [
  ...perClass.map((dice, i): [string, number | null] => [`dice${i + 1}`, dice]),
  ...hd95PerClass.map((hd95, i): [string, number | null] => [`hd95_${i + 1}`, hd95]),
]

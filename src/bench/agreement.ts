/** How far losses drift apart from the same seed: those of our engine and of the stock engine, of ours in f16 and in f32, or of two backends. */
import type { Config } from '../method/config'
import type { StepMetrics } from '../method/history'
import { emptyPool } from './queue'
import { stepSizes, type AgreementResult, type Engine, type StepName } from './report'
import { configOf, makeStepper, shapesData } from './step-bench'

/** Losses of both networks that a step reports: the total, the labelled terms, and those on pseudo-labels. */
const losses = {
  total: ['totalA', 'totalB'],
  labelled: ['exemplarA', 'exemplarB', 'syntheticA', 'syntheticB'],
  taught: ['imageA', 'imageB', 'featureA', 'featureB'],
} as const

/** Relative difference of two losses; for values near 0, relative to 0.01. */
export const difference = (a: number, b: number): number => Math.abs(a - b) / Math.max(Math.abs(b), 0.01)

/** How far two runs drift apart: the largest relative difference of a loss in any step, by kind of loss. */
export function drift(run: StepMetrics[], other: StepMetrics[]): Record<keyof typeof losses, number> {
  const largest = (keys: readonly Exclude<keyof StepMetrics, 'only'>[]) =>
    Math.max(...run.flatMap((row, t) => keys.map((key) => difference(row[key], other[t]![key]))))
  return { total: largest(losses.total), labelled: largest(losses.labelled), taught: largest(losses.taught) }
}

/** The losses of `steps` steps on the active backend, always from the same seed on the same images. */
export async function lossesOf(
  name: StepName,
  engine: Engine,
  steps: number,
  tell: (step: number) => void,
  precision: Config['precision'] = 'f32',
): Promise<StepMetrics[]> {
  // Rounding errors grow wherever they decide: at a threshold, so every pixel teaches; and where Adam makes a full step from a gradient that
  // is nearly 0, so steps are small.
  const config = { ...configOf(stepSizes[name], precision), tau: 0, learningRate: 1e-4 }
  await emptyPool()
  const stepper = makeStepper(config, shapesData(config), engine)
  const rows: StepMetrics[] = []
  for (let t = 0; t < steps; t++) {
    tell(t)
    stepper.submit(t)
    rows.push(...(await stepper.read()))
  }
  stepper.dispose()
  return rows
}

/** Both engines, or with f16 ours in both precisions, train for `steps` steps from the same seed on the same images. */
export async function measureAgreement(
  name: StepName,
  steps: number,
  precision: Config['precision'],
  tell: (message: string) => void,
): Promise<AgreementResult> {
  const run = (engine: Engine, precision: Config['precision'] = 'f32') => {
    const say = (t: number) => void (t % 10 === 0 && tell(`Agreement in ${name}: step ${t} of ${steps}, ${engine} in ${precision}`))
    return lossesOf(name, engine, steps, say, precision)
  }
  const [ours, other] = [await run('ours', precision), await run(precision === 'f16' ? 'ours' : 'stock')]
  return { name, steps, ...drift(ours, other) }
}

/** How far the losses of our engine and of the stock engine, or of ours in f16 and in f32, drift apart from the same seed. */
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

/** Both engines, or with f16 ours in both precisions, train for `steps` steps from the same seed on the same images. */
export async function measureAgreement(
  name: StepName,
  steps: number,
  precision: Config['precision'],
  tell: (message: string) => void,
): Promise<AgreementResult> {
  // Rounding errors grow wherever they decide: at a threshold, so every pixel teaches; and where Adam makes a full step from a gradient that
  // is nearly 0, so steps are small.
  const config = { ...configOf(stepSizes[name]), tau: 0, learningRate: 1e-4 }
  const run = async (engine: Engine, precision: Config['precision'] = 'f32'): Promise<StepMetrics[]> => {
    await emptyPool()
    const stepper = makeStepper({ ...config, precision }, shapesData(config), engine)
    const rows: StepMetrics[] = []
    for (let t = 0; t < steps; t++) {
      if (t % 10 === 0) tell(`Agreement in ${name}: step ${t} of ${steps}, ${engine} in ${precision}`)
      stepper.submit(t)
      rows.push(...(await stepper.read()))
    }
    stepper.dispose()
    return rows
  }
  const [ours, other] = [await run('ours', precision), await run(precision === 'f16' ? 'ours' : 'stock')]
  const largest = (keys: readonly (keyof StepMetrics)[]) =>
    Math.max(...ours.flatMap((row, t) => keys.map((key) => difference(row[key], other[t]![key]))))
  return { name, steps, total: largest(losses.total), labelled: largest(losses.labelled), taught: largest(losses.taught) }
}

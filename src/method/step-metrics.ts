import { agreementValues } from '../kernels/agreement/agreement.twin'
import { learningRateAt } from '../lib/learning-rate'
import type { Config } from './config'
import type { StepMetrics } from './history'
import { rampAt, type Term } from './schedule'
import { L, noLosses } from './step'

/**
 * A step's metrics from the values of its scalars: the losses of network A, those of B, then what `agreement` counts. NaN where a term is
 * off. They are read asynchronously: a synchronous read can destroy a WebGPU device.
 */
export function metricsOf(scalars: ArrayLike<number>, terms: Term[], config: Config, t: number): StepMetrics {
  const values = Array.from(scalars)
  const r = rampAt(t, config)
  const of = (k: 0 | 1, letter: 'A' | 'B') => {
    const own = values.slice(k * terms.length, (k + 1) * terms.length)
    const means = (Object.keys(noLosses) as Term['name'][]).map((name) => {
      const parts = own.filter((_, i) => terms[i]!.name === name)
      return { name, on: parts.length > 0, value: parts.reduce((sum, v) => sum + v, 0) / parts.length }
    })
    const total = L({ ...noLosses, ...Object.fromEntries(means.filter(({ on }) => on).map(({ name, value }) => [name, value])) }, config, r)
    return { [`total${letter}`]: total, ...Object.fromEntries(means.map(({ name, value }) => [name + letter, value])) }
  }
  const shares = Object.fromEntries(agreementValues.map((name, i) => [name, values[2 * terms.length + i]!]))
  const row = { ...of(0, 'A'), ...of(1, 'B'), ...shares } as unknown as Omit<StepMetrics, 'step' | 'learningRate' | 'ramp'>
  return { step: t + 1, learningRate: learningRateAt(t, config), ramp: r, ...row }
}

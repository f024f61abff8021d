import { parameters } from '../method/config'
import { parts, stepSizes, type BenchOptions, type Engine, type StepName } from './report'

const engines = { both: ['ours', 'stock'], ours: ['ours'], stock: ['stock'] } as const satisfies Record<string, Engine[]>

export const engineNames = Object.keys(engines) as (keyof typeof engines)[]

/** An option with an unknown value; one sentence that lists the known ones. */
export class OptionError extends Error {
  override name = 'OptionError'
}

function oneOf<T extends string>(name: string, value: string | undefined, known: readonly T[]): T | null {
  if (value === undefined) return null
  if (!(known as readonly string[]).includes(value)) throw new OptionError(`${name} is "${value}", but must be one of ${known.join(', ')}.`)
  return value as T
}

/** What to measure, as text from a command line or an address. */
export interface OptionText {
  engine?: string
  steps?: string
  only?: string
  step?: string
  precision?: string
}

/** @throws OptionError */
export function readOptions(text: OptionText): BenchOptions {
  const steps = text.steps === undefined ? null : Number(text.steps)
  if (steps !== null && !(Number.isInteger(steps) && steps >= 1))
    throw new OptionError(`steps is "${text.steps}", but must be a whole number, at least 1.`)
  return {
    engines: [...engines[oneOf('engine', text.engine, engineNames) ?? 'both']],
    steps,
    only: oneOf('only', text.only, parts),
    step: oneOf('step', text.step, Object.keys(stepSizes) as StepName[]),
    precision: oneOf('precision', text.precision, parameters.precision.options) ?? parameters.precision.default,
  }
}

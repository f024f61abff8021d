import { networkOf, type StoredModel } from '../model'
import { atRest, runStep } from '../step.test-support'
import { classes, projectionsOf, stateBefore, type Case, type Letter } from './cases.test-support'

/**
 * The Euclidean norm of a tensor, then its products with three random vectors. It stands for 114,000 values a network, which would be
 * 900 kB a case: whatever a deviation looks like, it moves each product by about half of its own norm.
 */
export type Digest = number[]

type OfBoth = Record<Letter, Record<string, Digest>>

/** The result of one iteration, as written by step_oracle.py. */
export interface Outcome {
  /** The fields of `StepMetrics`; null for a term that is off. */
  metrics: Record<string, number | null>
  /** Gradient of L, for each weight. */
  gradients: OfBoth
  /** BatchNorm's running statistics after the step. */
  running: OfBoth
  /** What one update adds to all weights of a network, and the optimiser's state after it. */
  adam: OfBoth
  sgd: OfBoth
}

/** Our step for a case, on the active backend. */
export async function runCase(given: Case): Promise<Outcome> {
  const { config } = given
  const net = networkOf(config, classes)
  const [A, B] = [stateBefore(given, 0), stateBefore(given, 1)]
  const plain = await runStep(net, { ...given, config: { ...config, weightDecay: 0 } }, [atRest(A), atRest(B)])
  const adam = await runStep(net, given, [A, B])
  const sgd = await runStep(net, given, [
    { ...A, v: {} },
    { ...B, v: {} },
  ])

  const vectors = projectionsOf(given)
  const digest = (values: ArrayLike<number>): Digest => {
    const product = (other: ArrayLike<number>) => Array.from(values).reduce((sum, v, i) => sum + v * other[i]!, 0)
    return [Math.sqrt(product(values)), ...vectors.map(product)]
  }
  const each = (named: Record<string, Float32Array>) => Object.fromEntries(Object.entries(named).map(([name, v]) => [name, digest(v)]))
  const whole = (named: Record<string, Float32Array>) => digest(Object.values(named).flatMap((v) => [...v]))
  const added = (after: StoredModel, k: 0 | 1) => {
    const before = [A, B][k]!.parameters
    return digest(Object.entries(after.parameters).flatMap(([name, v]) => Array.from(v, (x, i) => x - before[name]![i]!)))
  }
  const both = <T>(make: (k: 0 | 1) => T): Record<Letter, T> => ({ A: make(0), B: make(1) })

  // The step number is not a result.
  const metrics = Object.entries(plain.metrics).filter(([name]) => name !== 'step')
  return {
    metrics: Object.fromEntries(metrics.map(([name, v]: [string, number]) => [name, Number.isNaN(v) ? null : v])),
    gradients: both((k) => each(plain.after[k].m)),
    running: both((k) => each(plain.after[k].buffers)),
    adam: both((k) => ({ change: added(adam.after[k], k), exp_avg: whole(adam.after[k].m), exp_avg_sq: whole(adam.after[k].v) })),
    sgd: both((k) => ({ change: added(sgd.after[k], k), momentum_buffer: whole(sgd.after[k].m) })),
  }
}

/** How much outcomes may differ: metrics relative to their value, digests relative to the norm. */
export interface Tolerance {
  metrics: number
  digests: number
}

/**
 * Single against double precision. With GroupNorm metrics differ by up to 4e-7, gradients by up to 2e-6 and updates, which are differences
 * of rounded weights, by up to 2e-5. BatchNorm divides by the deviation of as few as 9 values, which magnifies rounding, and an activation
 * so close to 0 that rounding changes its sign moves a gradient by up to 7e-3.
 */
export const toleranceOf = ({ config }: Case): Tolerance =>
  config.norm === 'group' ? { metrics: 2e-6, digests: 5e-5 } : { metrics: 2e-5, digests: 2e-2 }

/**
 * The numbers of `found` that differ from `expected`, by path, with the difference (NaN if one is missing): empty if
 * there are none. Running statistics are not differentiated, so they are held to ten times the tolerance of metrics whatever the norm. A weight
 * whose gradient is nearly 0, such as a bias before BatchNorm, is judged by a thousandth of the network's whole gradient.
 */
export function deviations(found: Outcome, expected: Outcome, tolerance: Tolerance): Record<string, number> {
  const off: Record<string, number> = {}
  const check = (path: string, deviation: number, most: number) => {
    if (!(deviation <= most)) off[path] = deviation
  }
  const keys = (...objects: object[]) => new Set(objects.flatMap((object) => Object.keys(object)))

  for (const name of keys(found.metrics, expected.metrics)) {
    const [a, b] = [found.metrics[name], expected.metrics[name]]
    const same = a === b && a !== undefined
    check(`metrics.${name}`, same ? 0 : Math.abs(a! - b!) / Math.abs(b!), tolerance.metrics)
  }
  for (const group of ['gradients', 'running', 'adam', 'sgd'] as const)
    for (const letter of ['A', 'B'] as const) {
      const [ours, theirs] = [found[group][letter], expected[group][letter]]
      const whole = group === 'gradients' ? Math.hypot(...Object.values(theirs).map(([norm]) => norm!)) : 0
      for (const name of keys(ours, theirs)) {
        const [a, b] = [ours[name] ?? [], theirs[name] ?? []]
        const deviation = Math.max(...[0, 1, 2, 3].map((i) => Math.abs(a[i]! - b[i]!))) / (b[0]! + whole / 1000)
        check(`${group}.${letter}.${name}`, deviation, group === 'running' ? 10 * tolerance.metrics : tolerance.digests)
      }
    }
  return off
}

import type { Random } from '../../lib/random'
import type { Cases } from '../testing/cases'
import { filled, normal } from '../testing/values'
import { scheduleOf } from './parameter-update.twin'

/** Any number of values, at any point in training. */
function drawn(random: Random, i: number) {
  const length = [1, 33 * 31, 4096][i] ?? 1 + random.integer(40)
  const t = [1, 2, 1000][i % 3]!
  return {
    p: normal(random, length),
    g: normal(random, length),
    m: normal(random, length),
    schedule: { values: scheduleOf(0.1 / t, t), shape: [3] },
  }
}

export const cases = {
  adamOp: {
    draw: (random, i) => {
      const inputs = drawn(random, i)
      return { inputs: { ...inputs, v: filled(inputs.p.shape, () => random.uniform()) }, attrs: { weightDecay: 0.01 } }
    },
  },
  sgdOp: { draw: (random, i) => ({ inputs: drawn(random, i), attrs: { weightDecay: 0.01, momentum: 0.9 } }) },
} satisfies Record<string, Cases>

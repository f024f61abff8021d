import type { Cases } from '../testing/harness.test-support'
import { filled, squaresOf } from '../testing/values.test-support'

export const cases: Record<string, Cases> = {
  knownLabelsOp: {
    draw: (random, i) => {
      const { size, count } = squaresOf(random, i)
      return {
        inputs: {
          labels: filled([count, size, size], () => random.integer(5) - 1),
          rim: filled([count, size, size], () => random.integer(2)),
          outside: filled([count], () => random.integer(2)),
        },
      }
    },
    wgsl: 0,
  },
}

import type { Cases } from '../testing/cases'
import { filled, squaresOf } from '../testing/values'

export const cases = {
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
} satisfies Record<string, Cases>

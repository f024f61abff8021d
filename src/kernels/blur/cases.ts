import type { Cases } from '../testing/cases'
import { filled, squaresOf } from '../testing/values'

export const cases = {
  blurOp: {
    draw: (random, i) => {
      const { size, count } = squaresOf(random, i)
      const sigma = filled([count], () => (random.chance(0.3) ? 0 : random.uniform(0.2, 4)))
      return { inputs: { x: filled([count, size, size, 1], () => random.uniform()), sigma } }
    },
  },
} satisfies Record<string, Cases>

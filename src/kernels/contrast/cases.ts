import type { Cases } from '../testing/cases'
import { filled, squaresOf } from '../testing/values'

export const cases = {
  contrastOp: {
    draw: (random, i) => {
      const { size, count } = squaresOf(random, i)
      const x = filled([count, size, size, 1], () => (random.chance(0.1) ? 0 : random.uniform()))
      return { inputs: { x, jitter: filled([count, 2], () => (random.chance(0.3) ? 1 : random.uniform(0.5, 1.5))) } }
    },
  },
} satisfies Record<string, Cases>

import type { Cases } from '../testing/cases'
import { filled, squaresOf } from '../testing/values'

export const cases = {
  pasteOp: {
    draw: (random, i) => {
      const { size, count } = squaresOf(random, i)
      const pasted = random.integer(count + 1)
      return {
        inputs: {
          images: filled([count + pasted, size, size, 1], () => random.uniform()),
          alpha: filled([count, size, size], () => random.uniform()),
        },
      }
    },
  },
} satisfies Record<string, Cases>

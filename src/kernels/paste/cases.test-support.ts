import type { Cases } from '../testing/harness.test-support'
import { filled, squaresOf } from '../testing/values.test-support'

export const cases: Record<string, Cases> = {
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
}

import type { Cases } from '../testing/cases'
import { filled, sizesOf } from '../testing/values'

export const cases = {
  agreementOp: {
    draw: (random, i) => {
      const { images, height, width } = sizesOf(random, i)
      const shape = [2 * images, height, width]
      return { inputs: { labels: filled(shape, () => random.integer(4)), taught: filled(shape, () => random.integer(5) - 1) } }
    },
  },
} satisfies Record<string, Cases>

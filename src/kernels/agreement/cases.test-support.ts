import type { Cases } from '../testing/harness.test-support'
import { filled, sizesOf } from '../testing/values.test-support'

export const cases: Record<string, Cases> = {
  agreementOp: {
    draw: (random, i) => {
      const { images, height, width } = sizesOf(random, i)
      const shape = [2 * images, height, width]
      return { inputs: { labels: filled(shape, () => random.integer(4)), taught: filled(shape, () => random.integer(5) - 1) } }
    },
  },
}

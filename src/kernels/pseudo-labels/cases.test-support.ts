import type { Cases } from '../testing/harness.test-support'
import { filled, normal, sizesOf } from '../testing/values.test-support'

export const cases: Record<string, Cases> = {
  pseudoLabelsOp: {
    // Every other case has many equal logits, and the first must win.
    draw: (random, i) => {
      const { models, images, height, width, channels } = sizesOf(random, i)
      const shape = [models * images, height, width, channels + 1]
      return { inputs: { logits: i % 2 ? filled(shape, () => random.integer(2)) : normal(random, ...shape) }, attrs: { tau: 0.437 } }
    },
  },
}

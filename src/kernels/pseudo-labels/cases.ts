import type { Cases } from '../testing/cases'
import { filled, normal, sizesOf } from '../testing/values'

export const cases = {
  pseudoLabelsOp: {
    // Every other case has many equal logits, and the first must win.
    draw: (random, i) => {
      const { models, images, height, width, channels } = sizesOf(random, i)
      const shape = [models * images, height, width, channels + 1]
      return { inputs: { logits: i % 2 ? filled(shape, () => random.integer(2)) : normal(random, ...shape) }, attrs: { tau: 0.437 } }
    },
  },
} satisfies Record<string, Cases>

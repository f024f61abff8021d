import type { Cases } from '../testing/cases'
import { filled, squaresOf } from '../testing/values'

export const cases = {
  rimOp: {
    draw: (random, i) => {
      const { size, count } = squaresOf(random, i)
      const sparse = () => (random.chance(0.02) ? 1 + random.integer(3) : random.chance(0.3) ? -1 : 0)
      return { inputs: { labels: filled([count, size, size], sparse) } }
    },
    wgsl: 0,
  },
} satisfies Record<string, Cases>

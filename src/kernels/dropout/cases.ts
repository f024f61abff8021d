import { Random } from '../../lib/random'
import type { Cases } from '../testing/cases'
import { filled, squaresOf } from '../testing/values'

export const cases = {
  dropoutOp: {
    draw: (random, i) => {
      const { size, count } = squaresOf(random, i)
      const values = Random.key(i, 'dropout')
      const attrs = { p: [0, 0.1, 0.3, 0.7][i % 4]!, values }
      return { inputs: { x: filled([count, size, size], () => random.uniform(1, 2)), key: { values, shape: [4] } }, attrs }
    },
    wgsl: 1e-6,
    stock: 1e-6,
  },
} satisfies Record<string, Cases>

import { Random } from '../../lib/random'
import type { Cases } from '../testing/cases'
import { filled, squaresOf } from '../testing/values'

export const cases = {
  dropoutOp: {
    draw: (random, i) => {
      const { size, count } = squaresOf(random, i)
      const values = Random.key(i, 'dropout')
      const attrs = { p: [0, 0.1, 0.3, 0.7][i % 4]!, values }
      const inputs = { x: filled([count, size, size], () => random.uniform(1, 2)), key: { values, shape: [4] } }
      // Half of them some images of a larger batch.
      if (size % 2 !== 0 || random.chance(0.5)) return { inputs, attrs }
      const images = Array.from({ length: count }, () => random.integer(40))
      return { inputs: { ...inputs, places: { values: Float32Array.from(images), shape: [count] } }, attrs: { ...attrs, images } }
    },
    wgsl: 1e-6,
    stock: 1e-6,
  },
} satisfies Record<string, Cases>

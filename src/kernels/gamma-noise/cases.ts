import { Random } from '../../lib/random'
import type { Cases } from '../testing/cases'
import { filled, squaresOf } from '../testing/values'
import { noiseLength } from './gamma-noise.twin'

export const cases = {
  gammaNoiseOp: {
    // With even and odd first draws.
    draw: (random, i) => {
      const { size, count } = squaresOf(random, i)
      const x = filled([count, size, size, 1], () => (random.chance(0.1) ? 0 : random.uniform()))
      const noise = filled([count, noiseLength], () => 0)
      for (let n = 0; n < count; n++) {
        const gamma = random.chance(0.3) ? 1 : random.uniform(0.6, 1.6)
        const sigma = random.chance(0.3) ? 0 : random.uniform(0, 0.5)
        noise.values.set([gamma, sigma, random.integer(12), ...Random.key(random.uint32(), 'noise', n)], n * noiseLength)
      }
      return { inputs: { x, noise } }
    },
    // WGSL guarantees the cosine to 2^-11, and sigma goes up to 0.5 here.
    wgsl: 5e-4,
  },
} satisfies Record<string, Cases>

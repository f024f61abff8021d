import type { Cases } from '../testing/cases'
import { normal, sizesOf } from '../testing/values'

export const cases = {
  upsampleConcatOp: {
    draw: (random, i) => {
      const { images: B, height: h, width: w, channels: C } = sizesOf(random, i)
      const S = random.chance(0.5) ? C : 1 + random.integer(5)
      const [skip, x] = [normal(random, B, 2 * h, 2 * w, S), normal(random, B, h, w, C)]
      // The stock gradient swaps height and width on cpu, and is wrong along a side of one pixel on WebGPU.
      const wrongStock = [...(h === w ? [] : ['cpu']), ...(Math.min(h, w) === 1 ? ['webgpu'] : [])]
      return { inputs: { skip, x }, attrs: { skipShape: skip.shape, xShape: x.shape }, wrongStock }
    },
  },
  upsampleConcatGradOp: {
    draw: (random, i) => {
      const { images: B, height: h, width: w, channels: C } = sizesOf(random, i)
      const S = random.chance(0.5) ? C : 1 + random.integer(5)
      return { inputs: { dOut: normal(random, B, 2 * h, 2 * w, S + C) }, attrs: { skipShape: [B, 2 * h, 2 * w, S], xShape: [B, h, w, C] } }
    },
  },
} satisfies Record<string, Cases>

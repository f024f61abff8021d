import type { Cases } from '../testing/harness.test-support'
import { normal, sizesOf } from '../testing/values.test-support'

export const cases: Record<string, Cases> = {
  scaleChannelsOp: {
    draw: (random, i) => {
      const { images, height, width, channels } = sizesOf(random, i)
      return { inputs: { x: normal(random, images, height, width, channels), factor: normal(random, images, channels) } }
    },
  },
}

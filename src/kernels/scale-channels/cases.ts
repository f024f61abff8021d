import type { Cases } from '../testing/cases'
import { normal, sizesOf } from '../testing/values'

export const cases = {
  scaleChannelsOp: {
    draw: (random, i) => {
      const { images, height, width, channels } = sizesOf(random, i)
      return { inputs: { x: normal(random, images, height, width, channels), factor: normal(random, images, channels) } }
    },
  },
} satisfies Record<string, Cases>

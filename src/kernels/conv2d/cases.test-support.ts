import type { Random } from '../../lib/random'
import type { Cases } from '../testing/harness.test-support'
import { normal, sizesOf } from '../testing/values.test-support'

/** Tensors of a convolution, of every kind that has a path of its own in a kernel. */
function drawn(random: Random, i: number) {
  const { models: M, images, height, width, channels: C } = sizesOf(random, i)
  const k = [1, 3, 5][random.integer(3)]!
  const O = [1, 2, 3, 4, 5, 8, 12, 16][random.integer(8)]!
  return {
    x: normal(random, M * images, height, width, C),
    w: normal(random, M, k, k, C, O),
    bias: normal(random, M, O),
    dy: normal(random, M * images, height, width, O),
  }
}

export const cases: Record<string, Cases> = {
  conv2dOp: {
    draw: (random, i) => {
      const { x, w, bias } = drawn(random, i)
      return { inputs: { x, w, ...(i % 2 && { bias }) } }
    },
    stock: 1e-5,
  },
  conv2dInputGradientOp: {
    draw: (random, i) => {
      const { dy, w } = drawn(random, i)
      return { inputs: { dy, w } }
    },
  },
  conv2dFilterGradientOp: {
    draw: (random, i) => {
      const { x, dy, w } = drawn(random, i)
      return { inputs: { x, dy, w } }
    },
  },
  sumToChannelsOp: {
    draw: (random, i) => {
      const { dy, bias } = drawn(random, i)
      return { inputs: { x: dy, bias } }
    },
  },
}

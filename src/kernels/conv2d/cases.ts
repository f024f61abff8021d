import type { Random } from '../../lib/random'
import type { Cases, Forms } from '../testing/cases'
import { normal, sizesOf } from '../testing/values'
import { softwareTable, useVariants, variantsInUse, variantsOf, withVariant, type ConvOp } from './variants'

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

const formsOf = (op: ConvOp): Forms => ({
  all: variantsOf[op],
  inUse: () => variantsInUse(op),
  within: (variant, launch) => {
    const before = useVariants(withVariant(softwareTable, op, variant))
    try {
      return launch()
    } finally {
      useVariants(before)
    }
  },
})

export const cases = {
  conv2dOp: {
    draw: (random, i) => {
      const { x, w, bias } = drawn(random, i)
      return { inputs: { x, w, ...(i % 2 && { bias }) } }
    },
    stock: 1e-5,
    forms: formsOf('forward'),
  },
  conv2dInputGradientOp: {
    draw: (random, i) => {
      const { dy, w } = drawn(random, i)
      return { inputs: { dy, w } }
    },
    forms: formsOf('input'),
  },
  conv2dFilterGradientOp: {
    draw: (random, i) => {
      const { x, dy, w } = drawn(random, i)
      return { inputs: { x, dy, w } }
    },
    forms: formsOf('filter'),
  },
  sumToChannelsOp: {
    draw: (random, i) => {
      const { dy, bias } = drawn(random, i)
      return { inputs: { x: dy, bias } }
    },
  },
} satisfies Record<string, Cases>

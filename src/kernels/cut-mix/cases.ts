import type { Random } from '../../lib/random'
import type { Cases } from '../testing/cases'
import { filled, squaresOf, type Values } from '../testing/values'

/** Boxes of any size, including empty ones and ones that touch the border. */
function boxesOf(images: number, height: number, width: number, random: Random): Values {
  const boxes = filled([images, 4], () => 0)
  for (let n = 0; n < images; n++) {
    const [w, h] = [random.integer(width + 1), 1 + random.integer(height)]
    const end = random.chance(0.5) ? 1 : random.uniform()
    boxes.values.set([Math.floor(end * (width - w)), Math.floor(end * (height - h)), w, h], 4 * n)
  }
  return boxes
}

export const cases = {
  cutMixOp: {
    // For one to three models, with and without channels.
    draw: (random, i) => {
      const { size: height, count } = squaresOf(random, i)
      const width = 1 + random.integer(height + 7)
      const channels = [[], [1], [3]][i % 3]!
      return {
        inputs: {
          maps: filled([(1 + random.integer(3)) * count, height, width, ...channels], () => random.uniform()),
          boxes: boxesOf(count, height, width, random),
          partners: { values: Float32Array.from(random.permutation(count)), shape: [count] },
        },
      }
    },
    wgsl: 0,
    stock: 0,
  },
} satisfies Record<string, Cases>

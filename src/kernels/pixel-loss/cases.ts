import type { Random } from '../../lib/random'
import type { Cases } from '../testing/cases'
import { filled, normal, sizesOf } from '../testing/values'
import type { LossAttrs, LossForm } from './pixel-loss.twin'

const forms: LossForm[] = [
  { crossEntropy: 0.5, dice: 0.5, overAll: false, balance: 0.5 },
  { crossEntropy: 0, dice: 1, overAll: true, balance: 0 },
  { crossEntropy: 1, dice: 0, overAll: true, balance: 0 },
  { crossEntropy: 1, dice: 1, overAll: false, balance: 0 },
  { crossEntropy: 1, dice: 0.5, overAll: false, balance: 1 },
]

/** Two groups of different size and form if there are enough images. */
function attrsOf(random: Random, models: number, images: number): LossAttrs {
  const groups = [Math.ceil(images / 2), Math.floor(images / 2)].map((images) => ({ images, form: forms[random.integer(forms.length)]! }))
  return { models, groups: groups.filter(({ images }) => images > 0) }
}

export const cases = {
  pixelLossOp: {
    // With and without unknown pixels, and with zero weights.
    draw: (random, i) => {
      const { models, images, height, width, channels } = sizesOf(random, i)
      const classes = channels + 1
      const label = [() => random.integer(classes + 1) - 1, () => random.integer(classes), () => -1][i % 3]!
      const logits = normal(random, models * images, height, width, classes)
      return { inputs: { logits, target: filled(logits.shape.slice(0, 3), label) }, attrs: attrsOf(random, models, images) }
    },
    ownScale: 1e-4,
  },
  pixelLossGradOp: {
    draw: (random, i) => {
      const { models, images, height, width, channels } = sizesOf(random, i)
      const attrs = attrsOf(random, models, images)
      const dLosses = normal(random, models, attrs.groups.length)
      return { inputs: { dLogits: normal(random, models * images, height, width, channels + 1), dLosses }, attrs }
    },
  },
} satisfies Record<string, Cases>

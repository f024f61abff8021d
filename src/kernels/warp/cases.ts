import type { Random } from '../../lib/random'
import type { Cases } from '../testing/cases'
import { filled, squaresOf } from '../testing/values'
import { affineLength, bendLength, positionsOf } from './warp.twin'

/** Warps that turn, mirror, shrink and move the image; every third leaves it in place, every third does not bend. */
function warps(count: number, size: number, random: Random) {
  const affine = filled([count, affineLength], () => 0)
  const bend = filled([count, bendLength], () => 0)
  for (let n = 0; n < count; n++) {
    const [a, b, d, e] = [0, 0, 0, 0].map(() => random.uniform(-1.5, 1.5))
    const shift = () => random.uniform(-0.3, 1.3) * size
    affine.values.set(n % 3 === 0 ? [1, 0, 0, 0, 1, 0] : [a!, b!, shift(), d!, e!, shift()], n * affineLength)
    if (n % 3 < 2) for (let i = 0; i < bendLength; i++) bend.values[n * bendLength + i] = random.uniform(-0.1, 0.1) * size
  }
  return { affine, bend }
}

export const cases = {
  // From any source, with or without bending.
  warpImagesOp: {
    draw: (random, i) => {
      const { size, count } = squaresOf(random, i)
      const first = random.integer(3)
      const tone = filled([first + count, 3], () => 0)
      for (let n = 0; n < first + count; n++)
        tone.values.set(n % 2 ? [1, 1, 0] : [random.uniform(0.6, 1.6), random.uniform(0.7, 1.3), random.uniform(-0.1, 0.1)], 3 * n)
      const images = filled([3, size, size], () => random.uniform())
      const source = filled([first + count], () => random.integer(3))
      return { inputs: { images, source, ...warps(first + count, size, random), tone }, attrs: { first, count } }
    },
    wgsl: 2e-4,
  },
  // From three maps; a fifth of the pixels are unknown, including some on the border.
  warpLabelsOp: {
    draw: (random, i) => {
      const { size, count } = squaresOf(random, i)
      const first = random.integer(2)
      const labels = filled([3, size, size], () => (random.chance(0.2) ? -1 : 1 + random.integer(200)))
      const source = filled([first + count], () => random.integer(3))
      const { affine, bend } = warps(first + count, size, random)
      // Only where the nearest pixel is unambiguous.
      const sure = (v: number) => Math.abs(v - Math.floor(v) - 0.5) > 1e-3
      const [x, y] = [new Float64Array(size), new Float64Array(size)]
      const compared: boolean[] = []
      for (let n = first; n < first + count; n++) {
        const place = positionsOf(size, {
          affine: affine.values.subarray(n * affineLength, (n + 1) * affineLength),
          bend: bend.values.subarray(n * bendLength, (n + 1) * bendLength),
        })
        for (let row = 0; row < size; row++) {
          place(row, x, y)
          for (let column = 0; column < size; column++) compared.push(sure(x[column]!) && sure(y[column]!))
        }
      }
      if (compared.filter(Boolean).length < 0.9 * compared.length) return null
      return { inputs: { labels, source, affine, bend }, attrs: { first, count }, compared }
    },
    wgsl: 0,
  },
} satisfies Record<string, Cases>

import { positionsOf, type Warp } from '../kernels/warp/warp.twin'
import type { Random } from '../lib/random'
import { unknown } from '../image/raster'
import type { Config } from './config'
import type { BankEntry } from './bank/bank'
import type { Atlas } from './bank/demons'
import { blur, drawTone } from './intensity'
import { drawWarp, type WarpRange } from './warp'

/** Images as the networks see them: size x size, values in [0, 1]; labels are class indices, or `unknown`. */
export interface TrainingData {
  size: number
  /** At most 255, including background. */
  classes: number
  /** At least one: the user's. */
  exemplars: Atlas[]
  /** Unlabelled images that train with labels of `makeBank`; none if the bank is off. */
  bank: Atlas[]
  /** Each labelled image after `emptyOut`: known background only. */
  emptied: Float32Array[]
  unlabeled: Float32Array[]
  /** The numbers of those that are learnt from without labels: the others are exemplars themselves. All, where it is left out. */
  pile?: readonly number[]
}

/** The number of an unlabelled image to learn from. */
export const drawUnlabeled = ({ unlabeled, pile }: TrainingData, random: Random): number =>
  pile ? pile[random.integer(pile.length)]! : random.integer(unlabeled.length)

/** All that is drawn as an exemplar, in the order of its numbers. */
export const labelledOf = ({ exemplars, bank }: TrainingData): Atlas[] => [...exemplars, ...bank]

/** The numbers among all that is labelled of the pseudo-exemplars that network `k` draws from: all, or every second one, the best first. */
export function bankOf({ exemplars, bank }: TrainingData, { draws }: Config, k: 0 | 1): number[] {
  const all = bank.map((_, i) => exemplars.length + i)
  return draws === 'apart' && all.length > 1 ? all.filter((_, i) => i % 2 === k) : all
}

/** The same data with other pseudo-exemplars. */
export function withBank(data: TrainingData, entries: readonly Pick<BankEntry, 'image' | 'labels'>[]): TrainingData {
  const bank = entries.map(({ image, labels }) => ({ image: data.unlabeled[image]!, labels }))
  const emptied = data.emptied.slice(0, data.exemplars.length)
  return { ...data, bank, emptied: [...emptied, ...bank.map(({ image, labels }) => emptyOut(image, labels, data.size))] }
}

/**
 * Replaces every pixel that is not known to be background, foreground and unknown alike, by a distance-weighted mean of the background
 * around it (diffusion until the hole is closed). If no background is known the result is black, since the image itself would show structures.
 */
export function emptyOut(image: Float32Array, labels: Uint8Array, size: number): Float32Array {
  let filled = image.slice()
  let open = Uint8Array.from(labels, (l) => (l > 0 ? 1 : 0))
  if (!open.includes(0)) return filled.fill(0)
  while (open.includes(1)) {
    const next = filled.slice()
    const still = open.slice()
    for (let y = 0, i = 0; y < size; y++)
      for (let x = 0; x < size; x++, i++) {
        if (!open[i]) continue
        let sum = 0
        let count = 0
        for (let dy = -1; dy <= 1; dy++)
          for (let dx = -1; dx <= 1; dx++) {
            const [u, v] = [x + dx, y + dy]
            if (u < 0 || v < 0 || u >= size || v >= size || open[v * size + u]) continue
            sum += filled[v * size + u]!
            count++
          }
        if (count > 0) {
          next[i] = sum / count
          still[i] = 0
        }
      }
    filled = next
    open = still
  }
  const soft = blur(filled, size, 2)
  return filled.map((v, i) => (labels[i]! > 0 ? soft[i]! : v))
}

/** The range of A_w: geometric, shared by every view of an image. */
export const weakRange = (config: Config): WarpRange => ({
  rotation: config.weakRotation,
  scale: config.weakScale,
  shift: config.weakShift,
  elastic: 0,
  flip: config.flip,
})

/** The range of the warp of exemplars and pastes. */
const exemplarRange = (config: Config): WarpRange => ({
  rotation: config.exemplarRotation,
  scale: config.exemplarScale,
  shift: config.exemplarShift,
  elastic: config.elastic,
  flip: config.flip,
})

/** Attempts before a warp that cuts off a class is accepted without its shift. */
const tries = 8

/** An augmented exemplar (I_e, Y_e) as numbers: image and mask under one warp, then the image's gamma, gain and offset. */
export interface Exemplar {
  /** The number of the exemplar or pseudo-exemplar. */
  source: number
  warp: Warp
  tone: [number, number, number]
}

/**
 * Draws an augmented exemplar: of the bank with probability `atlasShare`, and there as among the user's each with equal probability. A warp under
 * which a class keeps less than half of its expected area is redrawn, so every class of the exemplar stays in the picture.
 * @param bank numbers of pseudo-exemplars, from `bankOf`
 */
export function drawExemplar(data: TrainingData, random: Random, config: Config, bank: readonly number[]): Exemplar {
  const { size, exemplars } = data
  const range = exemplarRange(config)
  // A choice without alternatives must not advance the stream.
  const fromBank = bank.length > 0 && random.chance(config.atlasShare)
  const count = fromBank ? bank.length : exemplars.length
  const chosen = count > 1 ? random.integer(count) : 0
  const source = fromBank ? bank[chosen]! : chosen
  const { labels } = labelledOf(data)[source]!
  const least = new Float64Array(data.classes)
  for (const l of labels) if (l > 0 && l !== unknown) least[l]!++
  // Shrinking by 1/scale twice is intended; any further loss is off the image.
  least.forEach((area, l) => (least[l] = area > 0 ? Math.max(1, (0.5 / range.scale ** 2) * area) : 0))
  for (let attempt = 1; ; attempt++) {
    const warp = drawWarp(random, size, attempt < tries ? range : { ...range, shift: 0, scale: 1 })
    if (attempt < tries && !keeps(labels, size, warp, least)) continue
    return { source, warp, tone: drawTone(random, config.exemplarIntensity) }
  }
}

/** Whether under the warp, sampled as in `warpLabels`, each class l covers at least `least[l]` pixels; unknown pixels do not count. */
export function keeps(labels: Uint8Array, size: number, warp: Warp, least: ArrayLike<number>): boolean {
  const place = positionsOf(size, warp)
  const x = new Float64Array(size)
  const y = new Float64Array(size)
  const count = new Uint32Array(least.length)
  const enough = () => count.every((area, l) => area >= least[l]!)
  // The rows in an order that spreads over the image: a quarter of them usually shows enough of every class, and the rest are skipped.
  for (const start of [0, 4, 2, 6, 1, 5, 3, 7]) {
    for (let row = start; row < size; row += 8) {
      place(row, x, y)
      for (let column = 0; column < size; column++) {
        const px = Math.floor(x[column]! + 0.5)
        const py = Math.floor(y[column]! + 0.5)
        if (px < 0 || py < 0 || px >= size || py >= size) continue
        const l = labels[py * size + px]!
        if (l !== unknown) count[l]!++
      }
    }
    if (enough()) return true
  }
  return false
}

/** A synthetic sample (I_s, Y_s) of D_S as numbers. */
export interface Synthetic {
  /** The exemplar's structures with a soft rim, all under one warp: nested anatomy must not come apart. */
  paste: Exemplar
  /** The background: an unlabelled image's number, or null for the same exemplar emptied. */
  background: number | null
  backgroundWarp: Warp
  /** Whether the class is known outside the rim as well. */
  outsideKnown: boolean
}

/** Sigma in pixels of the soft edge of a paste: the structures, widened by the 3 pixels of src/kernels/rim, are blurred by this. */
export const softEdge = 1.5

/**
 * Draws a synthetic sample. Outside the rim the class is unknown, unless the background is the emptied exemplar or the literal policy is
 * asked for.
 */
export function drawSynthetic(data: TrainingData, random: Random, config: Config, bank: readonly number[]): Synthetic {
  const paste = drawExemplar(data, random, config, bank)
  const own = config.background === 'exemplar' || (config.background === 'mixed' && random.chance(0.5))
  const background = own ? null : drawUnlabeled(data, random)
  const backgroundWarp = drawWarp(random, data.size, weakRange(config))
  return { paste, background, backgroundWarp, outsideKnown: own || config.outsideLabel === 'background' }
}

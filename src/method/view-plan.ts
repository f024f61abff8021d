import * as tf from '@tensorflow/tfjs-core'
import { noiseLength } from '../kernels/gamma-noise/gamma-noise.twin'
import { affineLength, bendLength, plainTone, type Warp } from '../kernels/warp/warp.twin'
import { Random } from '../lib/random'
import type { Config } from './config'
import { drawStrong } from './intensity'
import { bankOf, drawExemplar, drawSynthetic, drawUnlabeled, labelledOf, softEdge, weakRange, type TrainingData } from './synthesis'
import { drawWarp } from './warp'

/** What happens to one step's images, drawn on the host as a few numbers. */

export interface MixBox {
  x: number
  y: number
  width: number
  height: number
}

/** How the labelled batch is shared out: `exemplarShare` of it, at least one, are exemplars. */
export function labeledShares(config: Config): { exemplars: number; synthetics: number } {
  if (!config.synthetic) return { exemplars: config.batchLabeled, synthetics: 0 }
  const exemplars = Math.min(config.batchLabeled, Math.max(1, Math.round(config.batchLabeled * config.exemplarShare)))
  return { exemplars, synthetics: config.batchLabeled - exemplars }
}

/** A CutMix box: area 2-40 % of the image, aspect ratio 0.3-3.3, inside the image (UniMatch). */
export function drawBox(random: Random, size: number): MixBox {
  const area = random.uniform(0.02, 0.4) * size * size
  const ratio = random.logUniform(1 / 0.3)
  const width = Math.min(size - 1, Math.floor(Math.sqrt(area / ratio)))
  const height = Math.min(size - 1, Math.floor(Math.sqrt(area * ratio)))
  return { x: random.integer(size - width), y: random.integer(size - height), width, height }
}

export const strongRange = (config: Config) => ({ jitter: config.strongJitter, blur: config.strongBlur, noise: config.strongNoise })

/** The warped images of a step lie one after the other: E exemplars, P pastes, their P backgrounds, U weak views. */
export function rowsOf(config: Config) {
  const { exemplars: E, synthetics: P } = labeledShares(config)
  const U = config.batchUnlabeled
  return { E, P, U, labeled: { first: 0, count: E + P }, all: { first: 0, count: E + 2 * P }, weak: { first: E + 2 * P, count: U } }
}

/** Names and shapes of the numbers that say how a step's images come about. They depend on the settings only, never on the step. */
export function planShapes(config: Config) {
  const { E, P, U } = rowsOf(config)
  const warped = E + 2 * P + U
  return {
    /** Which image is warped, by its number in `DeviceImages`; for an exemplar or a paste also which labels. */
    source: [warped],
    /** The warps; see src/kernels/warp. */
    affine: [warped, affineLength],
    bend: [warped, bendLength],
    /** Gamma, gain and offset. */
    tone: [warped, 3],
    /** Sigma of the soft edge of a paste, 0 for exemplars; pixels. */
    edge: [E + P],
    /** 1 where the class is known outside the rim too. */
    outside: [E + P],
    /** Strong perturbations; see `Strong`. */
    jitter: [U, 2],
    blur: [U],
    noise: [U, noiseLength],
    /** Where CutMix pastes, x, y, width, height (width 0: nowhere), and from which image of the batch. */
    boxes: [U, 4],
    partners: [U],
  } as const
}

/** One kind of a plan's numbers. */
export type PlanName = keyof ReturnType<typeof planShapes>

/** The numbers of one step, row-major, in the shapes of `planShapes`. */
export type ViewPlan = Record<PlanName, Float32Array>

/**
 * Plans the images that network `k` sees in step `t`, a pure function of its arguments: drawn from streams named by seed, purpose and step. Where
 * the networks' draws are not shared the second has other purposes, but for weak views, on which both must look to teach each other.
 */
export function planViews(data: TrainingData, config: Config, t: number, k: 0 | 1 = 0): ViewPlan {
  const { size } = data
  const { E, P, U, weak } = rowsOf(config)
  const plan = Object.fromEntries(
    Object.entries(planShapes(config)).map(([name, shape]) => [name, new Float32Array(tf.util.sizeFromShape([...shape]))]),
  ) as ViewPlan
  const setWarped = (row: number, source: number, { affine, bend }: Warp, tone: readonly number[] = plainTone) => {
    plan.source[row] = source
    plan.affine.set(affine, row * affineLength)
    plan.bend.set(bend, row * bendLength)
    plan.tone.set(tone, row * 3)
  }
  const exemplars = labelledOf(data).length
  const ofUnlabeled = (i: number) => 2 * exemplars + i
  const stream = (purpose: string, i = 0) => new Random(config.seed, purpose, t, i)
  const own = (purpose: string, i = 0) => stream(k === 0 || config.draws === 'shared' ? purpose : `${purpose} of B`, i)
  const bank = bankOf(data, config, k)

  for (let i = 0; i < E; i++) {
    const { source, warp, tone } = drawExemplar(data, own('exemplar', i), config, bank)
    setWarped(i, source, warp, tone)
    plan.outside[i] = 1
  }
  for (let i = 0; i < P; i++) {
    const { paste, background, backgroundWarp, outsideKnown } = drawSynthetic(data, own('synthetic', i), config, bank)
    setWarped(E + i, paste.source, paste.warp, paste.tone)
    setWarped(E + P + i, background === null ? exemplars + paste.source : ofUnlabeled(background), backgroundWarp)
    plan.edge[E + i] = softEdge
    plan.outside[E + i] = outsideKnown ? 1 : 0
  }
  const pick = stream('unlabeled')
  for (let i = 0; i < U; i++) {
    setWarped(weak.first + i, ofUnlabeled(drawUnlabeled(data, pick)), drawWarp(stream('weak', i), size, weakRange(config)))
    const { jitter, blur, noise } = drawStrong(own('strong', i), strongRange(config))
    plan.jitter.set(jitter, 2 * i)
    plan.blur[i] = blur
    plan.noise.set(noise, noiseLength * i)
  }
  const mix = own('cutmix')
  plan.partners.set(mix.permutation(U))
  for (let i = 0; i < U; i++) {
    if (!mix.chance(config.cutmix)) continue
    const { x, y, width, height } = drawBox(mix, size)
    plan.boxes.set([x, y, width, height], 4 * i)
  }
  return plan
}

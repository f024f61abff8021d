import { Random } from '../lib/random'
import type { Config } from './config'
import { perturbStrongly } from './intensity'
import { drawExemplar, drawSynthetic, weakRange, type LabeledImage, type TrainingData } from './synthesis'
import { drawWarp, warpImage } from './warp'

/** One step's images, size x size each. */
export interface Views {
  exemplars: LabeledImage[]
  synthetics: LabeledImage[]
  /** x_w = A_w(I_u). */
  weak: Float32Array[]
  /** x_s = CutMix(A_s(x_w)). */
  strong: Float32Array[]
  /** Where CutMix pasted, and from which image of the batch: the same boxes swap pseudo-label and confidence. */
  boxes: (Box | null)[]
  partners: number[]
}

export interface Box {
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
export function drawBox(random: Random, size: number): Box {
  const area = random.uniform(0.02, 0.4) * size * size
  const ratio = random.logUniform(1 / 0.3)
  const width = Math.min(size - 1, Math.floor(Math.sqrt(area / ratio)))
  const height = Math.min(size - 1, Math.floor(Math.sqrt(area * ratio)))
  return { x: random.integer(size - width), y: random.integer(size - height), width, height }
}

/** Copies the box from `source` into a copy of `target`. */
export function pasteBox<T extends Float32Array | Uint8Array>(target: T, source: T, size: number, box: Box | null): T {
  const out = target.slice() as T
  if (!box) return out
  for (let y = box.y; y < box.y + box.height; y++) {
    const from = y * size + box.x
    out.set(source.subarray(from, from + box.width), from)
  }
  return out
}

/** All images of step `t`, a pure function of (data, config, t): drawn from streams named by seed, purpose and step. */
export function drawViews(data: TrainingData, config: Config, t: number): Views {
  const { size } = data
  const stream = (purpose: string, i = 0) => new Random(config.seed, purpose, t, i)
  const shares = labeledShares(config)
  const exemplars = Array.from({ length: shares.exemplars }, (_, i) => drawExemplar(data, stream('exemplar', i), config))
  const synthetics = Array.from({ length: shares.synthetics }, (_, i) => drawSynthetic(data, stream('synthetic', i), config))
  const pick = stream('unlabeled')
  const weak: Float32Array[] = []
  const plain: Float32Array[] = []
  for (let i = 0; i < config.batchUnlabeled; i++) {
    const image = data.unlabeled[pick.integer(data.unlabeled.length)]!
    weak.push(warpImage(image, size, drawWarp(stream('weak', i), size, weakRange(config))))
    plain.push(perturbStrongly(weak[i]!, size, stream('strong', i), strongRange(config)))
  }
  const mix = stream('cutmix')
  const partners = mix.permutation(config.batchUnlabeled)
  const boxes = partners.map(() => (mix.chance(config.cutmix) ? drawBox(mix, size) : null))
  const strong = plain.map((image, i) => pasteBox(image, plain[partners[i]!]!, size, boxes[i]!))
  return { exemplars, synthetics, weak, strong, boxes, partners }
}

export const strongRange = (config: Config) => ({ jitter: config.strongJitter, blur: config.strongBlur, noise: config.strongNoise })

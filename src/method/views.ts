import * as tf from '@tensorflow/tfjs-core'
import { blurred } from '../kernels/blur/blur'
import { blurImage } from '../kernels/blur/blur.twin'
import { jittered } from '../kernels/contrast/contrast'
import { cutMix } from '../kernels/cut-mix/cut-mix'
import { copyBox } from '../kernels/cut-mix/cut-mix.twin'
import { noisy } from '../kernels/gamma-noise/gamma-noise'
import { noiseLength } from '../kernels/gamma-noise/gamma-noise.twin'
import { byEngine } from '../kernels/engine'
import { knownLabels } from '../kernels/known-labels/known-labels'
import { pasted } from '../kernels/paste/paste'
import { blend } from '../kernels/paste/paste.twin'
import { widened } from '../kernels/rim/rim'
import { widen } from '../kernels/rim/rim.twin'
import * as warping from '../kernels/warp/warp.twin'
import { warpedImages, warpedLabels } from '../kernels/warp/warp'
import { affineLength, bendLength, plainTone, type Warp } from '../kernels/warp/warp.twin'
import { Random } from '../lib/random'
import { unknown } from '../image/raster'
import type { Config } from './config'
import { applyStrong, drawStrong } from './intensity'
import { drawExemplar, drawSynthetic, softEdge, weakRange, type TrainingData } from './synthesis'
import { drawWarp } from './warp'

/**
 * One step's images. Their transforms are drawn on the host as a few numbers, the plan; the pixels are made from it by kernels where
 * the images are (`renderViews`), or on the host (`drawViews`).
 */

export interface MixBox {
  x: number
  y: number
  width: number
  height: number
}

/** How the labelled batch is divided: `exemplarShare` of it, at least one image, are exemplars. */
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

/** Copies the box from `source` into a copy of `target`. */
export function pasteBox<T extends Float32Array | Uint8Array>(target: T, source: T, size: number, box: MixBox | null): T {
  const out = target.slice() as T
  if (box) copyBox(source, out, size, 1, [box.x, box.y, box.width, box.height])
  return out
}

export const strongRange = (config: Config) => ({ jitter: config.strongJitter, blur: config.strongBlur, noise: config.strongNoise })

/** The warped images of a step, in order: E exemplars, P pastes, their P backgrounds, U weak views. */
function rowsOf(config: Config) {
  const { exemplars: E, synthetics: P } = labeledShares(config)
  const U = config.batchUnlabeled
  return { E, P, U, labeled: { first: 0, count: E + P }, all: { first: 0, count: E + 2 * P }, weak: { first: E + 2 * P, count: U } }
}

/** Names and shapes of the numbers that define a step's images. They depend only on the settings, never on the step. */
export function planShapes(config: Config) {
  const { E, P, U } = rowsOf(config)
  const warped = E + 2 * P + U
  return {
    /** Number in `DeviceImages` of the image to warp and, for an exemplar or a paste, of its labels. */
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
    /** CutMix's boxes, x, y, width, height (width 0 for none), and the source images in the batch. */
    boxes: [U, 4],
    partners: [U],
  } as const
}

type Name = keyof ReturnType<typeof planShapes>

/** The numbers of one step, row-major, in the shapes of `planShapes`. */
export type ViewPlan = Record<Name, Float32Array>

/** Plans the images of step `t`, a pure function of (data, config, t): drawn from streams named by seed, purpose and step. */
export function planViews(data: TrainingData, config: Config, t: number): ViewPlan {
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
  const exemplars = data.exemplars.length
  const ofUnlabeled = (i: number) => 2 * exemplars + i
  const stream = (purpose: string, i = 0) => new Random(config.seed, purpose, t, i)

  for (let i = 0; i < E; i++) {
    const { source, warp, tone } = drawExemplar(data, stream('exemplar', i), config)
    setWarped(i, source, warp, tone)
    plan.outside[i] = 1
  }
  for (let i = 0; i < P; i++) {
    const { paste, background, backgroundWarp, outsideKnown } = drawSynthetic(data, stream('synthetic', i), config)
    setWarped(E + i, paste.source, paste.warp, paste.tone)
    setWarped(E + P + i, background === null ? exemplars + paste.source : ofUnlabeled(background), backgroundWarp)
    plan.edge[E + i] = softEdge
    plan.outside[E + i] = outsideKnown ? 1 : 0
  }
  const pick = stream('unlabeled')
  for (let i = 0; i < U; i++) {
    setWarped(weak.first + i, ofUnlabeled(pick.integer(data.unlabeled.length)), drawWarp(stream('weak', i), size, weakRange(config)))
    const { jitter, blur, noise } = drawStrong(stream('strong', i), strongRange(config))
    plan.jitter.set(jitter, 2 * i)
    plan.blur[i] = blur
    plan.noise.set(noise, noiseLength * i)
  }
  const mix = stream('cutmix')
  plan.partners.set(mix.permutation(U))
  for (let i = 0; i < U; i++) {
    if (!mix.chance(config.cutmix)) continue
    const { x, y, width, height } = drawBox(mix, size)
    plan.boxes.set([x, y, width, height], 4 * i)
  }
  return plan
}

/** A data set on the backend, and the original. The owner disposes of it with `disposeImages`. */
export interface DeviceImages {
  /** [2 n + m, S, S]: the n exemplars, the same emptied, the m unlabelled images. */
  images: tf.Tensor3D
  /** Labels of the exemplars, [n, S, S], -1 where unknown. */
  labels: tf.Tensor3D
  data: TrainingData
}

/** All images by number: the exemplars, the same emptied, the unlabelled ones. */
const imagesOf = ({ exemplars, emptied, unlabeled }: TrainingData) => [...exemplars.map(({ image }) => image), ...emptied, ...unlabeled]

/** Labels for the losses: -1 where unknown. */
const targetOf = (labels: Uint8Array) => Float32Array.from(labels, (l) => (l === unknown ? -1 : l))

function joined(list: Float32Array[], size: number): Float32Array {
  const all = new Float32Array(list.length * size * size)
  list.forEach((values, i) => all.set(values, i * size * size))
  return all
}

/** Sends a data set to the backend, once per run. */
export function uploadImages(data: TrainingData): DeviceImages {
  const { size, exemplars } = data
  const maps = (list: Float32Array[]) => tf.tensor3d(joined(list, size), [list.length, size, size])
  return { images: maps(imagesOf(data)), labels: maps(exemplars.map(({ labels }) => targetOf(labels))), data }
}

export function disposeImages({ images, labels }: DeviceImages): void {
  tf.dispose([images, labels])
}

/** A plan on the backend: kernels read the tensors, in the shapes of `planShapes`; without kernels the values are used. */
export interface DevicePlan {
  values: ViewPlan
  tensors: Record<Name, tf.Tensor>
}

/** One step's images as tensors, S pixels a side. */
export interface ViewTensors {
  /** The exemplars, then the synthetic images: [L, S, S, 1], and their labels, [L, S, S], -1 where unknown. */
  labeled: { x: tf.Tensor4D; target: tf.Tensor3D }
  /** x_w = A_w(I_u), [U, S, S, 1]. */
  weak: tf.Tensor4D
  /** x_s = CutMix(A_s(x_w)), [U, S, S, 1]. */
  strong: tf.Tensor4D
}

/**
 * Makes a step's images by kernels whose only input that changes from step to step is the plan's tensors: 14 launches on WebGPU.
 * With the stock engine they are made on the host and sent. The caller disposes of the result.
 */
export const renderViews = byEngine({
  ours: renderOnDevice,
  stock: ({ data }: DeviceImages, plan: DevicePlan, config: Config): ViewTensors =>
    upload(renderArrays(data, plan.values, config), data.size),
})

function renderOnDevice({ images, labels }: DeviceImages, plan: DevicePlan, config: Config): ViewTensors {
  const rows = rowsOf(config)
  const p = plan.tensors
  return tf.tidy(() => {
    const warped = warpedImages(images, p, rows.all)
    const y = warpedLabels(labels, p, rows.labeled)
    const rim = widened(y)
    const x = rows.P > 0 ? pasted(warped, blurred(rim, p.edge)) : warped
    const target = knownLabels(y, rim, p.outside)

    const weak = warpedImages(images, p, rows.weak)
    const strong = noisy(blurred(jittered(weak, p.jitter), p.blur), p.noise)
    return { labeled: { x, target }, weak, strong: cutMix(strong, p.boxes as tf.Tensor2D, p.partners as tf.Tensor1D) }
  })
}

/** A labelled image; `known` is 0 where the class is unknown, and there `labels` is 0. */
export interface LabeledImage {
  image: Float32Array
  labels: Uint8Array
  known: Uint8Array
}

/** One step's images on the host, size x size each. */
export interface Views {
  exemplars: LabeledImage[]
  synthetics: LabeledImage[]
  /** x_w = A_w(I_u). */
  weak: Float32Array[]
  /** x_s = CutMix(A_s(x_w)). */
  strong: Float32Array[]
  /** CutMix's boxes and source images in the batch: the same boxes swap pseudo-label and confidence. */
  boxes: (MixBox | null)[]
  partners: number[]
}

/** All images of step `t`, made on the host. */
export const drawViews = (data: TrainingData, config: Config, t: number): Views => renderArrays(data, planViews(data, config, t), config)

/** The same as `renderViews`, by the kernels' twins. */
function renderArrays(data: TrainingData, plan: ViewPlan, config: Config): Views {
  const { size } = data
  const { E, P, U, weak: weakRows } = rowsOf(config)
  const row = (name: Name, i: number) => {
    const length = plan[name].length / planShapes(config)[name][0]
    return plan[name].subarray(i * length, (i + 1) * length)
  }
  const list = (count: number) => Array.from({ length: count }, (_, i) => i)
  const image = () => new Float32Array(size * size)
  const sources = imagesOf(data)
  const warpOf = (i: number): Warp => ({ affine: row('affine', i), bend: row('bend', i) })
  const warped = (i: number) => {
    const out = image()
    warping.warpImage(sources[plan.source[i]!]!, out, size, warpOf(i), row('tone', i))
    return out
  }
  const labeled = (i: number): LabeledImage => {
    const target = image()
    warping.warpLabels(targetOf(data.exemplars[plan.source[i]!]!.labels), target, size, warpOf(i))
    const rim = image()
    widen(target, rim, size)
    const labels = Uint8Array.from(target, (l) => Math.max(0, l))
    const known = Uint8Array.from(target, (l, p) => (l >= 0 && (rim[p]! > 0 || plan.outside[i]! > 0) ? 1 : 0))
    if (i < E) return { image: warped(i), labels, known }
    const alpha = image()
    blurImage(rim, alpha, size, plan.edge[i]!)
    const out = image()
    blend(warped(i), warped(i + P), alpha, out)
    return { image: out, labels, known }
  }
  const weak = list(U).map((i) => warped(weakRows.first + i))
  const plain = weak.map((view, i) => {
    const [brightness, contrast] = row('jitter', i) as unknown as [number, number]
    return applyStrong(view, size, { jitter: [brightness, contrast], blur: plan.blur[i]!, noise: [...row('noise', i)] })
  })
  const partners = [...plan.partners]
  const boxes = list(U).map((i): MixBox | null => {
    const [x, y, width, height] = row('boxes', i) as unknown as [number, number, number, number]
    return width > 0 ? { x, y, width, height } : null
  })
  return {
    exemplars: list(E).map(labeled),
    synthetics: list(P).map((i) => labeled(E + i)),
    weak,
    strong: plain.map((view, i) => pasteBox(view, plain[partners[i]!]!, size, boxes[i]!)),
    boxes,
    partners,
  }
}

function upload({ exemplars, synthetics, weak, strong }: Views, size: number): ViewTensors {
  const images = (list: Float32Array[]) => tf.tensor4d(joined(list, size), [list.length, size, size, 1])
  const maps = (list: Float32Array[]) => tf.tensor3d(joined(list, size), [list.length, size, size])
  const both = [...exemplars, ...synthetics]
  const labeled = {
    x: images(both.map((s) => s.image)),
    target: maps(both.map((s) => Float32Array.from(s.labels, (label, i) => (s.known[i] ? label : -1)))),
  }
  return { labeled, weak: images(weak), strong: images(strong) }
}

import { blurImage } from '../kernels/blur/blur.twin'
import { copyBox } from '../kernels/cut-mix/cut-mix.twin'
import { blend } from '../kernels/paste/paste.twin'
import { widen } from '../kernels/rim/rim.twin'
import { warpImage, warpLabels, type Warp } from '../kernels/warp/warp.twin'
import { unknown } from '../image/raster'
import type { Config } from './config'
import { applyStrong } from './intensity'
import { labelledOf, type TrainingData } from './synthesis'
import { planShapes, planViews, rowsOf, type MixBox, type PlanName, type ViewPlan } from './view-plan'

/** One step's images as arrays, made by the kernels' twins: for the stock engine, for pictures, and to compare `renderViews` with. */

/** All images by their number: those that are labelled, the same emptied, the unlabelled ones. */
export const imagesOf = (data: TrainingData) => [...labelledOf(data).map(({ image }) => image), ...data.emptied, ...data.unlabeled]

/** Labels as the losses take them: -1 where unknown. */
export const targetOf = (labels: Uint8Array) => Float32Array.from(labels, (l) => (l === unknown ? -1 : l))

/** Copies the box from `source` into a copy of `target`. */
export function pasteBox<T extends Float32Array | Uint8Array>(target: T, source: T, size: number, box: MixBox | null): T {
  const out = target.slice() as T
  if (box) copyBox(source, out, size, 1, [box.x, box.y, box.width, box.height])
  return out
}

/** A labelled image; `known` is 0 where nobody knows the class, and there `labels` is 0. */
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
  /** Where CutMix pasted, and from which image of the batch: the same boxes swap pseudo-label and confidence. */
  boxes: (MixBox | null)[]
  partners: number[]
}

/** All images that network `k` sees in step `t`, made on the host. */
export const drawViews = (data: TrainingData, config: Config, t: number, k: 0 | 1 = 0): Views =>
  renderArrays(data, planViews(data, config, t, k), config)

/** The first exemplar and the first synthetic image, if there is one, of `drawViews`: the others are not made. */
export function drawSamples(data: TrainingData, config: Config, t: number): { exemplar: LabeledImage; synthetic: LabeledImage | null } {
  const { E, P } = rowsOf(config)
  const { labeled } = rendering(data, planViews(data, config, t), config)
  return { exemplar: labeled(0), synthetic: P > 0 ? labeled(E) : null }
}

/** Makes single images of a step by their numbers in its plan. */
function rendering(data: TrainingData, plan: ViewPlan, config: Config) {
  const { size } = data
  const { E, P } = rowsOf(config)
  const row = (name: PlanName, i: number) => {
    const length = plan[name].length / planShapes(config)[name][0]
    return plan[name].subarray(i * length, (i + 1) * length)
  }
  const image = () => new Float32Array(size * size)
  const sources = imagesOf(data)
  const labelled = labelledOf(data)
  const warpOf = (i: number): Warp => ({ affine: row('affine', i), bend: row('bend', i) })
  const warped = (i: number) => {
    const out = image()
    warpImage(sources[plan.source[i]!]!, out, size, warpOf(i), row('tone', i))
    return out
  }
  const labeled = (i: number): LabeledImage => {
    const target = image()
    warpLabels(targetOf(labelled[plan.source[i]!]!.labels), target, size, warpOf(i))
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
  return { row, warped, labeled }
}

/** What `renderViews` does, by the kernels' twins. */
export function renderArrays(data: TrainingData, plan: ViewPlan, config: Config): Views {
  const { size } = data
  const { E, P, U, weak: weakRows } = rowsOf(config)
  const { row, warped, labeled } = rendering(data, plan, config)
  const list = (count: number) => Array.from({ length: count }, (_, i) => i)
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

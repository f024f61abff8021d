import * as tf from '@tensorflow/tfjs-core'
import { blurred } from '../kernels/blur/blur'
import { jittered } from '../kernels/contrast/contrast'
import { cutMix } from '../kernels/cut-mix/cut-mix'
import { byEngine } from '../kernels/engine'
import { noisy } from '../kernels/gamma-noise/gamma-noise'
import { knownLabels } from '../kernels/known-labels/known-labels'
import { pasted } from '../kernels/paste/paste'
import { widened } from '../kernels/rim/rim'
import { warpedImages, warpedLabels } from '../kernels/warp/warp'
import type { Config } from './config'
import { labelledOf, type TrainingData } from './synthesis'
import { rowsOf, type PlanName, type ViewPlan } from './view-plan'
import { imagesOf, renderArrays, targetOf, type Views } from './views-on-host'

/** One step's images as tensors, made from their plan (view-plan.ts) by kernels where the images are. */

/** A data set on the backend, and the original. The owner disposes of it with `disposeImages`. */
export interface DeviceImages {
  /** [2 n + m, S, S]: the n labelled images, the same emptied, the m unlabelled ones. */
  images: tf.Tensor3D
  /** Labels of the labelled images, [n, S, S], -1 where unknown. */
  labels: tf.Tensor3D
  data: TrainingData
}

function joined(list: Float32Array[], size: number): Float32Array {
  const all = new Float32Array(list.length * size * size)
  list.forEach((values, i) => all.set(values, i * size * size))
  return all
}

/** Sends a data set to the backend, once per run. */
export function uploadImages(data: TrainingData): DeviceImages {
  const { size } = data
  const maps = (list: Float32Array[]) => tf.tensor3d(joined(list, size), [list.length, size, size])
  return { images: maps(imagesOf(data)), labels: maps(labelledOf(data).map(({ labels }) => targetOf(labels))), data }
}

export function disposeImages({ images, labels }: DeviceImages): void {
  tf.dispose([images, labels])
}

/** A plan on the backend: kernels read the tensors, in the shapes of `planShapes`; without kernels the values are used. */
export interface DevicePlan {
  values: ViewPlan
  tensors: Record<PlanName, tf.Tensor>
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

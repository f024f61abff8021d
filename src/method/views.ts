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

/** What one network sees besides the weak views, S pixels a side. */
export type OwnViews = {
  /** The exemplars, then the synthetic images: [L, S, S, 1], and their labels, [L, S, S], -1 where unknown. */
  labeled: { x: tf.Tensor4D; target: tf.Tensor3D }
  /** x_s = CutMix(A_s(x_w)), [U, S, S, 1]. */
  strong: tf.Tensor4D
}

/** One step's images as tensors. */
export interface ViewTensors {
  /** x_w = A_w(I_u), [U, S, S, 1], for both networks. */
  weak: tf.Tensor4D
  /** Of each network; the same one twice where they share their draws. */
  own: [OwnViews, OwnViews]
}

/** The plans of both networks, which are the same one where they share their draws. */
export type DevicePlans = readonly [DevicePlan, DevicePlan]

/** Made of what is each network's, once where that is the same. */
function ofBoth<P, T>([A, B]: readonly [P, P], make: (own: P) => T): [T, T] {
  const first = make(A)
  return [first, A === B ? first : make(B)]
}

/**
 * Makes a step's images by kernels whose only input that changes from step to step is the plan's tensors: 14 launches on WebGPU, 27 if each
 * network draws its own.
 * With the stock engine they are made on the host and sent. The caller disposes of the result.
 */
export const renderViews = byEngine({
  ours: renderOnDevice,
  stock: ({ data }: DeviceImages, plans: DevicePlans, config: Config): ViewTensors => {
    const views = ofBoth(plans, ({ values }) => renderArrays(data, values, config))
    return { weak: batch(views[0].weak, data.size), own: ofBoth(views, (own) => upload(own, data.size)) }
  },
})

function renderOnDevice({ images, labels }: DeviceImages, plans: DevicePlans, config: Config): ViewTensors {
  const rows = rowsOf(config)
  return tf.tidy(() => {
    const weak = warpedImages(images, plans[0].tensors, rows.weak)
    const own = ofBoth(plans, ({ tensors: p }) => {
      const warped = warpedImages(images, p, rows.all)
      const y = warpedLabels(labels, p, rows.labeled)
      const rim = widened(y)
      const x = rows.P > 0 ? pasted(warped, blurred(rim, p.edge)) : warped
      const target = knownLabels(y, rim, p.outside)
      const strong = noisy(blurred(jittered(weak, p.jitter), p.blur), p.noise)
      return { labeled: { x, target }, strong: cutMix(strong, p.boxes as tf.Tensor2D, p.partners as tf.Tensor1D) }
    })
    return { weak, own }
  })
}

const batch = (list: Float32Array[], size: number) => tf.tensor4d(joined(list, size), [list.length, size, size, 1])

function upload({ exemplars, synthetics, strong }: Views, size: number): OwnViews {
  const maps = (list: Float32Array[]) => tf.tensor3d(joined(list, size), [list.length, size, size])
  const both = [...exemplars, ...synthetics]
  const labeled = {
    x: batch(
      both.map((s) => s.image),
      size,
    ),
    target: maps(both.map((s) => Float32Array.from(s.labels, (label, i) => (s.known[i] ? label : -1)))),
  }
  return { labeled, strong: batch(strong, size) }
}

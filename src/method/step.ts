import * as tf from '@tensorflow/tfjs-core'
import { cutMix } from '../kernels/cut-mix/cut-mix'
import { detach } from '../kernels/detach'
import type { RandomKey } from '../kernels/dropout/dropout'
import { agreement } from '../kernels/agreement/agreement'
import { pseudoLabels } from '../kernels/pseudo-labels/pseudo-labels'
import { pixelLosses } from '../kernels/pixel-loss/pixel-loss'
import { withPrecision } from '../kernels/webgpu/halves'
import { update } from '../nn/optimiser'
import type { Parameters } from '../nn/parameters'
import { decode, encode, type Mode, type UNet } from '../nn/unet'
import { appended, batchOf, countIn, portion, some } from './batch'
import type { Config } from './config'
import { perturbFeatures } from './feature-perturbation'
import type { Models } from './model'
import { atOnce, partByPart, type Taught } from './part-by-part'
import { decodedRows, encodedRows, partsOf, rowsOfNetwork, type Part } from './parts'
import { lossScaleOf, precisionOf } from './precision'
import { rampAt, type Term } from './schedule'
import { renderViews, type DeviceImages, type DevicePlans } from './views'

/**
 * One iteration of CMEMS, line by line as in docs/method.md, section "One iteration". N_1 and N_2 are k = 0 and 1.
 *
 * Both networks run in one pass, as do the labelled, strong and weak views (batch.ts), of all images or of one part after another
 * (part-by-part.ts). Everything that changes from step to step is read from tensors (`StepPlan`), so that the same operations, recorded once,
 * serve every step.
 *
 * Departures from the closest neighbour (UniMatch): two networks that teach each other; Dice over labelled parts taken separately;
 * unknown pixels of synthetic images do not count.
 */

/** The terms of one network's loss; 0 if a term is off. */
export type Losses = Record<Term['name'], number>

/**
 * L of one network. It is linear in its terms, so a step needs only its slopes, which are derived from this line (`slopesOf`) and come in a
 * tensor; its value is for the log.
 */
export const L = (
  { exemplar: L_E, synthetic: L_S, image: L_ip, feature: L_fp }: Losses,
  { lambdaE, lambdaS, lambdaIp, lambdaFp }: Config,
  r: number,
): number => lambdaE * L_E + lambdaS * L_S + r * (lambdaIp * L_ip + lambdaFp * L_fp)

/** Copies, for the same images in several places of a batch. */
const repeat = <T>(part: T, times: number): T[] => new Array<T>(times).fill(part)

export const noLosses: Losses = { exemplar: 0, synthetic: 0, image: 0, feature: 0 }

/** The weight of each loss of step t in L; the parts of a mean share their term's weight. */
export const slopesOf = (terms: Term[], config: Config, t: number): number[] =>
  terms.map(({ name }) => L({ ...noLosses, [name]: 1 }, config, rampAt(t, config)) / terms.filter((other) => other.name === name).length)

/** The numbers of a step on the backend; made by `uploadStep`. */
export interface StepPlan {
  /** Of each network. */
  views: DevicePlans
  dropout: RandomKey[]
  /** For each part of the batch the factors for each level, [2 D, C]; none if features are not perturbed. */
  factors: tf.Tensor2D[][]
  /** The weight of each loss in L times `lossScaleOf`, [2, terms]: `slopesOf`, for both networks. */
  weights: tf.Tensor2D
  /** Learning rate and bias corrections, from `scheduleOf`. */
  schedule: tf.Tensor1D
  /** All of them in one tensor, in the order of `flatten`. */
  flat: tf.Tensor1D
}

export interface StepResult {
  models: Models
  scalars: tf.Tensor1D
}

/**
 * Runs one iteration. `models` stay unchanged, and the caller owns and disposes of the result.
 * @param plan this step's numbers, from `planStep` for this step's terms
 * @returns the next models, and this step's scalars as one tensor to read with `metricsOf` of step-metrics.ts
 */
export function step(net: UNet, models: Models, images: DeviceImages, plan: StepPlan, config: Config, terms: Term[]): StepResult {
  const { tau, teacher } = config
  const rows = rowsOfNetwork(terms, config)
  const { strong: imageTerm, featureViews } = rows
  const parts = partsOf(config)

  let scalars: tf.Tensor1D | null = null
  const run = (): StepResult => {
    // (I_e, Y_e) and (I_s, Y_s), x_w = A_w(I_u), x_s = CutMix(A_s(x_w)).
    const { weak: x_w, own } = renderViews(images, plan.views, config) // of network k: [E + P, S, S, 1] and [U, S, S, 1]
    const x = batchOf((k) => [own[k].labeled.x, ...(imageTerm ? [own[k].strong] : []), x_w]) // [2 B, S, S, 1], the weak views last

    // F_k = f_k(x), of five levels, [2 B, S / 2^l, S / 2^l, w_l], here and below of the images of a part: of all, as a rule.
    const featuresOf = (theta: Parameters, mode: Mode, part: Part) => encode(net, theta, some(x, encodedRows(rows, part)), mode)
    const weakOf = (F: tf.Tensor4D[], part: Part) => portion(F, F[0]!.shape[0] / 2 - countIn([part.unlabeled]), F[0]!.shape[0] / 2) // [2 U, ...]

    // Yhat_k = argmax P_k^w, m_k = 1[max P_k^w >= tau], P_k^w = softmax(sg(h_k(F_k))). One map holds both: -1 where m_k = 0.
    const taughtBy = (theta: Parameters, mode: Mode, F: tf.Tensor4D[], part: Part): Taught =>
      pseudoLabels(detach(decode(net, theta, weakOf(F, part).map(detach), mode)), tau) // [2 U, S, S] each

    // N_k(I_e), N_k(I_s), N_k(x_s), then h_k(g(F_k)) of the weak views, already in F once, for each feature view.
    const logitsOf = (theta: Parameters, mode: Mode, F: tf.Tensor4D[], part: Part): tf.Tensor4D => {
      if (featureViews === 0) return decode(net, theta, portion(F, 0, countIn(decodedRows(rows, part))), mode)
      const F_g = featureViews > 1 && countIn([part.unlabeled]) > 0 ? appended(F, repeat(weakOf(F, part), featureViews - 1)) : F
      return decode(net, theta, perturbFeatures(F_g, plan.factors[parts.indexOf(part)]!), mode) // [2 D, S, S, C]
    }

    const lossesOf = (z: tf.Tensor4D, { labels, taught }: Taught): tf.Tensor2D => {
      // The labels by j, the teacher of k: for the weak views in L_fp, and with the boxes of k's CutMix swapped, as in its x_s, for L_ip.
      const [Yhat_1, Yhat_2] = tf.split(taught, 2) as [tf.Tensor3D, tf.Tensor3D] // [U, S, S] each
      const Yhat_j = teacher === 'cross' ? ([Yhat_2, Yhat_1] as const) : ([Yhat_1, Yhat_2] as const)
      const mixed_j = (k: 0 | 1) => {
        const { boxes, partners } = plan.views[k].tensors
        return cutMix(Yhat_j[k], boxes as tf.Tensor2D, partners as tf.Tensor1D)
      }
      const Y = batchOf((k) => [own[k].labeled.target, ...(imageTerm ? [mixed_j(k)] : []), ...repeat(Yhat_j[k], featureViews)]) // [2 D, S, S]

      // L_E^k = L_sup(N_k(I_e), Y_e), L_S^k = L_sup(N_k(I_s), Y_s), L_ip^k = l(N_k(x_s), Yhat'_j, m'_j), and of each feature view
      // L_fp^k = l(h_k(g(F_k)), Yhat_j, m_j).
      const losses = pixelLosses(z, Y, 2, terms) // [2, terms]
      scalars = tf.keep(tf.concat1d([tf.reshape(detach(losses), [-1]), agreement(labels, taught)]))
      return losses
    }

    const batch = { count: x.shape[0], rows, parts, dropout: plan.dropout, weights: plan.weights }
    const passes = { featuresOf, taughtBy, logitsOf, lossesOf }
    const { gradient, buffers } = (parts.length === 1 ? atOnce : partByPart)(net, models, batch, passes)

    // One update of each network with lr(t). No target has a gradient, so the gradient of L^1 + L^2 is each network's own.
    const scale = lossScaleOf(net, config)
    const next = update(models, scale === 1 ? gradient : tf.mul(gradient, 1 / scale), plan.schedule, config)
    return { models: { ...next, buffers }, scalars: scalars! }
  }
  try {
    return withPrecision(precisionOf(net, config), () => tf.tidy(run as unknown as () => tf.TensorContainerObject) as unknown as StepResult)
  } catch (error) {
    ;(scalars as tf.Tensor | null)?.dispose()
    throw error
  }
}

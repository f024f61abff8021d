import * as tf from '@tensorflow/tfjs-core'
import { cutMix } from '../kernels/cut-mix/cut-mix'
import { detach } from '../kernels/detach'
import { agreement } from '../kernels/agreement/agreement'
import { agreementValues } from '../kernels/agreement/agreement.twin'
import { pseudoLabels } from '../kernels/pseudo-labels/pseudo-labels'
import { pixelLosses } from '../kernels/pixel-loss/pixel-loss'
import { update } from '../nn/optimiser'
import { gradientsLike, pack, type Parameters } from '../nn/parameters'
import { decode, encode, type Mode, type UNet } from '../nn/unet'
import type { Config } from './config'
import { perturbFeatures } from './feature-perturbation'
import { layoutsOf, sharesWeights, weightsOf, type Models } from './model'
import type { StepPlan } from './plan'
import type { StepMetrics } from './report'
import { learningRateAt, rampAt, type Term } from './schedule'
import { renderViews, type DeviceImages } from './views'

/**
 * One iteration of CMEMS (docs/method.md, section "One iteration"):
 *
 *   L = L_E + lambda_s L_S + r(t) (lambda_ip L_ip + lambda_fp L_fp),   summed over both networks, targets under stop-gradient.
 *
 * Both networks run in one pass, and so do the labelled, strong and weak views: with GroupNorm nothing couples the images of a batch.
 * A batch holds N_1's images, then N_2's. Whatever changes from step to step is read from tensors (`StepPlan`), so that the same
 * operations, recorded once, are every step's.
 *
 * Departures from the closest neighbour (UniMatch): two networks that teach each other; Dice over labelled parts taken separately;
 * unknown pixels of synthetic images do not count.
 */

export interface StepResult {
  models: Models
  scalars: tf.Tensor1D
}

/** `images` for each of both networks. */
const forBoth = (images: tf.Tensor4D[]): tf.Tensor4D => tf.concat([...images, ...images])

/** Images `from` .. `to` of each network, of features [2 B, H, W, C]. */
function partOf(features: tf.Tensor4D, from: number, to: number): tf.Tensor4D {
  const [B, H, W, C] = features.shape
  const each = tf.slice(tf.reshape(features, [2, B / 2, H * W * C]), [0, from, 0], [2, to - from, -1])
  return tf.reshape(each, [2 * (to - from), H, W, C])
}

/** The images of several features of one level, network by network. */
function joined(features: tf.Tensor4D[]): tf.Tensor4D {
  const [, H, W, C] = features[0]!.shape
  const each = features.map((f) => tf.reshape(f, [2, f.shape[0] / 2, H * W * C]))
  return tf.reshape(tf.concat(each, 1), [-1, H, W, C])
}

/**
 * Runs one iteration. State in, state out: `models` stay as they are, and the caller owns and disposes of the result.
 * @param plan this step's numbers, as `planStep` gives them for the terms of this step
 * @returns the next models, and this step's scalars as one tensor to read with `metricsOf`
 */
export function step(net: UNet, models: Models, images: DeviceImages, plan: StepPlan, config: Config, terms: Term[]): StepResult {
  const run = (): StepResult => {
    const layouts = layoutsOf(net)
    const running = new Map<string, tf.Tensor>()
    const shared = sharesWeights(net)
    const gradients = shared ? gradientsLike(models.parameters) : undefined
    const p = weightsOf(net, models, gradients)
    const trained = Object.keys(layouts.trained.shapes)
    const mode: Mode = { training: true, dropout: plan.dropout, running }

    const { labeled, weak, strong } = renderViews(images, plan.views, config) // (I_e, Y_e) and (I_s, Y_s); x_w; x_s
    const imageTerm = terms.some(({ name }) => name === 'image')
    const featureTerms = terms.filter(({ name }) => name === 'feature').length
    const views = [labeled.x, ...(imageTerm ? [strong] : []), weak]
    const U = config.batchUnlabeled
    const B = views.reduce((sum, view) => sum + view.shape[0], 0)
    let scalars: tf.Tensor1D | null = null

    const losses = () => {
      // F = f(x): five levels of [2 B, S / 2^l, S / 2^l, w_l].
      const F = encode(net, p, forBoth(views), mode)

      // Pseudo-labels of both networks from the clean features of the weak views: Yhat_k = argmax P^w where max P^w >= tau, under stop-gradient.
      const weakFeatures = F.map((f) => partOf(f, B - U, B))
      const { labels, taught } = pseudoLabels(detach(decode(net, p, weakFeatures.map(detach), mode)), config.tau) // [2 U, S, S]

      // Each network learns from its teacher's: for L_ip mixed with the boxes of CutMix, as the strong views are, for L_fp as they are.
      const ofTeacher = (maps: tf.Tensor3D) => {
        const [byA, byB] = tf.split(maps, 2) as [tf.Tensor3D, tf.Tensor3D]
        return config.teacher === 'cross' ? [byB, byA] : [byA, byB]
      }
      const mixed = imageTerm
        ? ofTeacher(cutMix(taught, plan.views.tensors.boxes as tf.Tensor2D, plan.views.tensors.partners as tf.Tensor1D))
        : []
      const plain = featureTerms > 0 ? ofTeacher(taught) : []
      const targets = [0, 1].flatMap((k) => [
        labeled.target,
        ...(imageTerm ? [mixed[k]!] : []),
        ...Array.from({ length: featureTerms }, () => plain[k]!),
      ])

      // h: labelled and strong views as they are, weak views from perturbed multi-level features g(F).
      const clean = B - U
      const more = Array.from({ length: featureTerms - 1 }, () => weakFeatures)
      const G =
        featureTerms === 0
          ? F.map((f) => partOf(f, 0, clean))
          : perturbFeatures(more.length > 0 ? F.map((f, l) => joined([f, ...more.map((w) => w[l]!)])) : F, plan.factors)
      const z = decode(net, p, G, mode)

      const groups = terms.map(({ images, form }) => ({ images, form }))
      const each = pixelLosses(z, tf.concat(targets), 2, groups) // [2, terms]
      scalars = tf.keep(detach(tf.concat([tf.reshape(detach(each), [-1]), agreement(labels, taught)]))) as tf.Tensor1D
      return each as tf.Tensor
    }

    // Targets carry no gradient, so L(theta_1) + L(theta_2) separates and one backward pass serves both networks. The weights of the terms
    // come in as the gradient of L by each loss.
    const parameters = trained.map((name) => p[name]!)
    const { grads } = tf.engine().gradients(losses as () => tf.Tensor, parameters, plan.weights)
    const named: Parameters = Object.fromEntries(trained.map((name, i) => [name, grads[i]!]))
    const next = update(models, gradients ?? pack(named, layouts.trained), plan.schedule, config)
    const buffers = running.size > 0 ? pack(Object.fromEntries(running), layouts.buffers) : tf.clone(models.buffers)
    tf.dispose([...running.values()])
    return { models: { ...next, buffers }, scalars: scalars! as tf.Tensor1D }
  }
  return tf.tidy(run as unknown as () => tf.TensorContainerObject) as unknown as StepResult
}

const columns = ['exemplar', 'synthetic', 'image', 'feature'] as const

/**
 * A step's metrics from the values of its scalars: the losses of network A, those of B, then what `agreement` counts. NaN where a term is
 * off. They are read asynchronously: a synchronous read can destroy a WebGPU device.
 */
export function metricsOf(scalars: ArrayLike<number>, terms: Term[], config: Config, t: number): StepMetrics {
  const values = Array.from(scalars)
  const of = (k: 0 | 1, letter: 'A' | 'B') => {
    const losses = values.slice(k * terms.length, (k + 1) * terms.length)
    const named = columns.map((column) => {
      const own = losses.filter((_, i) => terms[i]!.name === column)
      return [column + letter, own.length > 0 ? own.reduce((sum, v) => sum + v, 0) / own.length : NaN]
    })
    return { [`total${letter}`]: losses.reduce((sum, v, i) => sum + terms[i]!.weight * v, 0), ...Object.fromEntries(named) }
  }
  const shares = Object.fromEntries(agreementValues.map((name, i) => [name, values[2 * terms.length + i]!]))
  const row = { ...of(0, 'A'), ...of(1, 'B'), ...shares } as unknown as Omit<StepMetrics, 'step' | 'learningRate' | 'ramp'>
  return { step: t + 1, learningRate: learningRateAt(t, config), ramp: rampAt(t, config), ...row }
}

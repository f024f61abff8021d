import * as tf from '@tensorflow/tfjs-core'
import { mostLikely } from '../kernels/confidence'
import { detach } from '../kernels/detach'
import { Random } from '../lib/random'
import { update } from '../nn/optimiser'
import type { Parameters } from '../nn/parameters'
import { decode, encode, type Mode, type UNet } from '../nn/unet'
import type { Config } from './config'
import { perturbedLevels, perturbFeatures } from './feature-perturbation'
import { supervisedLoss, unsupervisedLoss } from './losses'
import type { Model, Models } from './model'
import type { StepMetrics } from './report'
import type { Views } from './views'

/**
 * One iteration of CMEMS (docs/method.md, section "One iteration"):
 *
 *   L = L_E + lambda_s L_S + r(t) (lambda_ip L_ip + lambda_fp L_fp),   summed over both networks, targets under stop-gradient.
 *
 * Departures from the closest neighbour (UniMatch): two networks that teach each other; Dice over labelled parts taken separately;
 * unknown pixels of synthetic images weigh 0; the labelled, weak and strong views pass through the network one after the other.
 */

/** r(t): 0 in warm-up, then exp(-5 (1 - s)^2) with s rising to 1 over the ramp. t counts from 0. */
export function rampAt(t: number, { steps, warmup, ramp }: Config): number {
  const share = t / steps
  if (share < warmup) return 0
  const s = ramp > 0 ? Math.min(1, (share - warmup) / ramp) : 1
  return Math.exp(-5 * (1 - s) ** 2)
}

/** lr(t) = lr (1 - t / T)^power. */
export const learningRateAt = (t: number, { steps, learningRate, polyPower }: Config): number =>
  learningRate * Math.max(0, 1 - t / steps) ** polyPower

/** What both networks say of the weak views: Yhat_k and m_k of method.md 6.1, [B, S, S]. */
export interface PseudoLabels {
  labels: tf.Tensor3D
  mask: tf.Tensor3D
}

/** Yhat = argmax P^w, m = 1[max P^w >= tau], from logits that carry no gradient. */
export function pseudoLabelsOf(logits: tf.Tensor4D, tau: number): PseudoLabels {
  const { label, probability } = mostLikely(logits)
  return { labels: label, mask: tf.cast(tf.greaterEqual(probability, tau), 'float32') as tf.Tensor3D }
}

/** Yhat and m mixed with the boxes of CutMix: inside a box those of the partner image. */
export function mixed({ labels, mask }: PseudoLabels, inBox: tf.Tensor3D, partners: tf.Tensor1D): PseudoLabels {
  const outside = tf.sub(1, inBox)
  const mix = (v: tf.Tensor3D) => tf.add(tf.mul(v, outside), tf.mul(tf.gather(v, partners), inBox)) as tf.Tensor3D
  return { labels: mix(labels), mask: mix(mask) }
}

/** Tensors of one step's images: [B, S, S, 1] for images, [B, S, S] for labels, known pixels and boxes. */
function upload(views: Views, size: number) {
  const images = (list: Float32Array[]) => {
    const all = new Float32Array(list.length * size * size)
    list.forEach((image, i) => all.set(image, i * size * size))
    return tf.tensor4d(all, [list.length, size, size, 1])
  }
  const maps = (list: Uint8Array[]) => {
    const all = new Float32Array(list.length * size * size)
    list.forEach((map, i) => all.set(map, i * size * size))
    return tf.tensor3d(all, [list.length, size, size])
  }
  const labeled = (list: Views['exemplars']) =>
    list.length === 0
      ? null
      : { x: images(list.map((s) => s.image)), y: maps(list.map((s) => s.labels)), known: maps(list.map((s) => s.known)) }
  const boxes = views.boxes.map((box) => {
    const inside = new Uint8Array(size * size)
    if (box) for (let y = box.y; y < box.y + box.height; y++) inside.fill(1, y * size + box.x, y * size + box.x + box.width)
    return inside
  })
  return {
    exemplar: labeled(views.exemplars)!,
    synthetic: labeled(views.synthetics),
    weak: images(views.weak),
    strong: images(views.strong),
    inBox: maps(boxes),
    partners: tf.tensor1d(views.partners, 'int32'),
  }
}

/** The loss terms of one network as scalars; null where a term is off. */
interface Terms {
  exemplar: tf.Scalar
  synthetic: tf.Scalar | null
  image: tf.Scalar | null
  feature: tf.Scalar | null
  total: tf.Scalar
}

/**
 * Runs one iteration. State in, state out: `models` stay as they are, and the caller owns and disposes of the result.
 * @param t number of the step, from 0
 * @returns the next models, and this step's scalars as one tensor to read with `readMetrics`
 */
export function step(net: UNet, models: Models, views: Views, config: Config, t: number): { models: Models; scalars: tf.Tensor1D } {
  const r = rampAt(t, config)
  const imageTerm = config.imageTerm && r > 0
  const featureTerm = config.featureTerm && r > 0
  const running = models.map((model) => new Map(Object.entries(model.buffers).map(([name, b]) => [name, tf.clone(b)])))
  const weights = models.flatMap((model) => Object.values(model.parameters))

  const [scalars, ...grads] = tf.tidy(() => {
    const { exemplar, synthetic, weak, strong, inBox, partners } = upload(views, config.size)
    let report: tf.Tensor1D | null = null

    const loss = () => {
      const nets = models.map((model, k) => {
        const p = { ...model.parameters, ...model.buffers }
        const mode: Mode = { training: true, random: new Random(config.seed, 'dropout', t, k), running: running[k]! }
        const f = (x: tf.Tensor4D) => encode(net, p, x, mode)
        const h = (features: tf.Tensor4D[]) => decode(net, p, features, mode)
        return { f, h, N: (x: tf.Tensor4D) => h(f(x)) }
      })

      // Pseudo-labels of both networks, from the weak views: F_k = f_k(x_w), then Yhat_k, m_k under stop-gradient.
      const F = nets.map(({ f }) => f(weak)) // five levels of [B, S / 2^l, S / 2^l, w_l]
      const taught = nets.map(({ h }, k) => pseudoLabelsOf(detach(h(F[k]!.map(detach))), config.tau)) // [B, S, S]
      const taughtMixed = imageTerm ? taught.map((pseudo) => mixed(pseudo, inBox, partners)) : taught

      const terms = nets.map(({ h, N }, k): Terms => {
        const teacher = config.teacher === 'cross' ? 1 - k : k
        const L = (z: tf.Tensor4D, { labels, mask }: PseudoLabels) => unsupervisedLoss(z, labels, mask, config.unsupervisedLoss)

        // L_E and L_S: exemplar and synthetic data.
        const exemplarLoss = supervisedLoss(N(exemplar.x), exemplar.y, exemplar.known)
        const syntheticLoss = synthetic ? supervisedLoss(N(synthetic.x), synthetic.y, synthetic.known) : null

        // L_ip: the other network's pseudo-labels supervise the strong view.
        const imageLoss = imageTerm ? L(N(strong), taughtMixed[teacher]!) : null

        // L_fp: they also supervise predictions from perturbed multi-level features g(F_k).
        const random = new Random(config.seed, 'features', t, k)
        const featureLosses = featureTerm
          ? perturbedLevels(config.featurePerturb, F[k]!.length, random).map((which) =>
              L(h(perturbFeatures(F[k]!, which, config.featureDrop, random)), taught[teacher]!),
            )
          : []
        const featureLoss = featureTerm ? (tf.div(tf.addN(featureLosses), featureLosses.length) as tf.Scalar) : null

        const total = tf.addN([
          tf.mul(exemplarLoss, config.lambdaE),
          ...(syntheticLoss ? [tf.mul(syntheticLoss, config.lambdaS)] : []),
          ...(imageLoss ? [tf.mul(imageLoss, r * config.lambdaIp)] : []),
          ...(featureLoss ? [tf.mul(featureLoss, r * config.lambdaFp)] : []),
        ]) as tf.Scalar
        return { exemplar: exemplarLoss, synthetic: syntheticLoss, image: imageLoss, feature: featureLoss, total }
      })

      report = tf.keep(summarise(terms as [Terms, Terms], taught as [PseudoLabels, PseudoLabels]))
      // Targets carry no gradient, so L(theta_1) + L(theta_2) separates and one backward pass serves both networks.
      return tf.add(terms[0]!.total, terms[1]!.total) as tf.Scalar
    }

    const { grads } = tf.engine().gradients(loss, weights)
    return [report! as tf.Tensor1D, ...grads]
  }) as [tf.Tensor1D, ...tf.Tensor[]]

  const schedule = { ...config, learningRate: learningRateAt(t, config) }
  const next = models.map((model, k): Model => {
    const names = Object.keys(model.parameters)
    const own = grads.slice(k * names.length, (k + 1) * names.length)
    const named: Parameters = Object.fromEntries(names.map((name, i) => [name, own[i]!]))
    return { ...update(model.parameters, named, model.moments, schedule, t + 1), buffers: Object.fromEntries(running[k]!) }
  }) as Models
  tf.dispose(grads)
  return { models: next, scalars }
}

const columns = [
  'totalA',
  'totalB',
  'exemplarA',
  'exemplarB',
  'syntheticA',
  'syntheticB',
  'imageA',
  'imageB',
  'featureA',
  'featureB',
  'confidentA',
  'confidentB',
  'foregroundA',
  'foregroundB',
  'agreement',
] as const satisfies (keyof StepMetrics)[]

/** All scalars of a step in the order of `columns`, NaN where a term is off. */
function summarise([a, b]: [Terms, Terms], [A, B]: [PseudoLabels, PseudoLabels]): tf.Tensor1D {
  const off = tf.scalar(NaN)
  const foreground = (p: PseudoLabels) => tf.mean(tf.cast(tf.greater(p.labels, 0), 'float32'))
  const scalars: Record<(typeof columns)[number], tf.Tensor> = {
    totalA: a.total,
    totalB: b.total,
    exemplarA: a.exemplar,
    exemplarB: b.exemplar,
    syntheticA: a.synthetic ?? off,
    syntheticB: b.synthetic ?? off,
    imageA: a.image ?? off,
    imageB: b.image ?? off,
    featureA: a.feature ?? off,
    featureB: b.feature ?? off,
    confidentA: tf.mean(A.mask),
    confidentB: tf.mean(B.mask),
    foregroundA: foreground(A),
    foregroundB: foreground(B),
    agreement: tf.mean(tf.cast(tf.equal(A.labels, B.labels), 'float32')),
  }
  return detach(tf.stack(columns.map((column) => tf.reshape(scalars[column], [])))) as tf.Tensor1D
}

/** Reads and disposes of a step's scalars. Only asynchronously: a synchronous read can destroy a WebGPU device. */
export async function readMetrics(scalars: tf.Tensor1D, config: Config, t: number): Promise<StepMetrics> {
  const values = await scalars.data()
  scalars.dispose()
  const read = Object.fromEntries(columns.map((column, i) => [column, values[i]!])) as Record<(typeof columns)[number], number>
  return { step: t + 1, learningRate: learningRateAt(t, config), ramp: rampAt(t, config), ...read }
}

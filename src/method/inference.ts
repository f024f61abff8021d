import * as tf from '@tensorflow/tfjs-core'
import { decode, encode, inference, type UNet } from '../nn/unet'
import { appended, portion } from './batch'
import type { Config } from './config'
import { perturbFeatures } from './feature-perturbation'
import { weightsOf, type Models } from './model'

/**
 * Logits [2 B, S, S, C] of both models for images [B, S, S, 1], A's first, in evaluation mode: no dropout, running statistics, no feature
 * perturbation.
 */
export function logitsOf(net: UNet, models: Models, x: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const p = weightsOf(net, models)
    return decode(net, p, encode(net, p, tf.concat([x, x]), inference), inference)
  })
}

/** Softmax of both models for one image: S x S x C, class innermost. */
export interface Inference {
  A: Float32Array
  B: Float32Array
}

/** The probabilities behind a mask: the mean of both softmaxes, or one model's (config.inference). */
export const combine = ({ A, B }: Inference, which: Config['inference']): Float32Array =>
  which === 'mean' ? A.map((v, i) => (v + B[i]!) / 2) : which === 'A' ? A : B

/** How far both models are apart in one pixel: half the sum of the differences of both softmaxes, 0..1. */
export function apart({ A, B }: Inference, pixel: number, classes: number): number {
  let sum = 0
  for (let c = pixel * classes; c < (pixel + 1) * classes; c++) sum += Math.abs(A[c]! - B[c]!)
  return sum / 2
}

/** Per pixel the class with the largest of `classes` values (the first of equals) and that value. */
export function decide(values: Float32Array, classes: number): { labels: Uint8Array<ArrayBuffer>; confidence: Float32Array } {
  const labels = new Uint8Array(values.length / classes)
  const confidence = new Float32Array(labels.length)
  for (let i = 0, at = 0; i < labels.length; i++, at += classes) {
    let best = 0
    for (let c = 1; c < classes; c++) if (values[at + c]! > values[at + best]!) best = c
    labels[i] = best
    confidence[i] = values[at + best]!
  }
  return { labels, confidence }
}

/** Images [B, S, S, 1] with values in [0, 1] on the backend. */
function batchFrom(images: Float32Array[], size: number): tf.Tensor4D {
  const stacked = new Float32Array(images.length * size * size)
  images.forEach((image, i) => stacked.set(image, i * size * size))
  return tf.tensor4d(stacked, [images.length, size, size, 1])
}

/** The softmax of logits [2 B, S, S, C], A's first, image by image. */
async function softmaxOf(logits: () => tf.Tensor4D): Promise<Inference[]> {
  const softmax = tf.tidy(() => tf.softmax(logits()))
  const count = softmax.shape[0] / 2
  const values = (await softmax.data()) as Float32Array
  softmax.dispose()
  const one = values.length / (2 * count)
  const of = (i: number) => values.slice(i * one, (i + 1) * one)
  return Array.from({ length: count }, (_, i) => ({ A: of(i), B: of(count + i) }))
}

/** Predicts a batch of S x S images with values in [0, 1]. */
export const infer = (net: UNet, models: Models, images: Float32Array[], size: number): Promise<Inference[]> =>
  softmaxOf(() => logitsOf(net, models, batchFrom(images, size)))

/**
 * Predicts S x S images in evaluation mode as `infer` does, and the first of them once more from perturbed features.
 * @param factors for each level the factors of A's channels and of B's; null for no perturbed prediction @returns one more than images, or as many
 */
export const inferPerturbed = (
  net: UNet,
  models: Models,
  { images, factors }: { images: Float32Array[]; factors: readonly (readonly [Float32Array, Float32Array])[] | null },
  size: number,
): Promise<Inference[]> =>
  softmaxOf(() => {
    const p = weightsOf(net, models)
    const x = batchFrom(images, size)
    const F = encode(net, p, tf.concat([x, x]), inference)
    if (!factors) return decode(net, p, F, inference)
    const g = factors.map(([A, B]) => tf.tensor2d([...A, ...B], [2, A.length]))
    return decode(net, p, appended(F, [perturbFeatures(portion(F, 0, 1), g)]), inference)
  })

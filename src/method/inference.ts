import * as tf from '@tensorflow/tfjs-core'
import { decode, encode, inference, type UNet } from '../nn/unet'
import type { Config } from './config'
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

/** Predicts a batch of S x S images with values in [0, 1]. */
export async function infer(net: UNet, models: Models, images: Float32Array[], size: number): Promise<Inference[]> {
  const stacked = new Float32Array(images.length * size * size)
  images.forEach((image, i) => stacked.set(image, i * size * size))
  const softmax = tf.tidy(() => tf.softmax(logitsOf(net, models, tf.tensor4d(stacked, [images.length, size, size, 1]))))
  const values = (await softmax.data()) as Float32Array
  softmax.dispose()
  const one = size * size * net.classes
  const of = (k: number, i: number) => values.slice((k * images.length + i) * one, (k * images.length + i + 1) * one)
  return images.map((_, i) => ({ A: of(0, i), B: of(1, i) }))
}

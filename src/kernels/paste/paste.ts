import * as tf from '@tensorflow/tfjs-core'
import { registerTwin, runKernel } from '../heap'

/** Twin for one image: alpha front + (1 - alpha) back. */
export function blend(front: Float32Array, back: Float32Array, alpha: Float32Array, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = alpha[i]! * front[i]! + (1 - alpha[i]!) * back[i]!
}

registerTwin(
  'Paste',
  ['images', 'alpha'] as const,
  ({ alpha }) => [[...alpha, 1]],
  ({ images, alpha }, [out], shapes) => {
    const [made, size] = shapes.alpha as [number, number]
    const pixels = size * size
    const pasted = shapes.images[0]! - made
    const of = (list: Float32Array, n: number) => list.subarray(n * pixels, (n + 1) * pixels)
    for (let n = 0; n < made; n++)
      if (n < made - pasted) of(out!, n).set(of(images, n))
      else blend(of(images, n), of(images, n + pasted), of(alpha, n), of(out!, n))
  },
)
registerTwin(
  'KnownLabels',
  ['labels', 'rim', 'outside'] as const,
  ({ labels }) => [labels],
  ({ labels, rim, outside }, [out], { rim: [, height, width] }) => {
    const pixels = height! * width!
    for (let i = 0; i < rim.length; i++) out![i] = rim[i]! > 0 || outside[Math.floor(i / pixels)]! > 0 ? labels[i]! : -1
  },
)

/**
 * The labelled batch. `images` [E + 2P, S, S, 1] are E finished images, P fronts and P backgrounds; `alpha` [E + P, S, S] is the share of the
 * front at each pixel, not read for finished images. Returns [E + P, S, S, 1]: the finished images, then front n on background n. No gradient.
 */
export function pasted(images: tf.Tensor4D, alpha: tf.Tensor3D): tf.Tensor4D {
  return runKernel('Paste', { images, alpha })[0] as tf.Tensor4D
}

/**
 * `labels` [n, S, S], -1 where unknown, inside `rim` [n, S, S], and for `outside` [n] = 1 elsewhere in image n; else -1. An unknown pixel of
 * a paste stays unknown outside the rim too, for the soft edge may still show it. No gradient.
 */
export function knownLabels(labels: tf.Tensor3D, rim: tf.Tensor3D, outside: tf.Tensor): tf.Tensor3D {
  return runKernel('KnownLabels', { labels, rim, outside })[0] as tf.Tensor3D
}

import * as tf from '@tensorflow/tfjs-core'

/**
 * A batch of both networks, which run in one pass: the images of N_1, then of N_2, [2 B, ...]. With GroupNorm nothing couples the
 * images of a batch, so labelled, strong and weak views also pass together, in order, for each network.
 */

/** The batch of the images that `of` returns for each network. */
export const batchOf = <T extends tf.Tensor3D | tf.Tensor4D>(of: (k: 0 | 1) => T[]): T => tf.concat([...of(0), ...of(1)])

/** Features of several levels, [2 B, H, W, C] each, for images `from` to `to` of each network. */
export const portion = (features: tf.Tensor4D[], from: number, to: number): tf.Tensor4D[] =>
  features.map((f) => {
    const [B, H, W, C] = f.shape
    const each = tf.slice(tf.reshape(f, [2, B / 2, H * W * C]), [0, from, 0], [2, to - from, -1])
    return tf.reshape(each, [2 * (to - from), H, W, C])
  })

/** Features of several levels, followed by those of more images for each network. */
export function appended(features: tf.Tensor4D[], more: tf.Tensor4D[][]): tf.Tensor4D[] {
  if (more.length === 0) return features
  return features.map((f, l) => {
    const [, H, W, C] = f.shape
    const each = [f, ...more.map((other) => other[l]!)].map((part) => tf.reshape(part, [2, -1, H * W * C]))
    return tf.reshape(tf.concat(each, 1), [-1, H, W, C])
  })
}

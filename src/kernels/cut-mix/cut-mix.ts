import * as tf from '@tensorflow/tfjs-core'
import { detach } from '../detach'
import { defineOp } from '../operation'
import { copyBox } from './cut-mix.twin'
import { cutMixWgsl } from './cut-mix.wgsl'

export const cutMixOp = defineOp({
  name: 'CutMix',
  inputs: ['maps', 'boxes', 'partners'],
  outputs: ({ maps }) => ({ out: maps }),
  twin: ({ maps, boxes, partners }, { out }, { maps: [count, , width, channels = 1] }) => {
    const length = maps.length / count!
    const of = (list: Float32Array, n: number) => list.subarray(n * length, (n + 1) * length)
    out.set(maps)
    for (let n = 0; n < count!; n++) {
      const u = n % partners.length
      copyBox(of(maps, n - u + partners[u]!), of(out, n), width!, channels, boxes.subarray(4 * u, 4 * u + 4))
    }
  },
  wgsl: cutMixWgsl,
  stock,
})

function stock({ maps, boxes, partners }: Record<'maps' | 'boxes' | 'partners', tf.Tensor>) {
  return tf.tidy(() => {
    const [count, height, width, channels = 1] = maps.shape as number[]
    const images = boxes.shape[0]!
    const grouped = tf.reshape(maps, [count! / images, images, height!, width!, channels])
    const [x, y, w, h] = tf.split(boxes, 4, 1).map((v) => tf.reshape(v, [images, 1, 1, 1])) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
    const columns = tf.reshape(tf.range(0, width!), [1, 1, width!, 1])
    const rows = tf.reshape(tf.range(0, height!), [1, height!, 1, 1])
    const within = (i: tf.Tensor, from: tf.Tensor, length: tf.Tensor) =>
      tf.logicalAnd(tf.greaterEqual(i, from), tf.less(i, tf.add(from, length)))
    const inside = tf.cast(tf.logicalAnd(within(columns, x, w), within(rows, y, h)), 'float32') // [images, height, width, 1]
    const others = tf.gather(grouped, tf.cast(partners, 'int32'), 1)
    const mixed = tf.add(tf.mul(grouped, tf.sub(1, inside)), tf.mul(others, inside))
    return { out: tf.reshape(mixed, maps.shape) }
  })
}

/**
 * CutMix (Yun et al., ICCV 2019): inside its box an image takes its partner's values.
 *
 * @param maps [M * U, H, W] or [M * U, H, W, C], the U images of the first model first: an image's partner belongs to the same model
 * @param boxes [U, 4] in whole pixels: x, y, width, height; a width of 0 leaves the image unchanged
 * @param partners [U], numbers of images, float32
 * @returns a new tensor shaped like `maps`, without a gradient
 */
export function cutMix<T extends tf.Tensor3D | tf.Tensor4D>(maps: T, boxes: tf.Tensor2D, partners: tf.Tensor1D): T {
  return tf.tidy(() => detach(cutMixOp.run({ maps, boxes, partners }, {}).out as T))
}

import * as tf from '@tensorflow/tfjs-core'
import { Random } from '../../lib/random'
import { hasKernel, registerTwin, runKernel } from '../heap'

/**
 * The key of a random stream, as `Random.key` gives it: the values, and the same as a tensor [4]. Kernels read the tensor, which can be
 * written anew when a recorded step is replayed; where there is no kernel the values are used.
 */
export interface RandomKey {
  values: Float32Array
  tensor: tf.Tensor1D
}

/** draw >>> 8 below this is dropped: exactly those draws whose uniform number, (draw >>> 8) / 2^24, is below p. */
export const dropThreshold = (p: number): number => Math.ceil(p * 2 ** 24)

/** Twin: value i becomes 0 where draw i of the key's stream, as a uniform number, is below p; the others are divided by 1 - p. */
export function drop(x: Float32Array, key: ArrayLike<number>, out: Float32Array, p: number): void {
  const random = Random.fromKey(key)
  const below = dropThreshold(p)
  const factor = 1 / (1 - p)
  for (let i = 0; i < x.length; i++) out[i] = random.uint32() >>> 8 < below ? 0 : x[i]! * factor
}

registerTwin(
  'Dropout',
  ['x', 'key'] as const,
  ({ x }) => [x],
  ({ x, key }, [out], _, { p }: { p: number }) => drop(x, key, out!, p),
)

/** The same, composed from plain tfjs ops with the mask made on the CPU. */
export function dropoutPlain<T extends tf.Tensor>(x: T, { values }: RandomKey, p: number): T {
  const mask = new Float32Array(x.size)
  drop(new Float32Array(x.size).fill(1), values, mask, p)
  return tf.mul(x, tf.tensor(mask, x.shape))
}

/** Dropout of single values with probability p in [0, 1), survivors scaled by 1 / (1 - p): see `drop`. The gradient has the same mask. */
export function dropout<T extends tf.Tensor>(x: T, key: RandomKey, p: number): T {
  if (!hasKernel('Dropout')) return dropoutPlain(x, key, p)
  const op = tf.customGrad((...args) => {
    const [x, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
    save([key.tensor])
    return {
      value: runKernel('Dropout', { x, key: key.tensor }, { p })[0]!,
      gradFunc: (dy, saved) => runKernel('Dropout', { x: dy as tf.Tensor, key: saved[0]! }, { p })[0]!,
    }
  })
  return op(x) as T
}

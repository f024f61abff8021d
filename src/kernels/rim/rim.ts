import * as tf from '@tensorflow/tfjs-core'
import { registerTwin, runKernel } from '../heap'

/** Pixels by which a structure is widened on every side. */
export const rimRadius = 3

/** Twin for one label map, -1 where unknown: 1 where some foreground lies within `rimRadius` rows and columns, else 0. */
export function widen(labels: Float32Array, out: Float32Array, size: number): void {
  const across = new Uint8Array(size * size)
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      if (labels[y * size + x]! > 0) across.fill(1, y * size + Math.max(0, x - rimRadius), y * size + Math.min(size, x + rimRadius + 1))
  out.fill(0)
  for (let y = 0; y < size; y++)
    for (let v = Math.max(0, y - rimRadius); v <= Math.min(size - 1, y + rimRadius); v++)
      for (let x = 0; x < size; x++) if (across[y * size + x]) out[v * size + x] = 1
}

registerTwin(
  'Rim',
  ['labels'] as const,
  ({ labels }) => [labels],
  ({ labels }, [out], { labels: [count, size] }) => {
    const pixels = size! * size!
    for (let n = 0; n < count!; n++)
      widen(labels.subarray(n * pixels, (n + 1) * pixels), out!.subarray(n * pixels, (n + 1) * pixels), size!)
  },
)

/** labels [n, S, S], -1 where unknown -> [n, S, S]: 1 on the structures and on a rim of `rimRadius` pixels around them, else 0. Has no gradient. */
export function widened(labels: tf.Tensor3D): tf.Tensor3D {
  return runKernel('Rim', { labels })[0] as tf.Tensor3D
}

import * as tf from '@tensorflow/tfjs-core'
import { registerTwin, runKernel } from '../heap'

const clamp = (v: number) => (v < 0 ? 0 : v > 1 ? 1 : v)

/**
 * Twin for one image in [0, 1]: b = clamp(brightness v), then clamp(contrast b + (1 - contrast) mean(b)), as torchvision's ColorJitter.
 * Factors of 1 change nothing.
 */
export function jitterImage(image: Float32Array, out: Float32Array, brightness: number, contrast: number): void {
  let mean = 0
  for (let i = 0; i < image.length; i++) mean += out[i] = clamp(image[i]! * brightness)
  mean /= image.length
  for (let i = 0; i < image.length; i++) out[i] = clamp(contrast * out[i]! + (1 - contrast) * mean)
}

registerTwin(
  'Contrast',
  ['x', 'jitter'] as const,
  ({ x }) => [x],
  ({ x, jitter }, [out]) => {
    const count = jitter.length / 2
    const pixels = x.length / count
    for (let n = 0; n < count; n++)
      jitterImage(x.subarray(n * pixels, (n + 1) * pixels), out!.subarray(n * pixels, (n + 1) * pixels), jitter[2 * n]!, jitter[2 * n + 1]!)
  },
)

/** Images x [n, ...] in [0, 1] under factors of brightness and contrast, jitter [n, 2]; contrast is about each image's mean. No gradient. */
export function jittered<T extends tf.Tensor>(x: T, jitter: tf.Tensor): T {
  return runKernel('Contrast', { x, jitter })[0] as T
}

import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, registerTwin, runKernel } from '../heap'

registerTwin(
  'ScaleChannels',
  ['x', 'factor'] as const,
  ({ x }) => [x],
  ({ x, factor }, [y], { x: [B, H, W, C] }) => {
    const pixels = H! * W!
    for (let n = 0, i = 0; n < B!; n++)
      for (let p = 0; p < pixels; p++) for (let c = 0; c < C!; c++, i++) y![i] = x[i]! * factor[n * C! + c]!
  },
  (kernels, { x, factor }, [y], { x: [B, H, W, C] }) => {
    if (C! % 4 !== 0) return false
    kernels.eachImage('scaleChannels', { models: 1, images: B!, perImage: { x, factor, y: y! }, numbers: { pixels: H! * W!, C: C! } })
    return true
  },
)

/** x [B, H, W, C] times factor [B, C], which has no gradient: whole channels kept or dropped. */
export function scaleChannels(x: tf.Tensor4D, factor: tf.Tensor2D): tf.Tensor4D {
  const [B, C] = factor.shape
  if (!hasKernel('ScaleChannels')) return tf.mul(x, tf.reshape(factor, [B, 1, 1, C]))
  const op = tf.customGrad((...args) => {
    const [x, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
    save([factor])
    return {
      value: runKernel('ScaleChannels', { x, factor })[0]!,
      gradFunc: (dy, saved) => runKernel('ScaleChannels', { x: dy as tf.Tensor, factor: saved[0]! })[0]!,
    }
  })
  return op(x) as tf.Tensor4D
}

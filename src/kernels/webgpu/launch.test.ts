import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { expect, test } from 'vitest'
import { scaleChannels } from '../scale-channels/scale-channels'
import { useSoftwareWebgpu } from '../testing/dawn.test-support'

useSoftwareWebgpu()

test('a kernel accepts a cast mask of 0 and 1, whose buffer still holds integers', async () => {
  const x = tf.tensor3d([0, 2, 3, 0.5], [1, 2, 2])
  const y = tf.tidy(() => {
    const factor = tf.cast(tf.greater(tf.tensor2d([[0, 3]]), 1), 'float32')
    return scaleChannels(tf.expandDims(x, 0) as tf.Tensor4D, factor as tf.Tensor2D)
  })
  expect([...(await y.data())]).toEqual([0, 2, 0, 0.5])
  tf.dispose([x, y])
})

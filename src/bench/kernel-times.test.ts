import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { scaleChannels } from '../kernels/scale-channels/scale-channels'
import { useSoftwareWebgpu } from '../kernels/testing/dawn.test-support'
import { relativeError } from '../kernels/testing/values'
import { timeKernels } from './kernel-times'

useSoftwareWebgpu()

test('times kernels by name without changing what they compute', async () => {
  const x = tf.randomUniform([64, 64], -1, 1, 'float32', 3)
  const run = () => tf.tidy(() => scaleChannels(tf.reshape(tf.matMul(x, x), [1, 8, 8, 64]), tf.ones([1, 64])))
  const plain = run()
  const want = await plain.data<'float32'>()
  let timed: tf.Tensor | undefined
  const times = (await timeKernels(() => {
    timed = run()
  }))!
  expect(relativeError(await timed!.data<'float32'>(), want)).toBe(0)
  const scale = times.find(({ name }) => name === 'exemplarScaleChannels')
  expect(scale).toMatchObject({ launches: 1 })
  expect(times.some(({ name }) => name.startsWith('matMul'))).toBe(true)
  expect(times.reduce((sum, { seconds }) => sum + seconds, 0)).toBeGreaterThan(0)
  tf.dispose([x, plain, timed!])
})

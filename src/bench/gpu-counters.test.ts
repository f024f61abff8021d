import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { conv2d } from '../kernels/conv2d/conv2d'
import { currentEngine } from '../kernels/engine'
import { useEngine } from '../kernels/overrides/overrides'
import { scaleChannels } from '../kernels/scale-channels/scale-channels'
import { relativeError } from '../kernels/testing/values.test-support'
import { useSoftwareWebgpu } from '../kernels/testing/dawn.test-support'
import { countGpu, watchGpuMemory } from './gpu-counters'
import { timeKernels } from './kernel-times'
import { emptyPool, finish, submitPending, webgpuBackend } from './queue'

useSoftwareWebgpu()

test('counts what a caller asks of the device, and leaves it as it was', async () => {
  const { device } = webgpuBackend()!
  const create = GPUDevice.prototype.createBuffer
  const made: GPUBuffer[] = []
  const counts = await countGpu(() => {
    for (const size of [16, 32]) made.push(device.createBuffer({ size, usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST }))
    device.queue.writeBuffer(made[0]!, 0, new Float32Array(4))
    const encoder = device.createCommandEncoder()
    encoder.copyBufferToBuffer(made[0]!, 0, made[1]!, 0, 16)
    device.queue.submit([encoder.finish()])
  })
  expect(counts).toEqual({ dispatches: 0, newBuffers: 2, bindGroups: 0, copies: 1, uploads: 1, submits: 1 })
  expect(GPUDevice.prototype.createBuffer).toBe(create)
  for (const buffer of made) buffer.destroy()
})

test('counts the dispatches of tfjs, and puts the methods back after an error', async () => {
  // tfjs works on fewer than 1,000 values on the CPU, as long as they have not been uploaded.
  const x = tf.ones([2000])
  const run = () => tf.tidy(() => void tf.add(tf.mul(x, x), x))
  run()
  await finish()
  expect(await countGpu(run)).toMatchObject({ dispatches: 2, newBuffers: 0, submits: 0 })
  expect(await countGpu(submitPending)).toMatchObject({ dispatches: 0, submits: 1 })
  await expect(countGpu(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await countGpu(run)).toMatchObject({ dispatches: 2 })
  x.dispose()
})

test('watches the bytes of living buffers, and empties the pool', async () => {
  await emptyPool()
  const before = tf.memory() as unknown as { numBytesAllocatedInGPU: number }
  const watch = watchGpuMemory()
  const x = tf.zeros([1000])
  const y = tf.add(x, 1)
  await finish()
  expect(watch.bytes()).toBeGreaterThanOrEqual(8000)
  tf.dispose([x, y])
  await emptyPool()
  expect(watch.bytes()).toBe(0)
  watch.stop()
  expect(tf.memory()).toMatchObject({ numBytesAllocatedInGPU: before.numBytesAllocatedInGPU })
})

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

test('the stock engine has the kernels of tfjs alone, and ours come back', async () => {
  const softmax = () => tf.getKernel('Softmax', 'webgpu')!.kernelFunc
  const ours = softmax()
  const x = tf.randomUniform<tf.Rank.R4>([2, 5, 5, 4], -1, 1, 'float32', 3)
  const w = tf.randomUniform<tf.Rank.R5>([2, 3, 3, 4, 4], -1, 1, 'float32', 4)
  const run = () =>
    tf.tidy(() => {
      const [dx, dw] = tf.grads((x: tf.Tensor, w: tf.Tensor) => tf.sum(tf.square(conv2d(x as tf.Tensor4D, w as tf.Tensor5D))))([x, w])
      return [dx!, dw!]
    })
  const read = async () => {
    const tensors = run()
    const values = await Promise.all(tensors.map((t) => t.data<'float32'>()))
    tf.dispose(tensors)
    return values
  }
  useEngine('ours')
  const want = await read()
  useEngine('stock')
  expect(softmax()).not.toBe(ours)
  expect(currentEngine()).toBe('stock')
  const got = await read()
  useEngine('ours')
  expect(currentEngine()).toBe('ours')
  want.forEach((values, i) => expect(relativeError(got[i]!, values)).toBeLessThan(1e-5))
  tf.dispose([x, w])
})

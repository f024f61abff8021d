import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { useSoftwareWebgpu } from '../kernels/testing/dawn.test-support'
import { countGpu, watchGpuMemory } from './gpu-counters'
import { emptyPool, finish, submitPending, webgpuBackend } from './queue'

useSoftwareWebgpu()

test('counts a caller’s use of the device, and leaves the device as it was', async () => {
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
  // tfjs computes fewer than 1,000 values on the CPU unless they have been uploaded.
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

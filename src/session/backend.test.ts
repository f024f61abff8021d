import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { expect, test } from 'vitest'
import { hasRelaxedSimd } from '../kernels/wasm/simd'
import { openDawn } from '../kernels/webgpu/node-adapter'
import { openBackend, type Platform } from './backend'
import { withoutGpu } from './wasm.test-support'

const platform: Platform = { ...withoutGpu, webgpu: () => openDawn({ software: true }) }

test('reports in a sentence what the GPU refuses, since tfjs would go on with zeros', { timeout: 60_000 }, async () => {
  const told: string[] = []
  expect((await openBackend('webgpu', platform, ({ message }) => told.push(message))).backend).toBe('webgpu')
  const { device } = tf.backend() as WebGPUBackend
  const buffer = device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE })
  await device.queue.onSubmittedWorkDone()
  await expect.poll(() => told.length).toBe(1)
  expect(told[0]).toMatch(/^The GPU refused an operation \(.+\)$/)
  buffer.destroy()
  device.destroy()
  Reflect.deleteProperty(globalThis.navigator, 'gpu')
})

test('falls back to one thread if threads do not start', { timeout: 60_000 }, async () => {
  const files = { binary: 'nowhere.wasm', script: 'nowhere.js' }
  const info = await openBackend('wasm', { ...platform, threadFiles: files }, () => undefined, 2)
  expect(info.adapter).toBe(hasRelaxedSimd() ? 'relaxed SIMD, 1 thread' : 'SIMD, 1 thread')
  expect(tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1).arraySync())).toEqual([2, 3])
})

import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { MemoryError } from '../memory-error'
import { useHostBackend } from '../testing/host-backends.test-support'
import { groupNormLeakyRelu } from '../norm-activation/norm-activation'
import { checkAllocations } from './memory'

beforeAll(() => useHostBackend('wasm'))

test('a tensor that does not fit is an error, and those that exist stay as they are', () => {
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 2, 4])
  const before = tf.memory().numTensors
  // 4 GB and more cannot be had, whatever the machine.
  for (const make of [() => tf.zeros([2 ** 30]), () => tf.tile(x, [2 ** 27, 1, 1, 1])])
    expect(() => tf.tidy(() => void make())).toThrow(
      new MemoryError('The memory of WebAssembly is full: take the batch in more parts, or a smaller size.'),
    )
  expect(tf.memory().numTensors).toBe(before)
  const y = tf.tidy(() => groupNormLeakyRelu(x, tf.zeros([1, 4]), tf.ones([1, 4]), tf.zeros([1, 4]), 1, 0.01))
  expect([...y.dataSync()].every(Number.isFinite)).toBe(true)
  expect([...x.dataSync()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  tf.dispose([x, y])
})

test('allocations are checked once, however often that is asked for', () => {
  const module = (tf.backend() as BackendWasm).wasm as unknown as { _malloc: unknown }
  const { _malloc } = module
  checkAllocations(tf.backend() as BackendWasm)
  expect(module._malloc).toBe(_malloc)
})

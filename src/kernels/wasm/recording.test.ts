import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { MemoryError } from '../memory-error'
import { scaleChannels } from '../scale-channels/scale-channels'
import { useHostBackend } from '../testing/host-backends.test-support'
import { record } from './recording'
import { floatsAt, placeOf } from './simd'

beforeAll(() => useHostBackend('wasm'))

const backend = () => tf.backend() as BackendWasm
const vector = (values: number[]) => tf.tensor4d(values, [1, 1, 1, values.length])

/** x times the factors, twice. */
const twice = (x: tf.Tensor4D, factors: tf.Tensor2D) => tf.tidy(() => scaleChannels(scaleChannels(x, factors), factors))

test('what is recorded runs whenever it is asked for, on the values that its inputs then have, and leaves nothing behind', async () => {
  const before = tf.memory()
  const x = vector([1, 2, 3, 4])
  const factors = tf.tensor2d([[2, 2, 2, 2]])
  const recording = record(backend(), () => [{ tensor: tf.tidy(() => tf.add(twice(x, factors), vector([1, 1, 1, 1]))) }])
  expect(recording.jobs).toBe(3)
  // The two that are needed at once; the third has the place of the first.
  expect(recording.bytes).toBe(2 * 16)
  const others = tf.zeros([1000])
  for (const factor of [2, 3]) {
    floatsAt(backend(), placeOf(backend(), factors)).fill(factor)
    recording.run()
    expect([...floatsAt(backend(), recording.results[0]!)]).toEqual([1, 2, 3, 4].map((v) => v * factor ** 2 + 1))
  }
  expect((await others.data()).every((v) => v === 0)).toBe(true)
  recording.dispose()
  tf.dispose([x, factors, others])
  expect(tf.memory()).toEqual(before)
})

test('a result can be written over an input, if nothing reads that later', () => {
  const state = vector([1, 2, 3, 4])
  const factors = tf.tensor2d([[2, 2, 2, 2]])
  const into = placeOf(backend(), state).at
  const recording = record(backend(), () => [{ tensor: twice(state, factors), into }])
  for (let i = 0; i < 3; i++) recording.run()
  expect([...state.dataSync()]).toEqual([64, 128, 192, 256])
  recording.dispose()
  const readLater = () => {
    const next = scaleChannels(state, factors)
    return [{ tensor: next, into }, { tensor: scaleChannels(state, factors) }]
  }
  expect(() => record(backend(), readLater)).toThrow('What a step is to overwrite is read after it.')
  tf.dispose([state, factors])
})

test.each<[string, (x: tf.Tensor4D) => tf.Tensor, string | typeof MemoryError]>([
  ['a kernel of TensorFlow.js itself', (x) => tf.tile(x, [2, 1, 1, 1]), 'A kernel of TensorFlow.js itself cannot be recorded.'],
  ['a value that is read', (x) => tf.scalar(tf.add(x, x).dataSync()[0]!), 'A recorded step cannot read.'],
  [
    'more than the memory holds',
    (x) =>
      tf.pad(x, [
        [0, 2 ** 28],
        [0, 0],
        [0, 0],
        [0, 0],
      ]),
    MemoryError,
  ],
])('%s is refused, and what exists stays as it is', (_, make, error) => {
  const x = vector([1, 2, 3, 4])
  const before = tf.memory()
  expect(() => record(backend(), () => [{ tensor: tf.tidy(() => make(x)) }])).toThrow(error)
  expect(tf.memory()).toEqual(before)
  expect([...tf.tidy(() => tf.add(x, x).dataSync())]).toEqual([2, 4, 6, 8])
  x.dispose()
})

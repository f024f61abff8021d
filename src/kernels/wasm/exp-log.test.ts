import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../lib/random'
import { useHostBackend } from '../testing/host-backends.test-support'
import { relaxedOrNot } from '../testing/simd-kernels.test-support'
import { placeOf, simd } from './simd'

describe.each(relaxedOrNot)('relaxed SIMD %s', (relaxed) => {
  beforeAll(() => useHostBackend('wasm', relaxed))

  const computed = (kernel: 'expOf' | 'logOf', values: Float32Array): Float32Array => {
    const [x, y] = [tf.tensor1d(values), tf.zeros([values.length])]
    const place = (tensor: tf.Tensor) => placeOf(tf.backend() as BackendWasm, tensor).at
    simd()!.call(kernel, { x: place(x), y: place(y), count: values.length })
    return y.dataSync<'float32'>()
  }

  /** The largest difference in units of the true value. */
  const worst = (got: Float32Array, values: Float32Array, f: (x: number) => number) =>
    values.reduce((most, x, i) => Math.max(most, Math.abs(got[i]! - f(x)) / Math.abs(f(x))), 0)

  test('exp is within 1e-6 of its value from -87 to 88, and 0 below', () => {
    const random = new Random(1, 'exp')
    const drawn = Array.from({ length: 40_000 }, (_, i) => (i % 2 ? random.uniform(-87, 88) : random.uniform(-1, 1)))
    const values = Float32Array.from([0, -87, 88, Math.LN2 / 2, ...drawn])
    expect(worst(computed('expOf', values), values, Math.exp)).toBeLessThan(1e-6)
    expect([...computed('expOf', Float32Array.of(-88, -1e4, -1e30, -Infinity))]).toEqual([0, 0, 0, 0])
  })

  test('log is within 1e-6 of its value for every normal number, near 1 too', () => {
    const random = new Random(2, 'log')
    const drawn = Array.from({ length: 40_000 }, (_, i) => (i % 2 ? 2 ** random.uniform(-126, 128) : random.uniform(0.5, 2)))
    const values = Float32Array.from([2 ** -126, Math.SQRT1_2, Math.SQRT2, 1 - 2 ** -24, 1 + 2 ** -23, 3.4e38, 2, 0.5, ...drawn])
    expect(worst(computed('logOf', values), values, Math.log)).toBeLessThan(1e-6)
    expect([...computed('logOf', Float32Array.of(1, 1, 1, 1))]).toEqual([0, 0, 0, 0])
  })

  test('NaN stays NaN', () => {
    for (const kernel of ['expOf', 'logOf'] as const)
      expect([...computed(kernel, Float32Array.of(NaN, 1, NaN, 1))].map(Number.isNaN)).toEqual([true, false, true, false])
  })
})

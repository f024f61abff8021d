import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useHostBackend } from '../testing/host-backends.test-support'
import { rowsOf } from './copies'

/** Shapes along an axis, and lengths there. */
const cases = fc
  .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 })
  .chain((shape) =>
    fc.record({ shape: fc.constant(shape), axis: fc.nat(shape.length - 1), lengths: fc.array(fc.nat(70), { minLength: 1, maxLength: 4 }) }),
  )

const dtypes = fc.constantFrom<'float32' | 'int32'>('float32', 'int32')
const withLength = (shape: number[], axis: number, length: number) => shape.map((size, a) => (a === axis ? length : size))
const counted = (shape: number[], dtype: 'float32' | 'int32', from = 1) =>
  tf.cast(tf.reshape(tf.range(from, from + tf.util.sizeFromShape(shape)), shape), dtype)

const operations: Record<string, (of: { shape: number[]; axis: number; lengths: number[] }, dtype: 'float32' | 'int32') => tf.Tensor[]> = {
  concat: ({ shape, axis, lengths }, dtype) => [
    tf.concat(
      lengths.map((length, i) => counted(withLength(shape, axis, length), dtype, 1000 * i)),
      axis,
    ),
  ],
  split: ({ shape, axis, lengths }, dtype) =>
    tf.split(
      counted(
        withLength(
          shape,
          axis,
          lengths.reduce((a, b) => a + b, 0),
        ),
        dtype,
      ),
      lengths,
      axis,
    ),
  pad: ({ shape, axis, lengths: [before = 0, after = 0] }, dtype) => [
    tf.pad(
      counted(shape, dtype),
      shape.map((_, a) => (a === axis ? [before, after] : [0, 0])),
    ),
  ],
  add: ({ shape, axis, lengths: [length] }, dtype) => [
    tf.add(counted(withLength(shape, axis, length!), dtype), counted(withLength(shape, axis, length!), dtype)),
  ],
}

async function valuesOf(make: () => tf.Tensor[]) {
  const made = tf.tidy(make)
  const values = await Promise.all(made.map(async (t) => ({ shape: t.shape, dtype: t.dtype, values: Array.from(await t.data(), Number) })))
  tf.dispose(made)
  return values
}

describe('on wasm', () => {
  beforeAll(() => useHostBackend('wasm'))
  afterAll(() => tf.setBackend('wasm'))

  test.each(Object.keys(operations))('%s equals that of tfjs on the cpu', async (name) => {
    await fc.assert(
      fc.asyncProperty(cases, dtypes, async (of, dtype) => {
        const make = () => operations[name]!(of, dtype)
        await tf.setBackend('cpu')
        const want = await valuesOf(make)
        await tf.setBackend('wasm')
        expect(await valuesOf(make)).toEqual(want)
      }),
      { numRuns: 60 },
    )
  })
})

test('a part of a tensor is rows where they are evenly spaced', () => {
  expect(rowsOf([2, 12, 8], [0, 8, 0], [2, 4, 8])).toEqual({ rows: 2, count: 32, start: 64, stride: 96 })
  expect(rowsOf([3, 4], [1, 0], [2, 4])).toEqual({ rows: 1, count: 8, start: 4, stride: 8 })
  expect(rowsOf([2, 3, 4], [0, 0, 1], [2, 3, 2])).toEqual({ rows: 6, count: 2, start: 1, stride: 4 })
  expect(rowsOf([2, 3, 4], [0, 0, 1], [2, 2, 2])).toBeNull()
})

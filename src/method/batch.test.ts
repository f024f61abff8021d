import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { useHostBackend } from '../kernels/testing/host-backends.test-support'
import { assembled, some } from './batch'
import { decodedRows, encodedRows, partsOf, type Rows } from './parts'

beforeAll(() => useHostBackend('cpu'))

const cases = fc.record({
  labeled: fc.integer({ min: 1, max: 7 }),
  unlabeled: fc.integer({ min: 1, max: 7 }),
  strong: fc.boolean(),
  featureViews: fc.constantFrom(0, 1, 5),
})
const settings = ({ labeled, unlabeled }: Rows, parts: number) => ({ parts, batchLabeled: labeled, batchUnlabeled: unlabeled })

test('the parts of a batch have each of its images once, and put together they are the batch', () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 9 }), (rows, wanted) => {
      const parts = partsOf({ ...settings(rows, wanted), norm: 'group' })
      expect(parts.length).toBe(Math.min(wanted, Math.max(rows.labeled, rows.unlabeled)))
      for (const rangesOf of [encodedRows, decodedRows]) {
        const ranges = parts.map((part) => rangesOf(rows, part)).filter((some) => some.some(([from, to]) => to > from))
        const B = ranges.flat().reduce((sum, [from, to]) => sum + to - from, 0)
        tf.tidy(() => {
          const x = tf.reshape(tf.range(0, 2 * B * 6), [2 * B, 2, 3]) as tf.Tensor3D
          const whole = assembled(ranges.map((own) => ({ x: some(x, own), ranges: own })))
          expect(whole.shape).toEqual(x.shape)
          expect(whole.dataSync()).toEqual(x.dataSync())
        })
      }
    }),
  )
})

test('with BatchNorm, whose statistics are those of the whole batch, there is one part', () => {
  expect(partsOf({ parts: 3, norm: 'batch', batchLabeled: 6, batchUnlabeled: 4 })).toEqual([{ labeled: [0, 6], unlabeled: [0, 4] }])
})

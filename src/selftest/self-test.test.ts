import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { casedOperations, type AnyOperation, type CasedOperation } from '../kernels/cases'
import { currentEngine } from '../kernels/engine'
import { useHostBackend } from '../kernels/testing/host-backends.test-support'
import type { BackendInfo } from '../session/events'
import { checksOf, shortPlan, wholePlan } from './checks'
import { sentenceOf, tableOf } from './report'
import { runSelfTest } from './self-test'

const info: BackendInfo = { backend: 'wasm', adapter: 'SIMD, 1 thread', software: false }
const options = { place: { node: '20' }, openWasm: () => Promise.reject(new Error('wasm is open')), tell: () => undefined }

beforeAll(() => useHostBackend('wasm'))

/** An operation as declared, but for `change`. */
function spoiled(name: string, change: (operation: AnyOperation) => Partial<AnyOperation>): CasedOperation {
  const cased = casedOperations.find((one) => one.name === name)!
  return { ...cased, operation: { ...cased.operation, ...change(cased.operation) } }
}

test('an operation with a spoiled kernel, gradient or shape is off, and no other', async () => {
  const offByTwo = (tensors: Record<string, tf.Tensor>) =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tf.mul(tensor, 2)]))
  const operations = [
    spoiled('blurOp', ({ kernel }) => ({ kernel: (inputs, attrs) => tf.tidy(() => offByTwo(kernel(inputs, attrs))) })),
    spoiled('contrastOp', () => ({})),
    spoiled('dropoutOp', ({ run }) => ({
      run: (...given) => (currentEngine() === 'ours' ? tf.tidy(() => offByTwo(run(...given))) : run(...given)),
    })),
    spoiled('rimOp', ({ kernel }) => ({
      kernel: (inputs, attrs) =>
        tf.tidy(() => Object.fromEntries(Object.entries(kernel(inputs, attrs)).map(([k, t]) => [k, tf.reshape(t, [-1])]))),
    })),
    spoiled('sgdOp', () => ({
      kernel: () => {
        throw new Error('no such kernel')
      },
    })),
  ]
  const report = await runSelfTest(info, { ...options, plan: { ...wholePlan('simd'), operations, count: 6 } })
  expect(report.rows.map(({ name, beside, ok }) => `${name} ${beside} ${ok}`)).toEqual([
    'blurOp twin false',
    'contrastOp twin true',
    'dropoutOp twin true',
    'dropoutOp stock false',
    'rimOp twin false',
    'sgdOp twin false',
    'sgdOp stock true',
    '10 training steps cpu true',
  ])
  expect(report.ok).toBe(false)
  expect(tf.getBackend()).toBe('wasm')

  const table = tableOf(report)
  expect(table.rows.map((row) => `${row[0]} ${row.at(-1)}`).slice(0, 5)).toEqual([
    'blurOp off',
    'dropoutOp off',
    'rimOp off',
    'sgdOp off',
    'contrastOp ok',
  ])
  expect(table.notes).toContainEqual(expect.stringMatching(/^sgdOp is off: Error: no such kernel, case 0 of sgdOp: /))
  expect(sentenceOf(report)).toMatch(
    /^Exemplar Lab \S+ computes WRONGLY here \(4 of 8 comparisons are off: blurOp by \S+ where 1\.0e-5 is allowed; .*\): wasm on SIMD, 1 thread, tfjs \S+, node 20\.$/,
  )
})

test('the short form has every operation, and few calls', () => {
  const checks = [...checksOf(shortPlan('wgsl'))]
  expect(new Set(checks.map(({ name }) => name.split(',')[0]))).toEqual(new Set(casedOperations.map(({ name }) => name)))
  expect(checks.length).toBeLessThanOrEqual(2 * (casedOperations.length + 3))
  expect(checks.every(({ beside }) => beside === 'twin')).toBe(true)
})

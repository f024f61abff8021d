import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { casedOperations, type AnyOperation } from '../cases'
import { mapped, outputShapes } from '../declaration'
import * as operations from '../operations'
import type { Place, Simd } from '../wasm/simd'
import type { Precision } from '../webgpu/halves'
import { casesFor, type Case, type Cases, type DrawnCase } from './cases'
import { besideStock, besideTwin, hasStock, isExact, type Difference, type Kind } from './compare'

/** The sources in all operation folders. */
const sources = import.meta.glob<Record<string, unknown>>(
  ['../*/*.ts', '!../*/*.{test,test-support,assembly,wgsl}.ts', '!../{testing,overrides,wasm,webgpu}/*'],
  { eager: true },
)

function enough(name: string, cases: Cases, count: number, first?: number): DrawnCase[] {
  const drawn = casesFor(name, cases, count, first)
  expect(drawn.length, `cases of ${name}`).toBeGreaterThan(count / 3)
  return drawn
}

function expectNear(found: Difference[], text: string): void {
  for (const { result, error, tolerance } of found) expect(error, `${result}, ${text}`).toBeLessThanOrEqual(tolerance)
}

/** State that a call must leave unchanged. */
function memory() {
  const { numTensors, numDataBuffers, numBytesInGPU } = tf.memory() as tf.MemoryInfo & { numBytesInGPU?: number }
  return { numTensors, numDataBuffers, numBytesInGPU }
}

/** Whether an operation's SIMD supports a case. */
function taken(operation: AnyOperation, { inputs, attrs = {} }: Case): boolean {
  let called = false
  const kernels: Simd = {
    eachImage: () => void (called = true),
    call: () => void (called = true),
    host: () => undefined,
    bytesFor: () => 0,
    withScratch: (_, use) => use(0),
  }
  const shapes = mapped(inputs, ({ shape }) => shape)
  const all = { ...shapes, ...Object.fromEntries(outputShapes(operation, shapes, attrs)) }
  const places = mapped(all, (shape): Place => ({ at: 0, size: tf.util.sizeFromShape(shape) }))
  return operation.simd!(kernels, places as never, shapes, attrs) && called
}

/** The outputs of each operation that hold activations or gradients of them. */
const activations: Record<string, string[]> = {
  conv2dOp: ['y'],
  conv2dInputGradientOp: ['dx'],
  dropoutOp: ['out'],
  normActivationOp: ['y'],
  normActivationGradOp: ['dx'],
  pixelLossGradOp: ['scaled'],
  scaleChannelsOp: ['y'],
  upsampleConcatOp: ['out'],
  upsampleConcatGradOp: ['dSkip', 'dx'],
}

/**
 * Tests the kernels of every operation on the active backend against the twins.
 * @param kind what runs there; the twin if an operation has no SIMD
 * @param count cases of each operation; a new shape costs time only on WebGPU, where it may compile a pipeline
 * @param precision f16, on WebGPU only: activations are stored as halves
 */
export function testKernels(kind: Kind, count = 40, precision: Precision = 'f32'): void {
  test('every operation is in operations.ts', () => {
    const exported = Object.values(sources).flatMap((source) => Object.entries(source))
    const defined = exported.filter(([, value]) => typeof value === 'object' && value !== null && 'twin' in value)
    expect(defined.map(([name]) => name).sort()).toEqual(Object.keys(operations).sort())
  })

  test.each(casedOperations.filter(({ operation }) => kind !== 'wgsl' || operation.wgsl))('$name equals its twin', async (cased) => {
    const { name, operation, cases } = cased
    const drawn = enough(name, cases, count)
    if (kind === 'simd' && !isExact(operation, kind))
      expect(
        drawn.some((c) => taken(operation, c)),
        'at least one case must use SIMD',
      ).toBe(true)
    const halves = new Set<string>()
    for (const c of drawn) {
      const before = memory()
      const found = await besideTwin(cased, c, kind, undefined, precision)
      expectNear(found, c.text)
      for (const { result, half } of found) if (half) halves.add(result)
      expect(memory(), c.text).toEqual(before)
    }
    expect([...halves].sort(), 'outputs stored as halves').toEqual(precision === 'f16' ? (activations[name] ?? []) : [])
  })
}

/** Tests every operation, with its gradients, on the active backend against the composition of stock operations on `oracle`. */
export function testAgainstStock(oracle?: string, count = 40, first = 0): void {
  test.each(casedOperations.filter(({ operation }) => operation.stock))(
    '$name and its gradients equal those of stock operations',
    async (cased) => {
      const backend = oracle ?? tf.getBackend()
      for (const c of enough(cased.name, cased.cases, count, first))
        if (hasStock(cased, c, backend)) expectNear(await besideStock(cased, c, backend), c.text)
    },
  )
}

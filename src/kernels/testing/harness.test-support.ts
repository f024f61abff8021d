import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { expect, test } from 'vitest'
import { Random } from '../../lib/random'
import { mapped, outputShapes } from '../declaration'
import { setEngine } from '../engine'
import type { Operation } from '../operation'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import * as operations from '../operations'
import { isHalf, withPrecision, type Precision } from '../webgpu/halves'
import { activationOf } from '../webgpu/launch'
import type { Place, Simd } from '../wasm/simd'
import { normal, relativeError, type Values } from './values.test-support'

/** One call of an operation. */
export interface Case {
  inputs: Record<string, Values>
  attrs?: object
  /** Largest error of this case, if different from the operation's. */
  tolerance?: number
  /** Backends on which the composition of stock operations gives different results. */
  wrongStock?: string[]
  /** The values of the only output to compare, if not all. */
  compared?: boolean[]
}

/** How to test an operation's kernels. Errors are relative to the largest value of an output, or to 1. */
export interface Cases {
  /** Draws case `i`; null if the draw is not a valid case. */
  draw: (random: Random, i: number) => Case | null
  /** Largest error of SIMD, 1e-5 by default, and of WGSL. */
  simd?: number
  wgsl?: number
  /** Largest error of SIMD and WGSL relative to the largest value of an output even if that is small. */
  ownScale?: number
  /** Largest error of values and gradients against the composition of stock operations, 1e-4 by default. */
  stock?: number
}

// An operation's types are unknown here.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyOperation = Operation<string, never, string, string, any>

const caseFiles = import.meta.glob<{ cases: Record<string, Cases> }>('../*/cases.test-support.ts', { eager: true })
const casesOf: Record<string, Cases> = Object.assign({}, ...Object.values(caseFiles).map(({ cases }) => cases))

/** The sources in all operation folders. */
const sources = import.meta.glob<Record<string, unknown>>(
  ['../*/*.ts', '!../*/*.{test,test-support,assembly,wgsl}.ts', '!../{testing,overrides,wasm,webgpu}/*'],
  { eager: true },
)

const list = Object.entries(operations).map(([name, operation]) => {
  const cases = casesOf[name]
  if (!cases) throw new Error(`${name} of operations.ts has no cases: see README.md.`)
  return { name, operation: operation as unknown as AnyOperation, cases }
})

/** Cases of an operation from `first` on, always the same. */
function casesFor(name: string, { draw }: Cases, count: number, first = 0): (Case & { text: string })[] {
  const drawn = Array.from({ length: count }, (_, k) => first + k).map((i) => ({ i, drawn: draw(new Random(8, name, i), i) }))
  const cases = drawn.flatMap(({ i, drawn }) => {
    if (!drawn) return []
    const shapes = Object.entries(drawn.inputs).map(([input, { shape }]) => `${input} [${shape}]`)
    return [{ ...drawn, text: `case ${i} of ${name}: ${shapes.join(', ')} ${JSON.stringify(drawn.attrs ?? {})}` }]
  })
  expect(cases.length, `cases of ${name}`).toBeGreaterThan(count / 3)
  return cases
}

const tensorsOf = (inputs: Record<string, Values>) => mapped(inputs, ({ values, shape }) => tf.tensor(values, shape))

/** The twin's outputs for a case, by name. */
function expected(operation: AnyOperation, { inputs, attrs = {} }: Case): Record<string, Values> {
  const shapes = mapped(inputs, ({ shape }) => shape)
  const outputs = Object.fromEntries(
    outputShapes(operation, shapes, attrs).map(([name, shape]) => [
      name,
      { values: new Float32Array(tf.util.sizeFromShape(shape)).fill(NaN), shape },
    ]),
  )
  const arrays = (all: Record<string, Values>) => mapped(all, ({ values }) => values)
  operation.twin(arrays(inputs), arrays(outputs), shapes, attrs)
  return outputs
}

async function read(tensors: Record<string, tf.Tensor>): Promise<Record<string, Values>> {
  const entries = Object.entries(tensors).map(
    async ([name, tensor]) => [name, { values: await tensor.data<'float32'>(), shape: tensor.shape }] as const,
  )
  const values = Object.fromEntries(await Promise.all(entries))
  tf.dispose(tensors)
  return values
}

/** The most that storing as a half changes the largest value of an output: half of the last of 11 bits. */
const halfRounding = 2 ** -11

/** @param rounded names of outputs stored as halves */
function expectValues(
  got: Record<string, Values>,
  want: Record<string, Values>,
  tolerance: number,
  text: string,
  least?: number,
  rounded: string[] = [],
) {
  expect(Object.keys(got), text).toEqual(Object.keys(want))
  for (const [name, { values, shape }] of Object.entries(want)) {
    expect(got[name]!.shape, `shape of ${name}, ${text}`).toEqual(shape)
    const allowed = tolerance + (rounded.includes(name) ? halfRounding : 0)
    expect(relativeError(got[name]!.values, values, least), `${name}, ${text}`).toBeLessThanOrEqual(allowed)
  }
}

const only = (outputs: Record<string, Values>, compared?: boolean[]): Record<string, Values> =>
  compared ? mapped(outputs, ({ values, shape }) => ({ values: values.filter((_, i) => compared[i]), shape })) : outputs

/** The output of an operation, and its gradients weighted by random numbers, so that no gradient is trivial. */
function differentiated(operation: AnyOperation, { inputs, attrs = {} }: Case): Record<string, tf.Tensor> {
  return tf.tidy(() => {
    const tensors = tensorsOf(inputs)
    const [name] = Object.keys(operation.outputs(mapped(inputs, ({ shape }) => shape) as never, attrs))
    const run = (given: Record<string, tf.Tensor>) => operation.run(given as never, attrs)[name!]!
    const output = run(tensors)
    const { values, shape } = normal(new Random(1, 'weights'), ...output.shape)
    const by = operation.gradient!.by.filter((input) => tensors[input])
    const loss = (...args: tf.Tensor[]) =>
      tf.sum(tf.mul(run({ ...tensors, ...Object.fromEntries(args.map((arg, i) => [by[i], arg])) }), tf.tensor(values, shape)))
    const gradients = tf.grads(loss)(by.map((input) => tensors[input]!))
    return { [name!]: output, ...Object.fromEntries(gradients.map((gradient, i) => [`gradient by ${by[i]}`, gradient])) }
  })
}

/** An operation's results with the stock engine. */
function composed(operation: AnyOperation, c: Case): Record<string, tf.Tensor> {
  setEngine('stock')
  try {
    if (operation.gradient) return differentiated(operation, c)
    return tf.tidy(() => operation.run(tensorsOf(c.inputs) as never, c.attrs ?? {}))
  } finally {
    setEngine('ours')
  }
}

/** State that a call must leave unchanged. */
function memory() {
  const { numTensors, numDataBuffers, numBytesInGPU } = tf.memory() as tf.MemoryInfo & { numBytesInGPU?: number }
  return { numTensors, numDataBuffers, numBytesInGPU }
}

/** Calls `use` with another backend active. */
async function on<T>(backend: string, use: () => Promise<T>): Promise<T> {
  const before = tf.getBackend()
  await tf.setBackend(backend)
  try {
    return await use()
  } finally {
    await tf.setBackend(before)
  }
}

/** Whether an operation's SIMD supports a case. */
function taken(operation: AnyOperation, { inputs, attrs = {} }: Case): boolean {
  let called = false
  const kernels: Simd = { eachImage: () => void (called = true), call: () => ((called = true), 0) }
  const shapes = mapped(inputs, ({ shape }) => shape)
  const all = { ...shapes, ...Object.fromEntries(outputShapes(operation, shapes, attrs)) }
  const places = mapped(all, (shape): Place => ({ at: 0, size: tf.util.sizeFromShape(shape) }))
  return operation.simd!(kernels, places as never, shapes, attrs) && called
}

/** The outputs of each operation that hold activations or gradients of them. */
const activations: Record<string, string[]> = {
  conv2dOp: ['y'],
  conv2dInputGradientOp: ['dx'],
  normActivationOp: ['y'],
  normActivationGradOp: ['dx'],
  pixelLossGradOp: ['scaled'],
  scaleChannelsOp: ['y'],
  upsampleConcatOp: ['out'],
  upsampleConcatGradOp: ['dSkip', 'dx'],
}

/** A case with the images of whole vectors of channels, as activations are, stored as halves: what the kernel gets, and what the twin gets, rounded likewise. */
async function inHalves(c: Case): Promise<{ tensors: Record<string, tf.Tensor>; rounded: Case }> {
  const backend = tf.backend() as WebGPUBackend
  const tensors = mapped(c.inputs, ({ values, shape }) => {
    const floats = tf.tensor(values, shape)
    if (shape.length !== 4 || shape[3]! % 4 !== 0) return floats
    const half = withPrecision('f16', () => tf.engine().makeTensorFromTensorInfo(activationOf(backend, floats)))
    floats.dispose()
    return half
  })
  const inputs: Record<string, Values> = {}
  for (const [name, tensor] of Object.entries(tensors)) inputs[name] = { values: await tensor.data<'float32'>(), shape: tensor.shape }
  return { tensors, rounded: { ...c, inputs } }
}

/**
 * Tests the kernels of every operation on the active backend against the twins.
 * @param kind what runs there; the twin if an operation has no SIMD
 * @param count cases of each operation; a new shape costs time only on WebGPU, where it may compile a pipeline
 * @param precision f16, on WebGPU only: activations are stored as halves
 */
export function testKernels(kind: 'twin' | 'simd' | 'wgsl', count = 40, precision: Precision = 'f32'): void {
  test('every operation is in operations.ts and has cases', () => {
    expect(Object.keys(casesOf).sort()).toEqual(Object.keys(operations).sort())
    const exported = Object.values(sources).flatMap((source) => Object.entries(source))
    const defined = exported.filter(([, value]) => typeof value === 'object' && value !== null && 'twin' in value)
    expect(defined.map(([name]) => name).sort()).toEqual(Object.keys(operations).sort())
  })

  test.each(list.filter(({ operation }) => kind !== 'wgsl' || operation.wgsl))(
    '$name equals its twin',
    { timeout: 120_000 },
    async ({ name, operation, cases }) => {
      const drawn = casesFor(name, cases, count)
      const exact = kind === 'twin' || !operation[kind]
      if (kind === 'simd' && !exact)
        expect(
          drawn.some((c) => taken(operation, c)),
          'at least one case must use SIMD',
        ).toBe(true)
      const usual = exact ? 0 : (cases[kind] ?? 1e-5)
      const stored = new Set<string>()
      for (const c of drawn) {
        const before = memory()
        const { tensors, rounded } = precision === 'f16' ? await inHalves(c) : { tensors: tensorsOf(c.inputs), rounded: c }
        const want = only(expected(operation, rounded), c.compared)
        const outputs = withPrecision(precision, () => operation.kernel(tensors as never, c.attrs ?? {}))
        const halves = Object.keys(outputs).filter((name) => isHalf(outputs[name]!))
        const got = only(await read(outputs), c.compared)
        tf.dispose(tensors)
        expectValues(got, want, exact ? 0 : Math.max(usual, c.tolerance ?? 0), c.text, 1, halves)
        if (cases.ownScale && !exact && halves.length === 0) expectValues(got, want, cases.ownScale, `${c.text}, on its own scale`, 1e-9)
        for (const output of halves) stored.add(output)
        expect(memory(), c.text).toEqual(before)
      }
      expect([...stored].sort(), 'outputs stored as halves').toEqual(precision === 'f16' ? (activations[name] ?? []) : [])
    },
  )
}

/** Tests every operation, with its gradients, on the active backend against the composition of stock operations on `oracle`. */
export function testAgainstStock(oracle?: string, count = 40, first = 0): void {
  test.each(list.filter(({ operation }) => operation.stock))(
    '$name and its gradients equal those of stock operations',
    { timeout: 120_000 },
    async ({ name, operation, cases }) => {
      for (const c of casesFor(name, cases, count, first)) {
        if (c.wrongStock?.includes(oracle ?? tf.getBackend())) continue
        const run = () =>
          operation.gradient ? differentiated(operation, c) : tf.tidy(() => operation.run(tensorsOf(c.inputs) as never, c.attrs ?? {}))
        const want = await on(oracle ?? tf.getBackend(), () => read(composed(operation, c)))
        expectValues(await read(run()), want, Math.max(cases.stock ?? 1e-4, c.tolerance ?? 0), c.text)
      }
    },
  )
}

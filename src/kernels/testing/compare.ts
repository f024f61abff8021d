/** Results of an operation beside those of its twin and of its composition of stock operations: for the tests, and for the self-test. */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { Random } from '../../lib/random'
import type { AnyOperation, CasedOperation } from '../cases'
import { mapped, outputShapes } from '../declaration'
import { setEngine } from '../engine'
import { isHalf, withPrecision, type Precision } from '../webgpu/halves'
import { activationOf } from '../webgpu/launch'
import type { Case } from './cases'
import { normal, relativeError, type Values } from './values'

/** What runs on a backend; where an operation lacks SIMD or WGSL, its twin. */
export type Kind = 'twin' | 'simd' | 'wgsl'

/** How far one result of a call is from what it should be; Infinity if it is no number, or has another shape. */
export interface Difference {
  result: string
  error: number
  tolerance: number
  /** Whether it was stored as halves, which allows it `halfRounding` more. */
  half?: boolean
}

/** The most that storing as a half changes the largest value of an output: half of the last of 11 bits. */
const halfRounding = 2 ** -11

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

/**
 * The differences of all results; those that are lacking, or that nobody expects, differ without bound.
 * @param halves results that were stored as halves
 */
function differences(
  got: Record<string, Values>,
  want: Record<string, Values>,
  usual: number,
  { least, halves = [] }: { least?: number; halves?: string[] } = {},
): Difference[] {
  return [...new Set([...Object.keys(want), ...Object.keys(got)])].map((result) => {
    const [one, other] = [got[result], want[result]]
    const alike = one !== undefined && other !== undefined && one.shape.join() === other.shape.join()
    const half = halves.includes(result)
    return {
      result,
      error: alike ? relativeError(one.values, other.values, least) : Infinity,
      tolerance: usual + (half ? halfRounding : 0),
      half,
    }
  })
}

const only = (outputs: Record<string, Values>, compared?: boolean[]): Record<string, Values> =>
  compared ? mapped(outputs, ({ values, shape }) => ({ values: values.filter((_, i) => compared[i]), shape })) : outputs

/** A case whose images of whole vectors of channels, as activations are, are stored as halves: what the kernel gets, and what the twin gets, rounded likewise. */
async function inHalves(c: Case): Promise<{ tensors: Record<string, tf.Tensor>; rounded: Case }> {
  const tensors = mapped(c.inputs, ({ values, shape }) => {
    const floats = tf.tensor(values, shape)
    if (shape.length !== 4 || shape[3]! % 4 !== 0) return floats
    const half = withPrecision('f16', () => tf.engine().makeTensorFromTensorInfo(activationOf(tf.backend() as WebGPUBackend, floats)))
    floats.dispose()
    return half
  })
  const inputs: Record<string, Values> = {}
  for (const [name, tensor] of Object.entries(tensors)) inputs[name] = { values: await tensor.data<'float32'>(), shape: tensor.shape }
  return { tensors, rounded: { ...c, inputs } }
}

/** Whether an operation's twin is what runs, so that nothing may differ at all. */
export const isExact = (operation: AnyOperation, kind: Kind): boolean => kind === 'twin' || !operation[kind]

/**
 * One call of an operation's kernel on the active backend beside its twin.
 * @param form one of `cases.forms`, instead of what the adapter would use
 * @param precision f16, on WebGPU only: activations are stored as halves
 */
export async function besideTwin(
  { operation, cases }: CasedOperation,
  c: Case,
  kind: Kind,
  form?: string,
  precision: Precision = 'f32',
): Promise<Difference[]> {
  const exact = isExact(operation, kind)
  const usual = exact ? 0 : ((kind === 'twin' ? undefined : cases[kind]) ?? 1e-5)
  const { tensors, rounded } = precision === 'f16' ? await inHalves(c) : { tensors: tensorsOf(c.inputs), rounded: c }
  const want = only(expected(operation, rounded), c.compared)
  const launch = () => withPrecision(precision, () => operation.kernel(tensors as never, c.attrs ?? {}))
  const outputs = form === undefined ? launch() : cases.forms!.within(form, launch)
  const halves = Object.keys(outputs).filter((name) => isHalf(outputs[name]!))
  const got = only(await read(outputs), c.compared)
  tf.dispose(tensors)
  const found = differences(got, want, exact ? 0 : Math.max(usual, c.tolerance ?? 0), { halves })
  // A half of a small number has fewer bits.
  if (!cases.ownScale || exact || halves.length > 0) return found
  const own = differences(got, want, cases.ownScale, { least: 1e-9 })
  return [...found, ...own.map((difference) => ({ ...difference, result: `${difference.result} on its own scale` }))]
}

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

/** An operation's results on the active backend, with its gradients where it has any. */
const results = (operation: AnyOperation, c: Case): Record<string, tf.Tensor> =>
  operation.gradient ? differentiated(operation, c) : tf.tidy(() => operation.run(tensorsOf(c.inputs) as never, c.attrs ?? {}))

/** The same with the stock engine. */
function composed(operation: AnyOperation, c: Case): Record<string, tf.Tensor> {
  setEngine('stock')
  try {
    return results(operation, c)
  } finally {
    setEngine('ours')
  }
}

/** Calls `use` with another backend active. */
export async function on<T>(backend: string, use: () => Promise<T>): Promise<T> {
  const before = tf.getBackend()
  await tf.setBackend(backend)
  try {
    return await use()
  } finally {
    await tf.setBackend(before)
  }
}

/** Whether a case can be compared with stock operations on a backend. */
export const hasStock = ({ operation }: Pick<CasedOperation, 'operation'>, { wrongStock = [] }: Case, oracle: string): boolean =>
  operation.stock !== undefined && !wrongStock.includes(oracle)

/** One call of an operation on the active backend, with its gradients, beside its composition of stock operations on `oracle`. */
export async function besideStock({ operation, cases }: CasedOperation, c: Case, oracle: string): Promise<Difference[]> {
  const want = await on(oracle, () => read(composed(operation, c)))
  return differences(await read(results(operation, c)), want, Math.max(cases.stock ?? 1e-4, c.tolerance ?? 0))
}

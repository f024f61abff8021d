/** The calls of operations that a self-test makes, one by one. */
import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { casedOperations, type CasedOperation } from '../kernels/cases'
import { casesFor } from '../kernels/testing/cases'
import { besideStock, besideTwin, hasStock, type Difference, type Kind } from '../kernels/testing/compare'
import type { Precision } from '../kernels/webgpu/halves'
import { refusalOf } from '../kernels/webgpu/refusal'
import type { Row } from './report'

/** Which calls are made. */
export interface Plan {
  kind: Kind
  precisions: readonly Precision[]
  /** Cases of each operation, from number `first` on. */
  count: number
  first: number
  /** Which forms of an operation that has several, all or those that this adapter uses, and in how many of the cases. */
  forms: 'all' | 'inUse'
  formCount: number
  /** Whether gradients are compared with those of stock operations on cpu, too. */
  gradients: boolean
  operations: readonly CasedOperation[]
}

/** Everything: sizes of 1, odd sizes, and random ones; fewer for each form, whose pipelines take a driver long to compile. */
export const wholePlan = (kind: Kind): Plan => ({
  kind,
  precisions: kind === 'wgsl' ? ['f32', 'f16'] : ['f32'],
  count: 16,
  first: 0,
  forms: 'all',
  formCount: 6,
  gradients: true,
  operations: casedOperations,
})

/** A few dozen calls: two odd sizes of each operation in the forms that the run uses. An operation's gradient is an operation too. */
export const shortPlan = (kind: Kind): Plan => ({
  ...wholePlan(kind),
  precisions: ['f32'],
  count: 2,
  first: 1,
  forms: 'inUse',
  formCount: 2,
  gradients: false,
})

/** What is called, and the row that it belongs to. */
export interface Call extends Pick<Row, 'name' | 'precision' | 'beside'> {
  /** The call in words. */
  text: string
}

export interface Check extends Call {
  /** @throws Error if the backend fails */
  run: () => Promise<Difference[]>
}

/** The checks of a plan on the active backend, those of one operation after another. */
export function* checksOf({ kind, precisions, count, first, forms, formCount, gradients, operations }: Plan): Generator<Check> {
  for (const precision of precisions)
    for (const cased of operations) {
      const { name, operation, cases } = cased
      // There its composition runs.
      if (kind === 'wgsl' && !operation.wgsl) continue
      const own = (kind === 'wgsl' && cases.forms) || null
      for (const form of own ? (forms === 'all' ? own.all : own.inUse()) : [undefined])
        for (const c of casesFor(name, cases, form === undefined ? count : formCount, first))
          yield {
            name: form === undefined ? name : `${name}, ${form}`,
            precision,
            beside: 'twin',
            text: c.text,
            run: () => besideTwin(cased, c, kind, form, precision),
          }
      // Whose rounding would be another.
      if (!gradients || precision === 'f16') continue
      for (const c of casesFor(name, cases, count, first))
        if (hasStock(cased, c, 'cpu')) yield { name, precision, beside: 'stock', text: c.text, run: () => besideStock(cased, c, 'cpu') }
    }
}

/** What some work on the active backend gave, or what the GPU refused meanwhile; see `refusalOf`. */
export type Outcome<T> = { given: T } | { refused: string }

/** @throws Error as `work` does, unless the GPU refused something */
export async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  if (tf.getBackend() !== 'webgpu') return { given: await work() }
  const { device } = tf.backend() as WebGPUBackend
  let working: Promise<T> | undefined
  const refused = await refusalOf(device, () => (working = work()).catch(() => undefined))
  return refused === null ? { given: await working! } : { refused }
}

import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import { relativeError } from './conv-case.test-support'

/** Values and shape of an input or output. */
export interface Values {
  values: Float32Array
  shape: number[]
}

/** Runs a kernel on a backend, which is active only meanwhile. */
export async function runOn(backend: string, kernel: string, inputs: Record<string, Values>, attrs: object = {}): Promise<Values[]> {
  const before = tf.getBackend()
  await tf.setBackend(backend)
  try {
    const tensors = Object.fromEntries(Object.entries(inputs).map(([name, { values, shape }]) => [name, tf.tensor(values, shape)]))
    const result = tf.engine().runKernel(kernel, tensors, attrs as tf.NamedAttrMap) as tf.Tensor | tf.Tensor[]
    const outputs = Array.isArray(result) ? result : [result]
    const read = await Promise.all(outputs.map(async (t) => ({ values: await t.data<'float32'>(), shape: t.shape })))
    tf.dispose([tensors, outputs])
    return read
  } finally {
    await tf.setBackend(before)
  }
}

/** Compares a kernel on WebGPU with its twin on cpu: shapes of all outputs, and values within `tolerance` of the largest. Returns the twin's. */
export async function expectTwin(kernel: string, inputs: Record<string, Values>, attrs: object = {}, tolerance = 1e-5): Promise<Values[]> {
  const want = await runOn('cpu', kernel, inputs, attrs)
  const got = await runOn('webgpu', kernel, inputs, attrs)
  expect(got.map((o) => o.shape)).toEqual(want.map((o) => o.shape))
  got.forEach((o, i) => expect(relativeError(o.values, want[i]!.values), `${kernel}, output ${i}`).toBeLessThanOrEqual(tolerance))
  return want
}

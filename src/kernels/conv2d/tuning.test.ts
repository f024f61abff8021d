import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { afterEach, expect, test } from 'vitest'
import { useSoftwareWebgpu } from '../testing/dawn.test-support'
import { convVariant, convVariants, filterVariant, softwareTable, unmeasuredTable, useVariants } from './variants'
import { tuneConvolutions, type TuningStore } from './tuning'

useSoftwareWebgpu()
afterEach(() => void useVariants(softwareTable))

/** A clock that stands still until the first form is measured, then jumps by a second with each look. */
function stagedClock(): () => number {
  let looks = 0
  return () => (++looks <= 4 ? 0 : 1000 * looks)
}
const now = () => 0

function memoryStore(): TuningStore & { values: Map<string, unknown> } {
  const values = new Map<string, unknown>()
  return { values, get: (key) => Promise.resolve(values.get(key)), set: (key, value) => Promise.resolve(void values.set(key, value)) }
}

test('a software adapter is not measured', async () => {
  const store = memoryStore()
  const backend = tf.backend() as WebGPUBackend
  expect(await tuneConvolutions(backend, { software: true, adapterName: 'soft', now, store })).toBe(softwareTable)
  expect(store.values.size).toBe(0)
})

test('a measurement names a form for each operation, leaves no data behind, and is remembered by adapter', async () => {
  const store = memoryStore()
  const backend = tf.backend() as WebGPUBackend
  const before = backend.numDataIds()
  // The first form is measured, and the rest is left to the table for adapters not measured.
  const table = await tuneConvolutions(backend, { software: false, adapterName: 'A', now: stagedClock(), store, budget: 1500 })
  expect(table.forward).toEqual([{ pixels: 1536, inChannels: 128, outChannels: 128, variant: 'direct' }])
  expect(table.filter).toEqual(unmeasuredTable.filter)
  expect(backend.numDataIds()).toBe(before)

  // What was cut short is kept for this process only; what another left in the store is taken.
  expect(store.values.size).toBe(0)
  const elsewhere = { ...unmeasuredTable, forward: table.forward }
  await store.set('convolutions 1 B', elsewhere)
  expect(await tuneConvolutions(backend, { software: false, adapterName: 'A', now })).toBe(table)
  expect(await tuneConvolutions(backend, { software: false, adapterName: 'B', now, store })).toBe(elsewhere)
})

test('a table decides by the nearest shape, and unknown names count as direct', () => {
  const few = { pixels: 100_000, inChannels: 8, outChannels: 8 }
  const many = { pixels: 1000, inChannels: 128, outChannels: 128 }
  useVariants({
    ...softwareTable,
    forward: [
      { ...few, variant: 'direct small' },
      { ...many, variant: 'tiled 64x64' },
    ],
    filter: [{ ...few, variant: 'of a newer version' }],
  })
  expect(convVariant('forward', { pixels: 50_000, inChannels: 1, outChannels: 16 })).toBe(convVariants['direct small'])
  expect(convVariant('forward', { pixels: 4000, inChannels: 64, outChannels: 128 })).toBe(convVariants['tiled 64x64'])
  expect(filterVariant(few)).toBeNull()
})

import { util } from '@tensorflow/tfjs-core'
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { conv2dInputGradientWgsl, conv2dWgsl } from './conv2d.wgsl'
import { conv2dFilterGradientWgsl } from './filter-gradient.wgsl'
import {
  convOps,
  softwareTable,
  unmeasuredTable,
  useVariants,
  variantsOf,
  withVariant,
  type ConvOp,
  type ConvShape,
  type VariantTable,
} from './variants'

/** Where tables outlive a page, by key; values are plain data. */
export interface TuningStore {
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): Promise<void>
}

export interface TuningOptions {
  /** True on a software adapter: the table is known, and nothing is measured. */
  software: boolean
  /** What the table is remembered by; see Webgpu.name. */
  adapterName: string
  /** Milliseconds, from any start. */
  now: () => number
  store?: TuningStore
  /** Milliseconds of measuring, compilation apart, after which no more begins; 1500 if left out. Shapes not reached follow the nearest that was. */
  budget?: number
}

/** Layers to measure, both models with 12 images each as a training step has them: from many channels to many pixels, all of the same work. */
const images = 24
const levels = [
  { size: 8, channels: 128 },
  { size: 64, channels: 16 },
  { size: 16, channels: 64 },
  { size: 32, channels: 32 },
]

/** A form that was so many times slower than the best on one shape is not tried on the others. */
const hopeless = 4

/** Raise it when the kernels change so that old measurements mislead. */
const version = 1
const remembered = new Map<string, VariantTable>()

/** Hands everything queued to the GPU and waits until it is done. */
async function finish(backend: WebGPUBackend): Promise<void> {
  // tfjs keeps launches back until a read; its encoder is private, and submitting without one throws.
  if ((backend as unknown as { commandEncoder: unknown }).commandEncoder) {
    backend.endComputePassEncoder()
    backend.submitQueue()
  }
  await backend.queue.onSubmittedWorkDone()
}

function isTable(value: unknown): value is VariantTable {
  return (
    typeof value === 'object' &&
    value !== null &&
    convOps.every((op) => Array.isArray((value as VariantTable)[op]) && (value as VariantTable)[op].length > 0)
  )
}

/** Times each form of each operation on a few shapes. Real GPUs differ too much for a rule: what wins on one is half as fast on the next. */
async function measure(backend: WebGPUBackend, { now, budget = 1500 }: TuningOptions): Promise<{ table: VariantTable; complete: boolean }> {
  const begun = now()
  const table: VariantTable = { forward: [], input: [], filter: [] }
  let compiling = 0
  let complete = true
  const dropped = new Set<string>()
  await finish(backend)
  const emptyBegun = now()
  await finish(backend)
  const latency = now() - emptyBegun

  for (const { size, channels } of levels) {
    const zeros = (shape: number[]): TensorInfo => backend.makeTensorInfo(shape, 'float32', new Float32Array(util.sizeFromShape(shape)))
    const x = zeros([images, size, size, channels])
    const w = zeros([2, 3, 3, channels, channels])
    const calls: Record<ConvOp, () => TensorInfo> = {
      forward: () => conv2dWgsl({ inputs: { x, w }, attrs: {}, backend }).y,
      input: () => conv2dInputGradientWgsl({ inputs: { dy: x, w }, attrs: {}, backend }).dx,
      filter: () => conv2dFilterGradientWgsl({ inputs: { x, dy: x, w }, attrs: {}, backend }).dw,
    }
    const shape: ConvShape = { pixels: images * size * size, inChannels: channels, outChannels: channels }
    try {
      for (const op of convOps) {
        const times = new Map<string, number>()
        for (const variant of variantsOf[op]) {
          if (dropped.has(`${op} ${variant}`)) continue
          if (now() - begun - compiling > budget) {
            complete = false
            continue
          }
          const run = async (count: number): Promise<number> => {
            const before = now()
            // Kernels are chosen while they are queued, so nothing else can meet this table.
            const own = useVariants(withVariant(unmeasuredTable, op, variant))
            try {
              for (let i = 0; i < count; i++) backend.disposeData(calls[op]().dataId)
            } finally {
              useVariants(own)
            }
            await finish(backend)
            return now() - before
          }
          // Compiles, which counts neither as its time nor against the budget. A form that a driver refuses would take no time at all.
          backend.device.pushErrorScope('validation')
          compiling += await run(1)
          if (await backend.device.popErrorScope()) continue
          // Enough runs to see past the latency of an answer, which a browser may round up to a few milliseconds.
          let count = 2
          let time = await run(count)
          while (time < 3 * latency + 4 && count < 32) time = await run((count *= 4))
          times.set(variant, Math.max(time - latency, 0) / count)
        }
        if (times.size === 0) continue
        const best = [...times].reduce((a, b) => (b[1] < a[1] ? b : a))
        table[op].push({ ...shape, variant: best[0] })
        for (const [variant, time] of times) if (time > hopeless * best[1]) dropped.add(`${op} ${variant}`)
      }
    } finally {
      backend.disposeData(x.dataId)
      backend.disposeData(w.dataId)
    }
  }
  for (const op of convOps) if (table[op].length === 0) table[op] = unmeasuredTable[op]
  return { table, complete }
}

/**
 * Chooses the forms of our convolutions for the adapter of this backend, by measuring them once on each adapter, and makes the kernels use
 * them. Call it when a backend is opened, before anything is recorded: another choice rounds differently.
 * @returns the table, e.g. to show it
 */
export async function tuneConvolutions(backend: WebGPUBackend, options: TuningOptions): Promise<VariantTable> {
  const { software, adapterName, store } = options
  const key = `convolutions ${version} ${adapterName}`
  const known = software ? softwareTable : (remembered.get(key) ?? (await store?.get(key)))
  const { table, complete } = isTable(known) ? { table: known, complete: false } : await measure(backend, options)
  // One that was cut short says little of the shapes it did not reach: not for longer than this process.
  if (complete) await store?.set(key, table)
  if (!software) remembered.set(key, table)
  useVariants(table)
  return table
}

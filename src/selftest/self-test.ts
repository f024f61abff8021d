/** Whether this adapter computes rightly: the same in Node and in the page's worker. */
import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { drift, lossesOf } from '../bench/agreement'
import type { Difference, Kind } from '../kernels/testing/compare'
import { threadsInUse } from '../kernels/wasm/simd'
import { version } from '../lib/version'
import type { BackendInfo, BackendName } from '../session/events'
import { checksOf, outcomeOf, wholePlan, type Call, type Plan } from './checks'
import type { Row, SelfTestReport } from './report'

const kinds: Record<BackendName, Kind> = { webgpu: 'wgsl', wasm: 'simd', cpu: 'twin' }

export const kindOf = ({ backend }: BackendInfo): Kind => kinds[backend]

/** What came of a check, as differences: also if nothing did. */
async function differencesOf(work: () => Promise<Difference[]>): Promise<Difference[]> {
  const nothing = (why: string): Difference[] => [{ result: why, error: Infinity, tolerance: 0 }]
  const outcome = await outcomeOf(work).catch((error: unknown) => ({ given: nothing(String(error)) }))
  return 'refused' in outcome ? nothing(`the GPU refused it (${outcome.refused})`) : outcome.given
}

/** Takes the differences of a check into its row. */
function take(rows: Row[], { name, precision, beside, text }: Call, differences: Difference[]): void {
  let row = rows.find((row) => row.name === name && row.precision === precision && row.beside === beside)
  if (!row) rows.push((row = { name, precision, beside, cases: 0, error: 0, tolerance: 0, ok: true, worst: '' }))
  row.cases++
  for (const { result, error, tolerance } of differences) {
    if (row.worst && !isWorse({ error, tolerance }, row)) continue
    Object.assign(row, { error, tolerance, ok: row.ok && error <= tolerance, worst: `${result}, ${text}` })
  }
}

type Measure = Pick<Row, 'error' | 'tolerance'>

/** By the error in units of its tolerance. */
const isWorse = (one: Measure, other: Measure): boolean => {
  const share = ({ error, tolerance }: Measure) => (error === 0 ? 0 : error / tolerance)
  return share(one) > share(other)
}

/** Steps of a tiny network beside another backend, and how far its losses may be apart. */
const stepCount = 10
const stepTolerance = 1e-3

/** The same steps on the backend that `openReference` makes active. */
async function stepsBeside(openReference: () => Promise<unknown>, tell: (message: string) => void): Promise<[Call, Difference[]]> {
  const run = () => lossesOf('T16', 'ours', stepCount, (t) => t === 0 && tell(`${stepCount} training steps on ${tf.getBackend()}`))
  const tested = tf.getBackend()
  let own: Awaited<ReturnType<typeof run>> = []
  const failed = await differencesOf(async () => ((own = await run()), []))
  try {
    await openReference()
    const beside = tf.getBackend() as 'wasm' | 'cpu'
    const { total, labelled, taught } = drift(own, await run())
    const largest = Math.max(total, labelled, taught)
    const difference = { result: 'a loss', error: Number.isNaN(largest) ? Infinity : largest, tolerance: stepTolerance }
    return [
      { name: `${stepCount} training steps`, precision: 'f32', beside, text: 'relative, in the step where it is largest' },
      failed.length > 0 ? failed : [difference],
    ]
  } finally {
    await tf.setBackend(tested)
  }
}

/** What WebGPU says of the open adapter; `driver` and others only where a browser tells developers. */
function gpuInfo(): Record<string, string> {
  if (tf.getBackend() !== 'webgpu') return {}
  const info = (tf.backend() as WebGPUBackend).device.adapterInfo as (GPUAdapterInfo & { driver?: string; backend?: string }) | undefined
  const names = ['vendor', 'architecture', 'device', 'description', 'driver', 'backend'] as const
  return Object.fromEntries(names.flatMap((name) => (info?.[name] ? [[name, info[name]]] : [])))
}

export interface SelfTestOptions {
  /** Versions of the runtime: Node or browser. */
  place: Record<string, string>
  /** Makes wasm the active backend, to compare WebGPU with. */
  openWasm: () => Promise<unknown>
  /** Called with one line before each operation. */
  tell: (message: string) => void
  /** What is compared; by default everything. */
  plan?: Plan
}

/** Tests the active backend, and leaves it active. */
export async function runSelfTest(
  info: BackendInfo,
  { place, openWasm, tell, plan = wholePlan(kindOf(info)) }: SelfTestOptions,
): Promise<SelfTestReport> {
  const begun = performance.now()
  const rows: Row[] = []
  const gpu = gpuInfo()
  let last = ''
  for (const check of checksOf(plan)) {
    if (check.name !== last) tell((last = check.name))
    take(rows, check, await differencesOf(check.run))
  }
  take(rows, ...(await stepsBeside(info.backend === 'webgpu' ? openWasm : () => tf.setBackend('cpu'), tell)))
  return {
    ...info,
    threads: info.backend === 'wasm' ? threadsInUse() : 1,
    gpu,
    versions: { 'exemplar-lab': version, tfjs: tf.version_core, ...place },
    rows,
    ok: rows.every(({ ok }) => ok),
    seconds: (performance.now() - begun) / 1000,
    notes: [],
  }
}

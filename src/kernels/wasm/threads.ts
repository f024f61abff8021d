import * as tf from '@tensorflow/tfjs-core'
import { BackendWasm, setThreadsCount } from '@tensorflow/tfjs-backend-wasm'
import { beat } from '../../lib/beat'
import { LostError } from '../lost-error'
import factory from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js'

/** Addresses of what threads need beside the kernels: tfjs's threaded binary and thread.js, both from our own origin. */
export interface ThreadFiles {
  binary: string
  script: string
}

/** The parts of tfjs's threaded module that are used here. */
interface ThreadedModule {
  PThread: { unusedWorkers: Worker[]; terminateAllThreads: () => void }
  wasmMemory: WebAssembly.Memory
  _malloc: (bytes: number) => number
  cwrap: (name: string, result: 'number' | null, args: 'number'[]) => unknown
  tfjs: unknown
}

type Factory = (config: { locateFile: (path: string) => string; mainScriptUrlOrBlob: string }) => Promise<ThreadedModule>

/** What makes tfjs's own backend, on one thread; null while that is the one registered. */
let plain: ReturnType<typeof tf.findBackendFactory> | null = null

/** Pool workers that the threaded module starts, whatever is asked for. */
export const mostThreads = 8

/**
 * Makes tfjs's wasm backend anew on a memory that threads share. tfjs itself would start its threads from code in blobs, which a strict
 * content security policy refuses; here the very workers that its module starts run our script, and share out our kernels. tfjs's own
 * kernels stay on one thread. The page must be cross-origin isolated.
 * @returns what makes it the backend 'wasm'; to be called before `tf.setBackend('wasm')`
 */
export async function threadedBackend(files: ThreadFiles): Promise<() => void> {
  const module = await (factory as unknown as Factory)({
    locateFile: (path) => (path.endsWith('.wasm') ? files.binary : files.script),
    mainScriptUrlOrBlob: files.script,
  })
  // As tfjs's own init().
  module.tfjs = {
    init: module.cwrap('init', null, []),
    initWithThreadsCount: module.cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: module.cwrap('get_threads_count', 'number', []),
    registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: module.cwrap('dispose_data', null, ['number']),
    dispose: module.cwrap('dispose', null, []),
  }
  return () => {
    setThreadsCount(1)
    plain ??= tf.findBackendFactory('wasm')
    tf.removeBackend('wasm')
    tf.registerBackend('wasm', () => new BackendWasm(module as unknown as ConstructorParameters<typeof BackendWasm>[0]), 2)
  }
}

/** Removes the wasm backend with its threads, whatever state its memory is in; it can be opened anew. */
export function dropWasm(): void {
  const make = plain ?? tf.findBackendFactory('wasm')
  const backend = tf.findBackend('wasm') as BackendWasm | null
  if (backend) {
    const { PThread } = backend.wasm as unknown as Partial<ThreadedModule>
    // tfjs would first tidy up in the memory, which may be broken.
    backend.dispose = () => PThread?.terminateAllThreads()
  }
  tf.removeBackend('wasm')
  tf.registerBackend('wasm', make, 2)
}

/** Runs a kernel, with a list of calls for each thread and in it the arguments of each call, and returns when all are done. */
export type Run = (kernel: string, lists: number[][][]) => void

/** Calls of a kernel that a thread can be given at a time. */
const mostCalls = 4

/** Milliseconds that a helper may take longer than the calling thread, which has as much to do, times as long: a busy machine wakes it late. */
const patience = { least: 5000, times: 10 }

/**
 * Starts helper threads, which wait for jobs.
 * @param kernels those of the calling thread, which is one of `threads`
 * @param parameters of each kernel
 */
export async function startThreads(
  backend: BackendWasm,
  kernels: Record<string, (...values: number[]) => unknown>,
  module: WebAssembly.Module,
  parameters: Record<string, string[]>,
  threads: number,
): Promise<Run> {
  const { PThread, wasmMemory, _malloc } = backend.wasm as unknown as ThreadedModule
  const helpers = PThread.unusedWorkers.slice(0, threads - 1)
  for (const worker of PThread.unusedWorkers.splice(threads - 1)) worker.terminate()
  const names = Object.keys(parameters)
  const slots = { threads: mostThreads, offset: 256, length: mostCalls * Math.max(...names.map((name) => parameters[name]!.length)) }
  const control = _malloc(slots.offset + 8 * slots.length * mostThreads)
  const words = new Int32Array(wasmMemory.buffer, control, 2 + 2 * mostThreads)
  const values = new Float64Array(wasmMemory.buffer, control + slots.offset, slots.length * mostThreads)
  words.fill(0)
  await Promise.all(
    helpers.map(
      (worker, i) =>
        new Promise<void>((resolve) => {
          // In Node emscripten passes messages on to `onmessage` as events too.
          worker.onmessage = ({ data }: MessageEvent<{ cmd: string }>) => data.cmd === 'ready' && resolve()
          worker.postMessage({ cmd: 'work', module, names, control, index: i + 1, slots })
        }),
    ),
  )

  let job = 0
  return (kernel, lists) => {
    for (let from = 0; lists.some((calls) => from < calls.length); from += mostCalls) {
      const given = lists.map((calls) => calls.slice(from, from + mostCalls))
      for (let k = 1; k < threads; k++) {
        const numbers = given[k]?.flat() ?? []
        words[2 + k] = numbers.length
        values.set(numbers, k * slots.length)
      }
      words[1] = names.indexOf(kernel)
      Atomics.store(words, 0, ++job)
      Atomics.notify(words, 0)
      const begun = performance.now()
      for (const call of given[0]!) kernels[kernel]!(...call)
      const done = performance.now()
      const latest = done + patience.least + patience.times * (done - begun)
      // A thread answers with the number of the job, negative if its kernel trapped; all have to be done before anything else is.
      const answers = Array.from({ length: threads - 1 }, (_, k) => {
        for (let turn = 1; ; turn++) {
          const answer = Atomics.load(words, 3 + mostThreads + k)
          if (answer === job || answer === -job) return answer
          // A thread that was ended answers nothing, and nobody else says so. The clock costs more than many a kernel.
          if (turn % 10_000 !== 0) continue
          beat()
          if (performance.now() > latest) throw new LostError(`A thread of WebAssembly does not answer (${kernel})`)
        }
      })
      if (answers.includes(-job)) throw new LostError(`The kernel ${kernel} failed on another thread`)
    }
  }
}

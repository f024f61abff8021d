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
  _free: (at: number) => void
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

/** A job of a list: calls of a kernel, or plain code of the calling thread, which then is one call without arguments. */
export interface ListedJob {
  /** The name of the kernel. */
  kernel: string
  /** For each thread that takes part the arguments of each call. */
  lists: number[][][]
  work?: () => void
  /** For each thread that takes part: how many jobs of the list each thread must have left behind before. */
  after: number[][]
}

/** Jobs that are run one after another, again and again. */
export interface JobList {
  run(): void
  dispose(): void
}

/** What runs kernels on one thread or more, and returns when all is done. */
export interface Threads {
  /** How many, the calling one with them. */
  count: number
  /** Runs a kernel, with a list of calls for each thread and in it the arguments of each call. */
  run(kernel: string, lists: number[][][]): void
  /** @throws MemoryError if there is no memory to keep the list in */
  listOf(jobs: readonly ListedJob[]): JobList
}

type Kernels = Record<string, (...values: number[]) => unknown>

/** The calling thread alone. */
export const oneThread = (kernels: Kernels): Threads => ({
  count: 1,
  run: (kernel, [calls]) => calls!.forEach((values) => kernels[kernel]!(...values)),
  listOf(jobs) {
    const calls = jobs.map(({ kernel, lists, work }) => ({ kernel: work ?? kernels[kernel]!, calls: work ? [[]] : lists[0]! }))
    return {
      run() {
        for (const { kernel, calls: own } of calls) {
          beat()
          for (const values of own) kernel(...values)
        }
      },
      dispose: () => undefined,
    }
  },
})

/** Calls of a kernel that a thread can be given at a time. */
const mostCalls = 4

/** Milliseconds that a helper may take longer than the calling thread, which has as much to do, times as long: a busy machine wakes it late. */
const patience = { least: 5000, times: 10 }

/**
 * Where threads find what they have to do, in memory that they share. Words, after `job` and `kernel` one for each thread: how many arguments its calls
 * have in all; its answer; and, each on a cache line of its own, how many jobs of a list it has left behind. Behind them a slot of numbers for each.
 */
const layout = {
  job: 0,
  kernel: 1,
  counts: 2,
  answers: 2 + mostThreads,
  progress: 32,
  line: 16,
  bytes: 1024,
  /** In place of a kernel: a list, whose number, address and length are in the slot. */
  list: -1,
  /** In place of how many jobs of a list a helper has left behind: it is through, and writes no more until the next list. */
  end: 2 ** 31 - 1,
}

/**
 * Starts helper threads, which wait for jobs.
 * @param kernels those of the calling thread, which is one of `count`
 * @param parameters of each kernel
 */
export async function startThreads(
  backend: BackendWasm,
  kernels: Kernels,
  module: WebAssembly.Module,
  parameters: Record<string, string[]>,
  count: number,
): Promise<Threads> {
  const { PThread, wasmMemory, _malloc, _free } = backend.wasm as unknown as ThreadedModule
  const helpers = PThread.unusedWorkers.slice(0, count - 1)
  for (const worker of PThread.unusedWorkers.splice(count - 1)) worker.terminate()
  const names = Object.keys(parameters)
  const slot = mostCalls * Math.max(...names.map((name) => parameters[name]!.length))
  const control = _malloc(layout.bytes + 8 * slot * mostThreads)
  const words = new Int32Array(wasmMemory.buffer, control, layout.bytes / 4)
  const values = new Float64Array(wasmMemory.buffer, control + layout.bytes, slot * mostThreads)
  words.fill(0)
  await Promise.all(
    helpers.map(
      (worker, i) =>
        new Promise<void>((resolve) => {
          // In Node emscripten passes messages on to `onmessage` as events too.
          worker.onmessage = ({ data }: MessageEvent<{ cmd: string }>) => data.cmd === 'ready' && resolve()
          worker.postMessage({ cmd: 'work', module, names, control, index: i + 1, threads: count, slot, layout })
        }),
    ),
  )

  let job = 0
  /** Whether a helper was found not to answer; nobody waits for it again. */
  let silent = false
  /** Gives every helper some numbers, and all of them something to do. */
  const give = (kernel: number, numbersOf: (thread: number) => number[]) => {
    for (let k = 1; k < count; k++) {
      const numbers = numbersOf(k)
      words[layout.counts + k] = numbers.length
      values.set(numbers, k * slot)
    }
    words[layout.kernel] = kernel
    Atomics.store(words, layout.job, ++job)
    Atomics.notify(words, layout.job)
  }
  /**
   * Waits for a helper.
   * @param look whether it is as far; throws if it never will be
   * @param begun when the calling thread began with its own part
   */
  const wait = (look: () => boolean, kernel: string, begun: number) => {
    let since: number | null = null
    for (let turn = 1; !look(); turn++) {
      // A thread that was ended answers nothing, and nobody else says so. The clock costs more than many a kernel.
      if (turn % 10_000 !== 0) continue
      beat()
      const now = performance.now()
      since ??= now
      if (now <= since + patience.least + patience.times * (since - begun)) continue
      silent = true
      throw new LostError(`A thread of WebAssembly does not answer (${kernel})`)
    }
  }
  const failed = (kernel: string) => new LostError(`The kernel ${kernel} failed on another thread`)

  const run: Threads['run'] = (kernel, lists) => {
    for (let from = 0; lists.some((calls) => from < calls.length); from += mostCalls) {
      const given = lists.map((calls) => calls.slice(from, from + mostCalls))
      give(names.indexOf(kernel), (k) => given[k]?.flat() ?? [])
      const begun = performance.now()
      for (const call of given[0]!) kernels[kernel]!(...call)
      // A thread answers with the number of the job, negative if its kernel trapped; all have to be done before anything else is.
      const answerOf = (k: number) => Atomics.load(words, layout.answers + k)
      for (let k = 1; k < count; k++) wait(() => Math.abs(answerOf(k)) === job, kernel, begun)
      for (let k = 1; k < count; k++) if (answerOf(k) < 0) throw failed(kernel)
    }
  }

  let lists = 0
  const listOf: Threads['listOf'] = (jobs) => {
    const number = ++lists
    const memory: { at: number; length: number }[] = []
    for (let k = 1; k < count; k++) {
      const numbers = jobs.flatMap(({ kernel, lists, after }) => {
        const calls = lists[k] ?? []
        return [names.indexOf(kernel), calls.length, ...(after[k] ?? new Array<number>(count).fill(0)), ...calls.flat()]
      })
      const at = _malloc(8 * numbers.length)
      new Float64Array(wasmMemory.buffer, at, numbers.length).set(numbers)
      memory.push({ at, length: numbers.length })
    }
    const own = jobs.map(({ kernel, lists, work, after }) => ({
      name: kernel,
      kernel: work ?? kernels[kernel]!,
      calls: work ? [[]] : (lists[0] ?? []),
      after: (after[0] ?? []).flatMap((least, thread) => (least > 0 && thread > 0 ? [{ least, thread }] : [])),
    }))
    const progressOf = (thread: number) => layout.progress + layout.line * thread
    const doneBy = (thread: number) => Atomics.load(words, progressOf(thread))
    /** Leaves jobs behind: negative, the number of the one that failed. */
    const leave = (done: number) => {
      Atomics.store(words, progressOf(0), done)
      Atomics.notify(words, progressOf(0))
    }
    return {
      run() {
        for (let k = 0; k < count; k++) Atomics.store(words, progressOf(k), 0)
        give(layout.list, (k) => [number, memory[k - 1]!.at, memory[k - 1]!.length])
        const begun = performance.now()
        const reach = (thread: number, least: number, kernel: string) =>
          wait(
            () => {
              const done = doneBy(thread)
              if (done < 0) throw failed(jobs[-1 - done]!.kernel)
              return done >= least
            },
            kernel,
            begun,
          )
        let done = 0
        try {
          for (const { name, kernel, calls, after } of own) {
            for (const { thread, least } of after) reach(thread, least, name)
            beat()
            for (const call of calls) kernel(...call)
            leave(++done)
          }
          // What a helper leaves later would count as its part of the next list.
          for (let k = 1; k < count; k++) reach(k, layout.end, 'at the end of a step')
        } catch (error) {
          // The others would wait for this thread.
          leave(-1 - done)
          const hasEnded = (k: number) => doneBy(k) < 0 || doneBy(k) === layout.end
          for (let k = 1; k < count && !silent; k++) wait(() => hasEnded(k), 'after an error', begun)
          throw error
        }
      },
      dispose() {
        for (const { at } of memory.splice(0)) _free(at)
      },
    }
  }
  return { count, run, listOf }
}

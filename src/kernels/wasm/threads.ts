import * as tf from '@tensorflow/tfjs-core'
import { BackendWasm, setThreadsCount } from '@tensorflow/tfjs-backend-wasm'
import factory from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js'
import type { Pointer, Simd } from './simd'

/** Addresses of what threads need beside the kernels: tfjs's threaded binary and thread.js, both from our own origin. */
export interface ThreadFiles {
  binary: string
  script: string
}

/** The parts of tfjs's threaded module that are used here. */
interface ThreadedModule {
  PThread: { unusedWorkers: Worker[] }
  wasmMemory: WebAssembly.Memory
  _malloc: (bytes: number) => number
  cwrap: (name: string, result: 'number' | null, args: 'number'[]) => unknown
  tfjs: unknown
}

type Factory = (config: { locateFile: (path: string) => string; mainScriptUrlOrBlob: string }) => Promise<ThreadedModule>

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
    tf.removeBackend('wasm')
    tf.registerBackend('wasm', () => new BackendWasm(module as unknown as ConstructorParameters<typeof BackendWasm>[0]), 2)
  }
}

const slots = { threads: mostThreads, offset: 256, length: 32 }

/** Shares the images of each kernel out over `threads` threads, the calling one among them. */
export async function sharedOut(backend: BackendWasm, kernels: Simd, binary: BufferSource, threads: number): Promise<Simd> {
  const { PThread, wasmMemory, _malloc } = backend.wasm as unknown as ThreadedModule
  const helpers = PThread.unusedWorkers.slice(0, threads - 1)
  for (const worker of PThread.unusedWorkers.splice(threads - 1)) worker.terminate()
  const control = _malloc(slots.offset + 8 * slots.length * mostThreads)
  const words = new Int32Array(wasmMemory.buffer, control, 2 + 2 * mostThreads)
  const values = new Float64Array(wasmMemory.buffer, control + slots.offset, slots.length * mostThreads)
  words.fill(0)
  const names = Object.keys(kernels).filter((name) => typeof kernels[name as keyof Simd] === 'function')
  const module = await WebAssembly.compile(binary)
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
  /** Runs a kernel with one list of arguments per thread, and returns when all are done. */
  const run = (name: keyof Simd, lists: number[][]): void => {
    for (let k = 1; k < threads; k++) {
      words[2 + k] = lists[k]?.length ?? 0
      values.set(lists[k] ?? [], k * slots.length)
    }
    words[1] = names.indexOf(name)
    Atomics.store(words, 0, ++job)
    Atomics.notify(words, 0)
    ;(kernels[name] as (...args: number[]) => unknown)(...lists[0]!)
    for (let k = 1; k < threads; k++) while (Atomics.load(words, 2 + mostThreads + k) !== job);
  }

  /** First image and number of images of each thread that has any. */
  const parts = (batch: number): [number, number][] => {
    const count = Math.min(threads, batch)
    const cut = (k: number) => Math.floor((k * batch) / count)
    return Array.from({ length: count }, (_, k) => [cut(k), cut(k + 1) - cut(k)])
  }

  /** Scratch of each thread but the first, kept from call to call. */
  const kept: { at: Pointer; bytes: number }[] = []
  const own = (k: number, bytes: number): Pointer => {
    if (!kept[k] || kept[k].bytes < bytes) {
      if (kept[k]) (backend.wasm as unknown as { _free: (at: number) => void })._free(kept[k].at)
      kept[k] = { at: _malloc(bytes), bytes }
    }
    return kept[k].at
  }
  const f32 = 4

  return {
    ...kernels,
    convolution: (x, filter, y, scratch, ...sizes) => {
      const [batch, H, W, I, OH, OW, O, kh, kw, top, left, mirrored, rows] = sizes
      const bytes = kernels.convolutionScratch(rows, OW, I, O, kh, kw)
      const lists = parts(batch).map(([n, count], k) => {
        const [from, to] = [x + f32 * n * H * W * I, y + f32 * n * OH * OW * O]
        return [from, filter, to, k ? own(k, bytes) : scratch, count, H, W, I, OH, OW, O, kh, kw, top, left, Number(mirrored), rows]
      })
      run('convolution', lists)
    },
    filterGradient: (x, dy, dw, scratch, ...sizes) => {
      const [batch, H, W, I, OH, OW, O, kh, kw, top, left, images, rows] = sizes
      const size = kh * kw * I * O
      const bytes = kernels.filterGradientScratch(images, rows, OW, I, O, kh, kw)
      const lists = parts(batch).map(([n, count], k) => {
        const at = k ? own(k, bytes + 16 + f32 * size) : scratch
        const to = k ? at + ((bytes + 15) & ~15) : dw
        return [x + f32 * n * H * W * I, dy + f32 * n * OH * OW * O, to, at, count, H, W, I, OH, OW, O, kh, kw, top, left, images, rows]
      })
      run('filterGradient', lists)
      for (const list of lists.slice(1)) kernels.addInto(dw, list[2]!, size)
    },
    normActivation: (x, bias, gamma, beta, y, stats, scratch, batch, pixels, C, groups, slope) => {
      const lists = parts(batch).map(([n, count], k) => {
        const at = f32 * n * pixels * C
        const rest = [k ? own(k, 64 * C) : scratch, count, pixels, C, groups, slope]
        return [x + at, bias, gamma, beta, y + at, stats + 2 * f32 * n * groups, ...rest]
      })
      run('normActivation', lists)
    },
    normActivationGrad: (dy, x, bias, gamma, beta, stats, dx, dBias, dGamma, dBeta, scratch, batch, pixels, C, groups, slope) => {
      const lists = parts(batch).map(([n, count], k) => {
        const at = f32 * n * pixels * C
        const work = k ? own(k, (64 + 12) * C) : scratch
        const sums = k ? [0, 1, 2].map((i) => work + 64 * C + i * f32 * C) : [dBias, dGamma, dBeta]
        const rest = [work, count, pixels, C, groups, slope]
        return [dy + at, x + at, bias, gamma, beta, stats + 2 * f32 * n * groups, dx + at, ...sums, ...rest]
      })
      run('normActivationGrad', lists)
      for (const list of lists.slice(1)) [dBias, dGamma, dBeta].forEach((to, i) => kernels.addInto(to, list[7 + i]!, C))
    },
  }
}

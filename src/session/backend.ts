import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import '#gradients'
import { inTime } from '../lib/in-time'
import { fetchOwn, throwLoadError } from '../lib/own-file'
import { LostError } from '../kernels/lost-error'
import { MemoryError } from '../kernels/memory-error'
import { useEngine } from '../kernels/overrides/overrides'
import { loadSimd, relaxedInUse, type SimdFile } from '../kernels/wasm/simd'
import { dropWasm, mostThreads, threadedBackend, type ThreadFiles } from '../kernels/wasm/threads'
import { closeWebgpu, isClosed, openWebgpu, type Webgpu } from '../kernels/webgpu/backend'
import type { TuningStore } from '../kernels/conv2d/tuning'
import type { BackendInfo, BackendName } from './events'

/** What differs between a worker and Node. */
export interface Platform {
  /** WebGPU, or null where there is none. */
  webgpu: (forced: boolean) => Promise<Webgpu | null>
  /** Addresses of the wasm binaries by name; Node finds them by itself. */
  wasmPaths: Record<string, string> | null
  /** Remembers which convolution variants suit an adapter; null to measure them in each process. */
  tuningStore: TuningStore | null
  /** Reads one of the files of SIMD kernels in src/kernels/wasm. */
  simdKernels: (file: SimdFile) => Promise<BufferSource>
  /** What wasm threads need; null where memory cannot be shared, as in a page that is not cross-origin isolated. */
  threadFiles: ThreadFiles | null
}

/** A requested backend is not available; one sentence that says what to do. */
export class BackendError extends Error {
  override name = 'BackendError'
}

/**
 * Opens the best backend, or the one asked for: WebGPU on a real adapter, then wasm, then cpu. A software WebGPU adapter ranks below
 * wasm, which is 100 times faster there, and is used only when asked for.
 * @param onFault called when the GPU is lost, refuses something or has no memory left, which tfjs does not notice: its results are then meaningless
 * @param threads how many threads wasm uses where memory can be shared
 * @throws BackendError if the one asked for cannot be had, LoadError if a file of it cannot be loaded
 */
export async function openBackend(
  choice: BackendName | null,
  platform: Platform,
  onFault: (fault: LostError | MemoryError) => void,
  threads = 1,
): Promise<BackendInfo> {
  tf.enableProdMode()
  useEngine('ours')
  if (choice === 'webgpu' || choice === null) {
    const gpu = await platform.webgpu(choice === 'webgpu').catch((error: unknown) => {
      if (choice === 'webgpu') throw new BackendError(error instanceof Error ? error.message : String(error))
      return null
    })
    if (gpu && (choice === 'webgpu' || !gpu.software) && (await opened(gpu, choice, platform.tuningStore))) {
      const { device } = gpu
      void device.lost.then(({ message }) => {
        if (!isClosed(device)) onFault(new LostError(`The GPU was lost (${message || 'no reason given'})`))
      })
      device.addEventListener('uncapturederror', ({ error }) => {
        if (isClosed(device)) return
        const said = error.message.split('\n')[0]
        onFault(
          error instanceof GPUOutOfMemoryError
            ? new MemoryError(`The GPU has no memory left: ${said}`)
            : new LostError(`The GPU refused an operation (${said})`),
        )
      })
      return { backend: 'webgpu', adapter: gpu.name, software: gpu.software }
    }
    gpu?.device.destroy()
    if (choice === 'webgpu')
      throw new BackendError(
        'No WebGPU adapter was found: use a current Chrome, Edge or Safari, or choose the backend wasm (?backend=wasm in the address).',
      )
  }
  if (choice === 'wasm' || choice === null) {
    const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) as boolean
    let count = simd && platform.threadFiles ? Math.max(1, Math.min(threads, mostThreads)) : 1
    // tfjs would start threads of its own from code in a blob, which the page's content security policy refuses.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
    setThreadsCount(1)
    if (platform.wasmPaths) {
      setWasmPaths(platform.wasmPaths)
      // Asked for ahead: tfjs takes a file that does not come for a browser without WebAssembly, or waits for it without end.
      const needed =
        count > 1 ? Object.values(platform.threadFiles!) : [platform.wasmPaths[`tfjs-backend-wasm${simd ? '-simd' : ''}.wasm`]!]
      await Promise.all(needed.map((address: string) => fetchOwn('The engine', address)))
    }
    const register = count > 1 ? await started(threadedBackend(platform.threadFiles!)) : null
    if (register) register()
    else count = 1
    if (await tf.setBackend('wasm')) {
      if (simd && count > 1) {
        const shared = await started(loadSimd(platform.simdKernels, count).then(() => true))
        if (!shared) count = 1
      }
      if (simd && count === 1) await loadSimd(platform.simdKernels)
      const adapter = simd ? `${relaxedInUse() ? 'relaxed SIMD' : 'SIMD'}, ${count} thread${count > 1 ? 's' : ''}` : '1 thread, no SIMD'
      return { backend: 'wasm', adapter, software: false }
    }
    if (choice === 'wasm') throw new BackendError('WebAssembly could not be started; choose the backend cpu, which is slow.')
  }
  await tf.setBackend('cpu')
  return { backend: 'cpu', adapter: 'plain JavaScript', software: false }
}

/**
 * Opens a backend anew after it was lost, with nothing left of the former one; for `host`, or where the GPU does not come back, wasm.
 * @param on the backend that was lost; other parameters as of `openBackend`
 */
export async function reopenBackend(
  on: BackendName,
  host: boolean,
  ...[platform, onFault, threads]: [platform: Platform, onFault: (fault: LostError | MemoryError) => void, threads?: number]
): Promise<BackendInfo> {
  if (on === 'webgpu') {
    await closeWebgpu()
    // A GPU process that crashed is started again, which takes the browser a moment.
    for (const wait of host ? [] : [0, 500, 2000]) {
      await new Promise((resolve) => setTimeout(resolve, wait))
      const opened = await openBackend('webgpu', platform, onFault).catch(() => null)
      if (opened) return opened
    }
  } else if (on === 'wasm') dropWasm()
  return openBackend(on === 'cpu' ? 'cpu' : null, { ...platform, webgpu: () => Promise.resolve(null) }, onFault, threads)
}

/** Milliseconds for threads to start; a worker whose script is blocked reports nothing. */
const threadPatience = 10_000

/** Null if threads do not start, or not in time: one thread gives the same results. @throws LoadError */
async function started<T>(start: Promise<T>): Promise<T | null> {
  try {
    return await inTime(start, threadPatience)
  } catch (error) {
    throwLoadError(error)
    return null
  }
}

/** Opens WebGPU; throws only if it was asked for by name. */
async function opened(gpu: Webgpu, choice: BackendName | null, store: TuningStore | null): Promise<boolean> {
  try {
    await openWebgpu(gpu, () => performance.now(), store)
    return true
  } catch (error) {
    if (choice === 'webgpu') throw new BackendError(`WebGPU could not be started (${String(error)}); choose the backend wasm.`)
    return false
  }
}

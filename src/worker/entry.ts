import simdWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import threadedWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url'
import plainWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import relaxedSharedKernels from '../kernels/wasm/simd-relaxed-shared.wasm?url'
import relaxedKernels from '../kernels/wasm/simd-relaxed.wasm?url'
import sharedKernels from '../kernels/wasm/simd-shared.wasm?url'
import kernels from '../kernels/wasm/simd.wasm?url'
import threadScript from '../kernels/wasm/thread.js?url'
import { browserLocks, browserLog, browserRecords } from '../keeping/browser-storage'
import { Keeper } from '../keeping/keeper'
import { OpfsDisk } from '../keeping/opfs-disk'
import { RunLog } from '../keeping/run-log'
import { boundedStorage, type Storage } from '../keeping/storage'
import { leftUnseen } from '../lib/left-unseen'
import { fetchOwn, throwLoadError } from '../lib/own-file'
import type { SimdFile } from '../kernels/wasm/simd'
import { requestWebgpu } from '../kernels/webgpu/backend'
import { BackendError, openBackend, reopenBackend } from '../session/backend'
import type { SessionEvent } from '../session/events'
import { ProblemError } from '../session/problem'
import { Session } from '../session/session'
import { answering } from './answers'
import { buffersOf } from '../lib/buffers'
import type { Opened } from './opened'
import { startHeart } from './heart'
import type { Command, Event, Given, Outcome, Ping, Sign } from './protocol'
import { tuningStore } from './tuning-store'

const scope = self as unknown as DedicatedWorkerGlobalScope

const post = (message: Event | Outcome | Sign) => scope.postMessage(message, buffersOf(message))

const engine = 'The engine'

const simdUrls: Record<SimdFile, string> = {
  'simd.wasm': kernels,
  'simd-shared.wasm': sharedKernels,
  'simd-relaxed.wasm': relaxedKernels,
  'simd-relaxed-shared.wasm': relaxedSharedKernels,
}

/** Where runs are kept. */
const storageIn = (root: FileSystemDirectoryHandle): Storage => ({
  disk: new OpfsDisk(root),
  records: browserRecords,
  log: browserLog,
  locks: browserLocks(scope.navigator.locks),
  room: async () => {
    const { quota = 0, usage = 0 } = await scope.navigator.storage.estimate()
    return quota - usage
  },
})

async function open({ backend: wanted, threads }: Given<'init'>): Promise<Opened> {
  const wasmPaths = {
    'tfjs-backend-wasm.wasm': plainWasm,
    'tfjs-backend-wasm-simd.wasm': simdWasm,
    'tfjs-backend-wasm-threaded-simd.wasm': threadedWasm,
  }
  const platform = {
    webgpu: () => requestWebgpu(),
    wasmPaths,
    tuningStore,
    threadFiles: scope.crossOriginIsolated ? { binary: threadedWasm, script: threadScript } : null,
    simdKernels: (file: SimdFile) => fetchOwn(engine, simdUrls[file]),
  }
  try {
    let session: Session | null = null
    const onFault: Parameters<typeof openBackend>[2] = (fault) => void session?.lose(fault)
    const backend = await openBackend(wanted, platform, onFault, threads)
    let keeper: Keeper | null = null
    let run = 0
    let log: RunLog | null = null
    const report = (event: SessionEvent) => {
      run = event.run
      // The page gets the pictures themselves, not copies.
      log?.hear(event)
      post(event)
      keeper?.hear(event)
    }
    session = new Session(backend, report, (on, host) => reopenBackend(on, host, platform, onFault, threads))
    session.doubt(backend.backend === 'webgpu')
    keeper = new Keeper(session, backend, (type, event) => post({ type, run, ...event } as Event))
    log = new RunLog(
      session,
      () => keeper.identify(),
      (event) => post({ type: 'log', run, ...event }),
      (message) => post({ type: 'problem', run, kind: 'run', message, file: null }),
    )
    const keepIn = async (root: FileSystemDirectoryHandle | null, refused: string | null) => {
      const storage = root && boundedStorage(storageIn(root))
      await Promise.all([keeper.open(storage, refused), log.open(storage?.log ?? null)])
    }
    const openHost = () => openBackend(null, { ...platform, webgpu: () => Promise.resolve(null) }, () => undefined, threads)
    return { session, keeper, log, keepIn, backend, openHost }
  } catch (error) {
    throwLoadError(error)
    if (error instanceof BackendError) throw error
    throw new ProblemError({ kind: 'bug', message: `The engine could not be started (${String(error)}); reload the page.`, file: null })
  }
}

const answer = answering(open, post)
const answerPing = startHeart(post)

// What the page's own timeline does not show.
if ('PerformanceObserver' in scope)
  new PerformanceObserver((list) => {
    for (const { name } of list.getEntries().filter(leftUnseen)) post({ type: 'request', url: name, run: 0 })
  }).observe({ type: 'resource', buffered: true })

scope.onmessage = ({ data }: MessageEvent<Command | Ping>) => (data.type === 'ping' ? answerPing() : void answer(data))

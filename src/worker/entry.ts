import simdWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import threadedWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url'
import plainWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import { runBench } from '../bench/bench'
import { OptionError, readOptions, type OptionText } from '../bench/options'
import { placeOf, tablesOf } from '../bench/report'
import { fromBlob } from '../data/given-file'
import relaxedSharedKernels from '../kernels/wasm/simd-relaxed-shared.wasm?url'
import relaxedKernels from '../kernels/wasm/simd-relaxed.wasm?url'
import sharedKernels from '../kernels/wasm/simd-shared.wasm?url'
import kernels from '../kernels/wasm/simd.wasm?url'
import threadScript from '../kernels/wasm/thread.js?url'
import type { SimdFile } from '../kernels/wasm/simd'
import { requestWebgpu } from '../kernels/webgpu/backend'
import { BackendError, openBackend } from '../session/backend'
import { Session } from '../session/session'
import type { BackendInfo, Command, Event, Init } from './protocol'
import { tuningStore } from './tuning-store'

const scope = self as unknown as DedicatedWorkerGlobalScope

/** Every typed array of an event is given away with it, none is used here again. */
function send(event: Event): void {
  const buffers = new Set<ArrayBuffer>()
  const collect = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) buffers.add(value.buffer as ArrayBuffer)
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect)
  }
  collect(event)
  scope.postMessage(event, [...buffers])
}

const simdUrls: Record<SimdFile, string> = {
  'simd.wasm': kernels,
  'simd-shared.wasm': sharedKernels,
  'simd-relaxed.wasm': relaxedKernels,
  'simd-relaxed-shared.wasm': relaxedSharedKernels,
}

/** The open backend. */
let info: BackendInfo | null = null

async function open({ backend, threads }: Init): Promise<Session | null> {
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
    simdKernels: async (file: SimdFile) => await (await fetch(simdUrls[file])).arrayBuffer(),
  }
  try {
    let session: Session | null = null
    info = await openBackend(backend, platform, (message) => session?.fail('backend', message), threads)
    send({ type: 'backend', run: 0, ...info })
    return (session = new Session(info, send))
  } catch (error) {
    // Nothing else hears of a rejection here: the page would wait for ever.
    const known = error instanceof BackendError
    const message = known ? error.message : `The engine could not be started: ${String(error)}`
    send({ type: 'problem', run: 0, kind: known ? 'backend' : 'bug', message, file: null })
    return null
  }
}

async function bench(info: BackendInfo, text: OptionText): Promise<void> {
  try {
    const tell = (message: string) => send({ type: 'bench-progress', run: 0, message })
    const report = await runBench(info, readOptions(text), { browser: navigator.userAgent }, tell)
    send({ type: 'bench-report', run: 0, report, place: placeOf(report), tables: tablesOf(report) })
  } catch (error) {
    const known = error instanceof OptionError
    const message = known ? `In the address, ${error.message}` : `The benchmark stopped: ${String(error)}`
    send({ type: 'problem', run: 0, kind: known ? 'input' : 'bug', message, file: null })
  }
}

let opening: Promise<Session | null> | null = null

function handle(session: Session, command: Exclude<Command, Init>): void {
  switch (command.type) {
    case 'load-sample':
      return void session.loadSample(command.sample)
    case 'load-files':
      return void session.loadFiles(command.files.map(({ role, name, blob }) => ({ role, file: fromBlob(name, blob) })))
    case 'choose-slices':
      return void session.chooseSlices(command.source, command)
    case 'inspect-source':
      return void session.inspect(command.source)
    case 'map-label':
      return void session.mapLabel(command.value, command.target)
    case 'open-picture':
      return void session.openPicture(command.of, command.index, command.toDraw)
    case 'annotate':
      return void session.annotate(command.of, command.index, command.key, command.labels, command.classes)
    case 'remove-exemplar':
      return void session.removeExemplar(command.index)
    case 'edit-class':
      return void session.editClass(command.index, command.name, command.color)
    case 'configure':
      return void session.configure(command.values)
    case 'start':
    case 'pause':
    case 'resume':
    case 'step':
    case 'stop':
    case 'reset':
      return void session[command.type]()
    case 'watch':
      return void session.watch(command.image)
    case 'live':
      return session.followLive(command.on)
    case 'export':
      return void session.export(command.what, command.options)
    case 'bench':
      return void (info && bench(info, command.options))
    default:
      command satisfies never
  }
}

scope.onmessage = ({ data: command }: MessageEvent<Command>) => {
  if (command.type === 'init') opening ??= open(command)
  else void opening?.then((session) => session && handle(session, command))
}

import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { checkAllocations } from './memory'
import { startThreads, type Run } from './threads'

/** Byte offset of float32 values in tfjs's memory. */
export type Pointer = number

/** Where the values of a tensor lie, and how many there are. */
export interface Place {
  at: Pointer
  size: number
}

/** One call of a kernel for all images of all models; images of one model lie together. Places are named as the kernel's parameters. */
export interface ImageCall {
  models: number
  /** Images of each model. */
  images: number
  /** What has a part for each image. */
  perImage: Record<string, Place>
  /** What has a part for each model. */
  perModel?: Record<string, Place>
  /** Outputs for each model that are sums over its images. */
  sums?: Record<string, Place>
  /** Bytes of the parameter `scratch`: memory that is the kernel's own until it returns. */
  scratch?: number
  /** All other parameters. */
  numbers?: Record<string, number>
}

/**
 * The kernels of the *.assembly.ts files: SIMD, on tensors where they lie in the memory of tfjs's own module. They write their outputs
 * completely and allocate nothing. Arguments go by the names that the parameters have in the source.
 */
export interface Simd {
  /**
   * Calls a kernel that takes a run of one model's images, their number as `batch`, the images of all models shared out over the threads.
   * @throws Error where a parameter is given no value, here and in `call`
   */
  eachImage(kernel: string, call: ImageCall): void
  /** Calls a kernel once, on the calling thread, and returns its result. */
  call(kernel: string, values: Record<string, number>): number
}

/** The parts of tfjs's module that are not in its types: the memory is exported by the build with one thread, made by the one with threads. */
interface Module {
  asm: { memory?: WebAssembly.Memory }
  wasmMemory?: WebAssembly.Memory
  _malloc: (bytes: number) => number
  _free: (at: number) => void
}
const moduleOf = (backend: BackendWasm) => backend.wasm as unknown as Module

/** The compiled kernels, see scripts/assembly.mjs. */
export type SimdFile = 'simd.wasm' | 'simd-shared.wasm' | 'simd-relaxed.wasm' | 'simd-relaxed-shared.wasm'

export const simdFile = (relaxed: boolean, shared: boolean): SimdFile => `simd${relaxed ? '-relaxed' : ''}${shared ? '-shared' : ''}.wasm`

/** A module whose one function multiplies and adds in one instruction, f32x4.relaxed_madd. */
const relaxedProbe = [
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0],
  // A body of 18 bytes without locals: three times i8x16.splat of 0, the instruction, drop, end.
  ...[10, 20, 1, 18, 0, 65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 26, 11],
]

/** Whether relaxed SIMD runs here: Chrome has it since 114, Firefox, Node since 21 and in 20 by a flag; Safari does not. */
export const hasRelaxedSimd = (): boolean => WebAssembly.validate(new Uint8Array(relaxedProbe))

let loaded: { backend: BackendWasm; kernels: Simd; threads: number; relaxed: boolean } | null = null

/** Threads that the kernels are shared out over. */
export const threadsInUse = (): number => loaded?.threads ?? 1

/** Whether the kernels are those with relaxed SIMD: their results differ from the others' by rounding. */
export const relaxedInUse = (): boolean => loaded?.relaxed ?? false

/**
 * Compiles the kernels onto the memory of the active wasm backend.
 * @param fetchBinary reads one of the files
 * @param threads how many threads work on it; more than one needs `threadedBackend`
 * @param relaxed whether to use relaxed SIMD
 */
export async function loadSimd(
  fetchBinary: (file: SimdFile) => Promise<BufferSource>,
  threads = 1,
  relaxed = hasRelaxedSimd(),
): Promise<void> {
  const backend = tf.backend() as BackendWasm
  checkAllocations(backend)
  const { asm, wasmMemory } = moduleOf(backend)
  const memory = wasmMemory ?? asm.memory!
  const module = await WebAssembly.compile(await fetchBinary(simdFile(relaxed, wasmMemory !== undefined)))
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } })
  const kernels = exports as Record<string, (...values: number[]) => number>
  const parameters = parametersOf(module)
  const alone: Run = (kernel, [calls]) => calls!.forEach((values) => kernels[kernel]!(...values))
  const run = threads > 1 ? await startThreads(backend, kernels, module, parameters, threads) : alone

  const listed = (kernel: string, values: Record<string, number>): number[] =>
    parameters[kernel]!.map((name) => {
      if (values[name] === undefined) throw new Error(`${kernel} is given no ${name}.`)
      return values[name]
    })
  const call: Simd['call'] = (kernel, values) => kernels[kernel]!(...listed(kernel, values))

  const eachImage: Simd['eachImage'] = (kernel, { models, images, perImage, perModel = {}, sums = {}, scratch = 0, numbers = {} }) => {
    const shares = sharesOf(models, images, threads)
    const whole = (bytes: number) => (bytes + 15) & ~15
    const perThread = whole(scratch)
    const perSum = Object.values(sums).reduce((bytes, { size }) => bytes + whole((4 * size) / models), 0)
    // The first share of a model writes its sums where they are to go, the others behind the scratch of all threads.
    const others = shares.flat().filter(({ first }) => first > 0).length
    withScratch(backend, perThread * shares.length + perSum * others, (memory) => {
      let next = memory + perThread * shares.length
      const added: { to: Pointer; from: Pointer; count: number }[] = []
      const lists = shares.map((share, thread) =>
        share.map(({ model, first, count }) => {
          const values: Record<string, number> = { ...numbers, batch: count, scratch: memory + thread * perThread }
          const ofModel = ({ at, size }: Place) => at + (4 * model * size) / models
          for (const [name, place] of Object.entries(perModel)) values[name] = ofModel(place)
          for (const [name, { at, size }] of Object.entries(perImage))
            values[name] = at + (4 * (model * images + first) * size) / (models * images)
          for (const [name, place] of Object.entries(sums)) {
            values[name] = ofModel(place)
            if (first === 0) continue
            added.push({ to: ofModel(place), from: next, count: place.size / models })
            values[name] = next
            next += whole((4 * place.size) / models)
          }
          return listed(kernel, values)
        }),
      )
      run(kernel, lists)
      for (const values of added) call('addInto', values)
    })
  }
  loaded = { backend, kernels: { eachImage, call }, threads, relaxed }
}

/** Names of each kernel's parameters, as scripts/parameter-names.mjs left them in the module. */
function parametersOf(module: WebAssembly.Module): Record<string, string[]> {
  const [names] = WebAssembly.Module.customSections(module, 'parameters')
  return JSON.parse(new TextDecoder().decode(names)) as Record<string, string[]>
}

/** Images `first` to `first + count` of one model. */
export interface Share {
  model: number
  first: number
  count: number
}

/**
 * What each thread does of the images of all models: the same number, or one less. A thread mostly stays with one model, whose filters it
 * then prepares once. Only as many threads as have anything to do.
 */
export function sharesOf(models: number, images: number, threads: number): Share[][] {
  const all = models * images
  const parts = Math.min(threads, all)
  const cut = (k: number) => Math.floor((k * all) / parts)
  return Array.from({ length: parts }, (_, k) => {
    const share: Share[] = []
    for (let at = cut(k); at < cut(k + 1);) {
      const model = Math.floor(at / images)
      const end = Math.min(cut(k + 1), (model + 1) * images)
      share.push({ model, first: at - model * images, count: end - at })
      at = end
    }
    return share
  })
}

/** The kernels for this backend; null where they are not loaded, or do not go with it. */
export function simd(backend: unknown = tf.backend()): Simd | null {
  return loaded?.backend === backend ? loaded!.kernels : null
}

/** Where a float32 tensor lies. Stays the same while the tensor lives, unlike a view. */
export const placeOf = (backend: BackendWasm, { dataId, shape }: tf.TensorInfo): Place => ({
  at: backend.getMemoryOffset(dataId),
  size: tf.util.sizeFromShape(shape),
})

/** Calls `use` with `bytes` bytes of memory that are its own until it returns. */
function withScratch(backend: BackendWasm, bytes: number, use: (at: Pointer) => void): void {
  if (bytes === 0) return use(0)
  const { _malloc, _free } = moduleOf(backend)
  const at = _malloc(bytes)
  try {
    use(at)
  } finally {
    _free(at)
  }
}

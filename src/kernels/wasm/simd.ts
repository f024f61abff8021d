import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { checkAllocations } from './memory'
import { oneThread, startThreads, type Threads } from './threads'

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
  /**
   * For kernels that can make some rows of an image: `OH` rows from row `-padTop` of the others on. A place `of` those images has OH rows, which are
   * shared out in blocks of `unit` where the threads do not divide the images.
   */
  rows?: { of: string; unit: number }
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
  /** Calls a kernel once, on the calling thread. */
  call(kernel: string, values: Record<string, number>): void
  /** Runs plain code on the calling thread, on the values at some places. */
  host(places: Place[], work: (...values: Float32Array[]) => void): void
  /** Calls a kernel that only counts, the bytes of scratch that another one needs. */
  bytesFor(kernel: string, values: Record<string, number>): number
  /** Calls `use` with `bytes` bytes of memory that are its own until it returns: for what one kernel leaves to the next. */
  withScratch(bytes: number, use: (at: Pointer) => void): void
}

/** What is asked for while jobs are noted, to be run later (recording.ts): calls of a kernel for each thread, or plain code on the calling one. */
export type NotedJob = { kernel: string; lists: number[][][] } | { places: Place[]; work: (...values: Float32Array[]) => void }

/** The parts of tfjs's module that are not in its types: the memory is exported by the build with one thread, made by the one with threads. */
interface Module {
  asm: { memory?: WebAssembly.Memory }
  wasmMemory?: WebAssembly.Memory
  HEAPU8: Uint8Array<ArrayBuffer>
  _malloc: (bytes: number) => number
  _free: (at: number) => void
}
export const moduleOf = (backend: BackendWasm) => backend.wasm as unknown as Module

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

let loaded: { backend: BackendWasm; kernels: Simd; threads: Threads; relaxed: boolean } | null = null

/** Where jobs are noted now, instead of being run. */
let noted: NotedJob[] | null = null

/** Calls `ask` with all jobs that it asks for added to `jobs` instead of being run. */
export function noting<T>(jobs: NotedJob[], ask: () => T): T {
  noted = jobs
  try {
    return ask()
  } finally {
    noted = null
  }
}

/** What runs the kernels on the active backend. */
export const threads = (): Threads => loaded!.threads

/** Threads that the kernels are shared out over. */
export const threadsInUse = (): number => loaded?.threads.count ?? 1

/** Whether the kernels are those with relaxed SIMD: their results differ from the others' by rounding. */
export const relaxedInUse = (): boolean => loaded?.relaxed ?? false

/**
 * Compiles the kernels onto the memory of the active wasm backend.
 * @param fetchBinary reads one of the files
 * @param count how many threads work on it; more than one needs `threadedBackend`
 * @param relaxed whether to use relaxed SIMD
 */
export async function loadSimd(
  fetchBinary: (file: SimdFile) => Promise<BufferSource>,
  count = 1,
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
  const threads = count > 1 ? await startThreads(backend, kernels, module, parameters, count) : oneThread(kernels)
  const run = (kernel: string, lists: number[][][]) => (noted ? void noted.push({ kernel, lists }) : threads.run(kernel, lists))

  const listed = (kernel: string, valueOf: (name: string) => number | undefined): number[] =>
    parameters[kernel]!.map((name) => {
      const value = valueOf(name)
      if (value === undefined) throw new Error(`${kernel} is given no ${name}.`)
      return value
    })
  const bytesFor: Simd['bytesFor'] = (kernel, values) => kernels[kernel]!(...listed(kernel, (name) => values[name])) as number
  const call: Simd['call'] = (kernel, values) => {
    const list = listed(kernel, (name) => values[name])
    if (noted) noted.push({ kernel, lists: [[list]] })
    else kernels[kernel]!(...list)
  }
  const host: Simd['host'] = (places, work) => {
    if (noted) noted.push({ places, work })
    else work(...places.map((place) => floatsAt(backend, place)))
  }

  const eachImage: Simd['eachImage'] = (kernel, given) => {
    const { models, images, perImage, perModel = {}, sums = {}, scratch = 0, numbers = {}, rows } = given
    const shares = sharesOf(models, images, count, rows ? Math.ceil(numbers['OH']! / rows.unit) : 1)
    const whole = (bytes: number) => (bytes + 15) & ~15
    const perThread = whole(scratch)
    const perSum = Object.values(sums).reduce((bytes, { size }) => bytes + whole((4 * size) / models), 0)
    // The first share of a model writes its sums where they are to go, the others behind the scratch of all threads.
    const others = shares.flat().filter((share) => !begins(share)).length
    withScratch(backend, perThread * shares.length + perSum * others, (memory) => {
      let next = memory + perThread * shares.length
      const added: Record<'to' | 'from' | 'count', number>[] = []
      const lists = shares.map((share, thread) =>
        share.map((part) => {
          const { model, first, count: some, blocks } = part
          // Of an image of which this is a part: its first row, and how many.
          const top = blocks && rows ? blocks[0] * rows.unit : 0
          const height = blocks && rows ? Math.min(blocks[1] * rows.unit, numbers['OH']!) - top : numbers['OH']
          const ofModel = ({ at, size }: Place) => at + (4 * model * size) / models
          // By the names that the kernel has: an object of all values would cost more than many a kernel.
          const valueOf = (name: string): number | undefined => {
            if (name === 'batch') return some
            if (name === 'scratch') return memory + thread * perThread
            if (name === 'OH') return height
            if (name === 'padTop') return numbers['padTop']! - top
            const image = perImage[name]
            if (image) {
              const bytes = (4 * image.size) / (models * images)
              return image.at + (model * images + first) * bytes + (name === rows?.of ? (top * bytes) / numbers['OH']! : 0)
            }
            if (perModel[name]) return ofModel(perModel[name])
            const sum = sums[name]
            if (!sum) return numbers[name]
            if (begins(part)) return ofModel(sum)
            const from = next
            added.push({ to: ofModel(sum), from, count: sum.size / models })
            next += whole((4 * sum.size) / models)
            return from
          }
          return listed(kernel, valueOf)
        }),
      )
      run(kernel, lists)
      for (const values of added) call('addInto', values)
    })
  }
  const own: Simd = { eachImage, call, host, bytesFor, withScratch: (bytes, use) => withScratch(backend, bytes, use) }
  loaded = { backend, kernels: own, threads, relaxed }
}

/** Names of each kernel's parameters, as scripts/parameter-names.mjs left them in the module. */
function parametersOf(module: WebAssembly.Module): Record<string, string[]> {
  const [names] = WebAssembly.Module.customSections(module, 'parameters')
  return JSON.parse(new TextDecoder().decode(names)) as Record<string, string[]>
}

/** Images `first` to `first + count` of one model, or of a single image blocks of rows, from the first to before the last. */
export interface Share {
  model: number
  first: number
  count: number
  blocks?: [from: number, to: number]
}

/** Whether a share has the first rows of a model. */
const begins = ({ first, blocks }: Share): boolean => first === 0 && !blocks?.[0]

/**
 * What each thread does of the images of all models, of `blocks` blocks of rows each: the same number of blocks, or one less; whole images
 * where the threads divide them. A thread mostly stays with one model, whose filters it then prepares once. Only as many threads as have
 * anything to do.
 */
export function sharesOf(models: number, images: number, threads: number, blocks = 1): Share[][] {
  const all = models * images * blocks
  const parts = Math.min(threads, all)
  const cut = (k: number) => Math.floor((k * all) / parts)
  return Array.from({ length: parts }, (_, k) => {
    const share: Share[] = []
    for (let at = cut(k); at < cut(k + 1);) {
      const image = Math.floor(at / blocks)
      const model = Math.floor(image / images)
      const first = image - model * images
      const whole = Math.floor(Math.min(cut(k + 1) - at, (images - first) * blocks) / blocks)
      const from = at % blocks
      if (from === 0 && whole > 0) {
        share.push({ model, first, count: whole })
        at += whole * blocks
      } else {
        const to = Math.min(blocks, from + cut(k + 1) - at)
        share.push({ model, first, count: 1, blocks: [from, to] })
        at += to - from
      }
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

/** The float32 values at a place. Invalid after an allocation, which may grow the memory. */
export const floatsAt = (backend: BackendWasm, { at, size }: Place): Float32Array<ArrayBuffer> =>
  new Float32Array(moduleOf(backend).HEAPU8.buffer, at, size)

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

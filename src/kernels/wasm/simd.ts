import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { sharedOut } from './threads'

/** Byte offset of float32 values in tfjs's memory. */
export type Pointer = number

/** Sizes of a convolution, in the order of the arguments. */
type Sizes = [
  batch: number,
  height: number,
  width: number,
  inChannels: number,
  outHeight: number,
  outWidth: number,
  outChannels: number,
  filterHeight: number,
  filterWidth: number,
  padTop: number,
  padLeft: number,
]

/**
 * The kernels of ./assembly: SIMD, on tensors where they lie in the memory of tfjs's own module. Each takes a run of images of one network
 * with that network's parameters, writes its outputs completely, and allocates nothing. Its source says what it computes.
 */
export interface Simd {
  convolution(x: Pointer, filter: Pointer, y: Pointer, scratch: Pointer, ...sizes: [...Sizes, mirrored: boolean, rows: number]): void
  convolutionScratch(
    rows: number,
    outWidth: number,
    inChannels: number,
    outChannels: number,
    filterHeight: number,
    filterWidth: number,
  ): number
  filterGradient(x: Pointer, dy: Pointer, dw: Pointer, scratch: Pointer, ...sizes: [...Sizes, images: number, rows: number]): void
  filterGradientScratch(
    images: number,
    rows: number,
    outWidth: number,
    inChannels: number,
    outChannels: number,
    filterHeight: number,
    filterWidth: number,
  ): number
  normActivation(
    x: Pointer,
    bias: Pointer,
    gamma: Pointer,
    beta: Pointer,
    y: Pointer,
    stats: Pointer,
    scratch: Pointer,
    batch: number,
    pixels: number,
    channels: number,
    groups: number,
    slope: number,
  ): void
  normActivationGrad(
    dy: Pointer,
    x: Pointer,
    bias: Pointer,
    gamma: Pointer,
    beta: Pointer,
    stats: Pointer,
    dx: Pointer,
    dBias: Pointer,
    dGamma: Pointer,
    dBeta: Pointer,
    scratch: Pointer,
    batch: number,
    pixels: number,
    channels: number,
    groups: number,
    slope: number,
  ): void
  upsampleConcat(
    skip: Pointer,
    x: Pointer,
    out: Pointer,
    scratch: Pointer,
    batch: number,
    height: number,
    width: number,
    skipChannels: number,
    channels: number,
  ): void
  upsampleConcatGrad(
    dOut: Pointer,
    dSkip: Pointer,
    dx: Pointer,
    scratch: Pointer,
    batch: number,
    height: number,
    width: number,
    skipChannels: number,
    channels: number,
  ): void
  maxPoolGrad(dy: Pointer, x: Pointer, y: Pointer, dx: Pointer, batch: number, height: number, width: number, channels: number): void
  adamUpdate(
    p: Pointer,
    g: Pointer,
    m: Pointer,
    v: Pointer,
    pOut: Pointer,
    mOut: Pointer,
    vOut: Pointer,
    count: number,
    schedule: Pointer,
    weightDecay: number,
  ): void
  addBias(y: Pointer, bias: Pointer, models: number, pixels: number, channels: number): void
  sumToChannels(x: Pointer, sum: Pointer, models: number, pixels: number, channels: number): void
  scaleChannels(x: Pointer, factor: Pointer, y: Pointer, batch: number, pixels: number, channels: number): void
  addInto(to: Pointer, from: Pointer, count: number): void
}

/** The parts of tfjs's module that are not in its types: the memory is exported by the build with one thread, made by the one with threads. */
interface Module {
  asm: { memory?: WebAssembly.Memory }
  wasmMemory?: WebAssembly.Memory
  _malloc: (bytes: number) => number
  _free: (at: number) => void
}
const moduleOf = (backend: BackendWasm) => backend.wasm as unknown as Module

let loaded: { backend: BackendWasm; kernels: Simd; threads: number } | null = null

/** Threads that the kernels are shared out over. */
export const threadsInUse = (): number => loaded?.threads ?? 1

/**
 * Compiles the kernels onto the memory of the active wasm backend.
 * @param fetchBinary reads simd.wasm, or simd-shared.wasm where the memory is shared between threads
 * @param threads how many threads work on it; more than one needs `threadedBackend`
 */
export async function loadSimd(fetchBinary: (shared: boolean) => Promise<BufferSource>, threads = 1): Promise<void> {
  const backend = tf.backend() as BackendWasm
  const { asm, wasmMemory } = moduleOf(backend)
  const memory = wasmMemory ?? asm.memory!
  const binary = await fetchBinary(wasmMemory !== undefined)
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory } })
  const kernels = instance.exports as unknown as Simd
  loaded = { backend, kernels: threads > 1 ? await sharedOut(backend, kernels, binary, threads) : kernels, threads }
}

/** The kernels for this backend; null where they are not loaded, or do not go with it. */
export function simd(backend: unknown = tf.backend()): Simd | null {
  return loaded?.backend === backend ? loaded!.kernels : null
}

/** Where the values of a float32 tensor begin. Stays the same while the tensor lives, unlike a view. */
export const pointerTo = (backend: BackendWasm, { dataId }: tf.TensorInfo): Pointer => backend.getMemoryOffset(dataId)

/** Calls `use` with `bytes` bytes of memory that are its own until it returns. */
export function withScratch(bytes: number, use: (at: Pointer) => void): void {
  const { _malloc, _free } = moduleOf(loaded!.backend)
  const at = _malloc(bytes)
  if (at === 0) throw new Error('The memory of WebAssembly is full: choose a smaller size or batch.')
  try {
    use(at)
  } finally {
    _free(at)
  }
}

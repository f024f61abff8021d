import { readFile } from 'node:fs/promises'

/** Reads the compiled kernels for `loadSimd`. */
export const readSimdKernels = (shared: boolean): Promise<Uint8Array<ArrayBuffer>> =>
  readFile(new URL(`../wasm/${shared ? 'simd-shared' : 'simd'}.wasm`, import.meta.url)) as Promise<Uint8Array<ArrayBuffer>>

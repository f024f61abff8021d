import { readFile } from 'node:fs/promises'
import { hasRelaxedSimd, simdFile, type SimdFile } from '../wasm/simd'

/** Reads the compiled kernels for `loadSimd`. */
export const readSimdKernels = (file: SimdFile): Promise<Uint8Array<ArrayBuffer>> =>
  readFile(new URL(`../wasm/${file}`, import.meta.url)) as Promise<Uint8Array<ArrayBuffer>>

/** Whether to use relaxed SIMD, in every way that runs here. */
export const relaxedOrNot = hasRelaxedSimd() ? [false, true] : [false]

/** The files that run here. */
export const simdFiles = relaxedOrNot.flatMap((relaxed) => [false, true].map((shared) => simdFile(relaxed, shared)))

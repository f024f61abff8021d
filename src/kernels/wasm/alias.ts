import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'

/** Float32 values on the heap of the wasm backend: where they begin, in bytes, and how many there are. */
export interface Place {
  at: number
  length: number
}

/** The values of a place. Not valid after an allocation, which may move the heap. */
export const valuesOf = (backend: BackendWasm, { at, length }: Place): Float32Array =>
  new Float32Array(backend.wasm.HEAPU8.buffer, at, length)

/** The first of the numbers under which aliases are known on the C++ side; the backend counts its own tensors up from 1. */
const firstId = 2 ** 30

/**
 * Shows places on the heap to the C++ side of the backend as tensors, for the time of `run`: parts of tensors, or scratch memory. Nothing is
 * copied, and neither the backend nor tfjs's engine hears of it. Ending an alias frees the C++ record and what XNNPACK kept for it, a packed
 * filter, but not the memory; so the same numbers serve again.
 */
export function withAliases(backend: BackendWasm, places: Place[], run: (ids: number[]) => void): void {
  const { tfjs } = backend.wasm
  const ids = places.map((_, i) => firstId + i)
  places.forEach(({ at, length }, i) => tfjs.registerTensor(ids[i]!, length, at))
  try {
    run(ids)
  } finally {
    for (const id of ids) tfjs.disposeData(id)
  }
}

/** Scratch memory for `lengths` values each, for the time of `run`. */
export function withScratch(backend: BackendWasm, lengths: number[], run: (...places: Place[]) => void): void {
  const places = lengths.map((length) => ({ at: backend.wasm._malloc(4 * length) >>> 0, length }))
  try {
    run(...places)
  } finally {
    for (const { at } of places) backend.wasm._free(at)
  }
}

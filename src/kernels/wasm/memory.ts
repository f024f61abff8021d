import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { MemoryError } from '../memory-error'

/** Bytes that a WebAssembly memory can have. */
export const mostWasmBytes = 2 ** 32

/** What hands out the memory of tfjs's module. */
interface Allocator {
  _malloc: ((bytes: number) => number) & { checked?: true }
  _free: (at: number) => void
}

/**
 * Makes every allocation on a wasm backend that fails an error. tfjs looks at no result of malloc, and goes on at address 0, which ends in traps or
 * in a heap that is broken without a word. What is returned is an address beyond 2 GiB too, where malloc's own number is negative.
 */
export function checkAllocations(backend: BackendWasm): void {
  const module = backend.wasm as unknown as Allocator
  if (module._malloc.checked) return
  // At its first call emscripten's own function replaces itself.
  module._free(module._malloc(16))
  const allocate = module._malloc
  const checked: Allocator['_malloc'] = (bytes) => {
    // A number of bytes beyond 32 bits would lose its upper ones on the way.
    const at = bytes < mostWasmBytes ? allocate(bytes) >>> 0 : 0
    if (at === 0 && bytes > 0) throw new MemoryError('The memory of WebAssembly is full: take the batch in more parts, or a smaller size.')
    return at
  }
  checked.checked = true
  module._malloc = checked
}

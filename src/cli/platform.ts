import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Platform } from '../session/backend'
import type { BackendName } from '../session/events'
import { isPackaged } from './packaged'

/** Where Linux keeps the Vulkan loader. Without one there is no adapter, and Dawn says so in four lines of its own on stderr. */
const loaderFolders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib', '/usr/local/lib', '/lib64']

function mayHaveAdapter(): boolean {
  if (process.platform !== 'linux') return true
  const folders = [...loaderFolders, ...(process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter(Boolean)]
  return folders.some((folder) => existsSync(join(folder, 'libvulkan.so.1')))
}

const require = createRequire(import.meta.url)

const dawnVersion = (): string => (JSON.parse(readFileSync(require.resolve('webgpu/package.json'), 'utf8')) as { version: string }).version

/** Where this runs, for reports: versions by name, and the processor. */
export const placeOf = (backend: BackendName): Record<string, string> => ({
  node: process.versions.node,
  ...(backend === 'webgpu' ? { 'webgpu (Dawn)': dawnVersion() } : {}),
  os: `${process.platform} ${release()} ${process.arch}`,
  cpu: `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}`,
})

/** Node's WebGPU is Dawn, from the package `webgpu`; a software adapter only when WebGPU is asked for and there is no other. */
export const nodePlatform: Platform = {
  wasmPaths: null,
  tuningStore: null,
  simdKernels: (file) => readFile(new URL(`../kernels/wasm/${file}`, import.meta.url)),
  threadFiles: {
    binary: isPackaged
      ? fileURLToPath(new URL('tfjs-backend-wasm-threaded-simd.wasm', import.meta.url))
      : require.resolve('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm'),
    script: fileURLToPath(new URL('../kernels/wasm/thread.js', import.meta.url)),
  },
  webgpu: async (forced) => {
    if (!forced && !mayHaveAdapter()) return null
    const { openDawn } = await import('../kernels/webgpu/node-adapter')
    // The driver can be chosen only once in a process, so the machine's own is not tried where it cannot exist.
    if (mayHaveAdapter()) {
      const own = await openDawn({ software: false }).catch(() => null)
      if (own || !forced) return own
    }
    return openDawn({ software: true })
  },
}

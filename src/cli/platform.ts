import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Platform } from '../session/backend'

/** Where Linux keeps the Vulkan loader. Without one there is no adapter, and Dawn says so in four lines of its own on stderr. */
const loaderFolders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib', '/usr/local/lib', '/lib64']

function mayHaveAdapter(): boolean {
  if (process.platform !== 'linux') return true
  const folders = [...loaderFolders, ...(process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter(Boolean)]
  return folders.some((folder) => existsSync(join(folder, 'libvulkan.so.1')))
}

/** Node's WebGPU is Dawn, from the package `webgpu`; a software adapter only when WebGPU is asked for and there is no other. */
export const nodePlatform: Platform = {
  wasmPaths: null,
  tuningStore: null,
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

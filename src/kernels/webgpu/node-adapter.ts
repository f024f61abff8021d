/** WebGPU in Node, through Dawn (npm `webgpu`). Node only: import it dynamically, never from browser code. */
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { constants, homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { openDevice } from './backend'
import type { Webgpu } from './backend'

const icdName = 'vk_swiftshader_icd.json'

/** The software adapters that the variable EXEMPLAR_ADAPTER can name, and what is in the name that each gives itself. */
const softwareAdapters = { swiftshader: /swiftshader/i, lavapipe: /llvmpipe/i }

/** Folders that may hold a Chrome or Chromium, and so the SwiftShader software driver. */
function browserFolders(): string[] {
  const executable = process.env['CHROMIUM_PATH']
  const playwright = process.env['PLAYWRIGHT_BROWSERS_PATH'] ?? join(homedir(), '.cache/ms-playwright')
  const downloads = existsSync(playwright) ? readdirSync(playwright).filter((name) => name.startsWith('chromium')) : []
  return [
    ...(executable && existsSync(executable) ? [dirname(executable), dirname(realpathSync(executable))] : []),
    '/usr/lib/chromium',
    '/usr/lib/chromium-browser',
    '/usr/lib64/chromium-browser',
    '/opt/google/chrome',
    '/opt/google/chrome-beta',
    '/opt/google/chrome-unstable',
    '/snap/chromium/current/usr/lib/chromium-browser',
    ...downloads.flatMap((name) => ['chrome-linux', 'chrome-linux64'].map((inside) => join(playwright, name, inside))),
  ]
}

/** Path of SwiftShader's driver manifest, or null. */
function findSwiftshader(): string | null {
  return (
    browserFolders()
      .map((folder) => join(folder, icdName))
      .find(existsSync) ?? null
  )
}

/**
 * Dawn opens the Vulkan loader as `libvulkan.so.1`. Machines without a GPU often lack it, but Chromium includes one; once a library
 * of that name is in the process, the system finds it by name. Node's loader is the only way to dlopen: it rejects the file
 * as not an addon, but only after loading it, and RTLD_NODELETE (0x1000 on Linux) keeps it there.
 */
function preloadVulkanLoader(folder: string): void {
  const loader = join(folder, 'libvulkan.so.1')
  if (process.platform !== 'linux' || !existsSync(loader)) return
  try {
    process.dlopen({ exports: {} }, loader, constants.dlopen.RTLD_NOW | 0x1000)
  } catch {
    // Always: "Module did not self-register".
  }
}

/** Makes Dawn use the software adapter that EXEMPLAR_ADAPTER names, SwiftShader if it names none. @returns the pattern of its name */
function chooseSoftware(): RegExp {
  const name = process.env['EXEMPLAR_ADAPTER'] ?? 'swiftshader'
  // The variables with which lavapipe is found must be there when the process starts: scripts/lavapipe.mjs has them.
  if (name === 'lavapipe') return softwareAdapters.lavapipe
  const icd = findSwiftshader()
  if (!icd) throw new Error(`No ${icdName} found: install Chromium, or set CHROMIUM_PATH to the executable of a Chrome or Chromium.`)
  process.env['VK_ICD_FILENAMES'] = icd
  preloadVulkanLoader(dirname(icd))
  return softwareAdapters.swiftshader
}

/**
 * Opens an adapter and a device, and sets `navigator.gpu` and WebGPU's globals, which tfjs looks for.
 * Drop `globalThis.navigator.gpu` and destroy the device when done, or end with `process.exit`: Dawn keeps Node alive.
 * @param options.software true for SwiftShader, Chromium's software driver, or the one that EXEMPLAR_ADAPTER names; false for the machine's own
 * adapter. The driver can be chosen only before the first call in a process.
 * @throws Error with one sentence that says what to do if there is no adapter.
 */
export async function openDawn(options: { software: boolean }): Promise<Webgpu> {
  const wanted = options.software ? chooseSoftware() : null
  const { create, globals } = await import('webgpu').catch(() => {
    throw new Error('The package webgpu, with which Node uses a GPU, is not installed: install it too, or choose another backend.')
  })
  Object.assign(globalThis, globals)
  const gpu = create([])
  if (!globalThis.navigator) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true })
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true })
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter)
    throw new Error(
      `No WebGPU adapter ${options.software ? `from ${process.env['VK_ICD_FILENAMES']}` : 'on this machine: choose another backend'}.`,
    )
  const opened = await openDevice(adapter)
  if (wanted && !wanted.test(opened.name)) throw new Error(`The adapter is ${opened.name}, not the software adapter that was asked for.`)
  return opened
}

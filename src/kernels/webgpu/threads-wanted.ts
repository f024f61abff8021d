import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'

const software = new WeakSet<WebGPUBackend>()

/** Records whether a backend's adapter is software, with few threads to keep busy; the default is a real GPU. */
export function setSoftware(backend: WebGPUBackend, isSoftware: boolean): void {
  if (isSoftware) software.add(backend)
  else software.delete(backend)
}

export const isSoftware = (backend: WebGPUBackend): boolean => software.has(backend)

/** Number of threads that keep the adapter busy: it decides how many parts kernels split a sum into. */
export const threadsWanted = (backend: WebGPUBackend): number => (software.has(backend) ? 1024 : 16_384)

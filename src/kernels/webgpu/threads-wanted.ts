import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'

const software = new WeakSet<WebGPUBackend>()

/** Says whether a backend's adapter is software, which has few threads to keep busy; one of which nothing is said counts as a real GPU. */
export function setSoftware(backend: WebGPUBackend, isSoftware: boolean): void {
  if (isSoftware) software.add(backend)
  else software.delete(backend)
}

/** Number of threads that keep the adapter busy: it decides into how many parts kernels split a sum. */
export const threadsWanted = (backend: WebGPUBackend): number => (software.has(backend) ? 1024 : 16_384)

/** The GPU's queue as a clock needs it. On other backends, where every call has finished when it returns, all of this does nothing. */
import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'

/** The active backend if it is WebGPU, else null. */
export const webgpuBackend = (): WebGPUBackend | null => (tf.getBackend() === 'webgpu' ? (tf.backend() as WebGPUBackend) : null)

/** Submits what tfjs has encoded and still holds back: it waits for 15 dispatches or a read. */
export function submitPending(): void {
  const backend = webgpuBackend()
  if (!backend) return
  backend.ensureCommandEncoderReady()
  backend.endComputePassEncoder()
  backend.submitQueue()
}

/** Resolves when the GPU has done all that was asked of it so far. */
export async function finish(): Promise<void> {
  submitPending()
  await webgpuBackend()?.queue.onSubmittedWorkDone()
}

/** Destroys the buffers that tfjs keeps for reuse and never gives back, so that the next measurement begins with none. */
export async function emptyPool(): Promise<void> {
  await finish()
  const manager = webgpuBackend()?.bufferManager as unknown as
    { freeBuffers: Map<string, GPUBuffer[]>; numFreeBuffers: number; numBytesAllocated: number } | undefined
  if (!manager) return
  for (const list of manager.freeBuffers.values()) {
    for (const buffer of list) {
      manager.numBytesAllocated -= buffer.size
      buffer.destroy()
    }
    list.length = 0 // the key stays: with an empty map, tfjs stops giving buffers back
  }
  manager.numFreeBuffers = 0
}

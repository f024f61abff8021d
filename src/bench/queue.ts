/** The GPU's queue, for timing. On other backends, where every call finishes before it returns, all of this does nothing. */
import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'

/** The active backend if WebGPU, else null. */
export const webgpuBackend = (): WebGPUBackend | null => (tf.getBackend() === 'webgpu' ? (tf.backend() as WebGPUBackend) : null)

/** Submits what tfjs has encoded but not submitted: it waits for 15 dispatches or a read. */
export function submitPending(): void {
  const backend = webgpuBackend()
  if (!backend) return
  backend.ensureCommandEncoderReady()
  backend.endComputePassEncoder()
  backend.submitQueue()
}

/** Resolves when the GPU has finished all work submitted so far. */
export async function finish(): Promise<void> {
  submitPending()
  await webgpuBackend()?.queue.onSubmittedWorkDone()
}

/** Destroys the buffers that tfjs keeps for reuse and never frees, so that the next measurement starts with none. */
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
    list.length = 0 // the key stays: with an empty map, tfjs stops returning buffers
  }
  manager.numFreeBuffers = 0
}

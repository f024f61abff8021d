import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'

/**
 * Launches recorded once and submitted repeatedly. Making a launch costs the host more time than the GPU needs for it: shapes are
 * compared, buffers found, bind groups made. When repeated, the same list only has to be encoded.
 *
 * This requires three things: recorded work reads nothing back; changing values are in buffers written between repetitions; and the
 * launches' buffers belong to the recording, so that nothing else gets one of them.
 */
export interface Recording {
  /** Number of launches. */
  readonly dispatches: number
  /** Submits the launches again, then the copies. */
  replay(copies: Copy[]): void
  /** Releases the buffers. */
  dispose(): void
}

/** A copy of a whole tensor at the end of a recording, or of its first values to an offset in a buffer. */
export interface Copy {
  from: TensorInfo
  to: GPUBuffer
  /** Bytes. */
  offset?: number
}

interface Dispatch {
  pipeline: GPUComputePipeline
  bindGroup: GPUBindGroup
  x: number
  y: number
  z: number
}

/** An operating system may reset a GPU that takes two seconds for one submission, as a slow one may for a large step. */
const dispatchesPerSubmit = 128

/** Private members of tfjs. */
interface Internals {
  commandEncoder: GPUCommandEncoder | null
  endComputePassEncoder(): void
  ensureCommandEncoderReady?: () => void
  bufferManager: {
    acquireBuffer(size: number, usage: number, mappedAtCreation?: boolean, reuse?: boolean): GPUBuffer
    releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void
  }
}

export const bufferOf = (backend: WebGPUBackend, info: TensorInfo): GPUBuffer => {
  backend.uploadToGPU(info.dataId)
  return backend.tensorMap.get(info.dataId).resource as GPUBuffer
}

/** Submits what tfjs has queued but not submitted. */
export function flush(backend: WebGPUBackend): void {
  const internals = backend as unknown as Internals
  internals.endComputePassEncoder()
  if (internals.commandEncoder) backend.submitQueue()
}

/** Overwrites the values of a tensor; launches queued before still see the old ones. */
export function writeValues(backend: WebGPUBackend, info: TensorInfo, values: Float32Array): void {
  flush(backend)
  backend.device.queue.writeBuffer(bufferOf(backend, info), 0, values as Float32Array<ArrayBuffer>)
}

/** Makes the next read of a tensor go to the GPU, after its buffer was written directly: tfjs caches what it reads. */
export function forgetRead(backend: WebGPUBackend, info: TensorInfo): void {
  Object.assign(backend.tensorMap.get(info.dataId), { values: null })
}

/** Queues copies of whole tensors. */
export function copyAll(backend: WebGPUBackend, copies: Copy[]): void {
  flush(backend)
  const encoder = backend.device.createCommandEncoder()
  encodeCopies(backend, encoder, copies)
  backend.device.queue.submit([encoder.finish()])
}

function encodeCopies(backend: WebGPUBackend, encoder: GPUCommandEncoder, copies: Copy[]): void {
  for (const { from, to, offset } of copies) {
    const source = bufferOf(backend, from)
    if (source.size > 0) encoder.copyBufferToBuffer(source, 0, to, offset ?? 0, source.size)
  }
}

/**
 * Runs `run` and records its launches. Its result lives until the recording is disposed of: its tensors keep their buffers, which
 * `replay` refills.
 * @param run makes launches on the backend; a read-back or a copy inside is an error
 */
export function record<T>(backend: WebGPUBackend, run: () => T): { result: T; recording: Recording } {
  flush(backend)
  const internals = backend as unknown as Internals
  const { bufferManager } = internals
  const { device } = backend
  const dispatches: Dispatch[] = []
  /** All buffers taken during the recording; true for those that a later launch in it may reuse. */
  const own = new Map<GPUBuffer, boolean>()
  const free = new Map<string, GPUBuffer[]>()
  const keyOf = (size: number, usage: number) => `${size} ${usage}`

  const acquire = bufferManager.acquireBuffer.bind(bufferManager)
  const release = bufferManager.releaseBuffer.bind(bufferManager)
  bufferManager.acquireBuffer = (size, usage, mapped = false) => {
    // Buffers that the host writes once, uniforms and constants, must keep their values for the repetitions.
    const written = mapped || (usage & GPUBufferUsage.UNIFORM) !== 0
    const again = written ? undefined : free.get(keyOf(size, usage))?.pop()
    if (again) return again
    const buffer = acquire(size, usage, mapped, false)
    own.set(buffer, !written)
    return buffer
  }
  bufferManager.releaseBuffer = (buffer, reuse) => {
    const recycle = own.get(buffer)
    if (recycle === undefined) return release(buffer, reuse)
    if (!recycle) return
    const key = keyOf(buffer.size, buffer.usage)
    free.set(key, [...(free.get(key) ?? []), buffer])
  }
  internals.ensureCommandEncoderReady = () => {
    internals.commandEncoder ??= recordingEncoder(device.createCommandEncoder(), dispatches)
  }
  let result: T
  try {
    result = run()
    flush(backend)
  } catch (error) {
    internals.endComputePassEncoder()
    internals.commandEncoder = null
    for (const buffer of own.keys()) release(buffer, false)
    throw error
  } finally {
    for (const [target, name] of [
      [bufferManager, 'acquireBuffer'],
      [bufferManager, 'releaseBuffer'],
      [internals, 'ensureCommandEncoderReady'],
    ] as const)
      Reflect.deleteProperty(target, name)
  }
  const recording: Recording = {
    dispatches: dispatches.length,
    replay(copies) {
      flush(backend)
      for (let first = 0; first < dispatches.length; first += dispatchesPerSubmit) {
        const encoder = device.createCommandEncoder()
        const pass = encoder.beginComputePass()
        const end = Math.min(dispatches.length, first + dispatchesPerSubmit)
        let last: GPUComputePipeline | null = null
        for (let i = first; i < end; i++) {
          const { pipeline, bindGroup, x, y, z } = dispatches[i]!
          if (pipeline !== last) pass.setPipeline((last = pipeline))
          pass.setBindGroup(0, bindGroup)
          pass.dispatchWorkgroups(x, y, z)
        }
        pass.end()
        if (end === dispatches.length) encodeCopies(backend, encoder, copies)
        device.queue.submit([encoder.finish()])
      }
    },
    dispose() {
      for (const buffer of own.keys()) bufferManager.releaseBuffer(buffer, false)
      own.clear()
      dispatches.length = 0
    },
  }
  return { result, recording }
}

/** An encoder that records its launches. */
function recordingEncoder(encoder: GPUCommandEncoder, dispatches: Dispatch[]): GPUCommandEncoder {
  const refuse = () => {
    throw new Error('A recorded step cannot copy or read back.')
  }
  return {
    beginComputePass(descriptor?: GPUComputePassDescriptor) {
      const pass = encoder.beginComputePass(descriptor)
      let pipeline: GPUComputePipeline
      let bindGroup: GPUBindGroup
      return {
        setPipeline: (p: GPUComputePipeline) => pass.setPipeline((pipeline = p)),
        setBindGroup: (i: number, group: GPUBindGroup) => pass.setBindGroup(i, (bindGroup = group)),
        dispatchWorkgroups(x: number, y = 1, z = 1) {
          dispatches.push({ pipeline, bindGroup, x, y, z })
          pass.dispatchWorkgroups(x, y, z)
        },
        end: () => pass.end(),
      }
    },
    copyBufferToBuffer: refuse,
    finish: () => encoder.finish(),
  } as unknown as GPUCommandEncoder
}

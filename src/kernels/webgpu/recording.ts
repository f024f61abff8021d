import { util } from '@tensorflow/tfjs-core'
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { planBuffers } from '../buffer-plan'

/**
 * Launches recorded once and submitted repeatedly. Making a launch costs the host more time than the GPU needs for it: shapes are
 * compared, buffers found, bind groups made. When repeated, the same list only has to be encoded.
 *
 * Recording runs nothing and allocates nothing: the buffers of intermediate values are stand-ins, which are given real ones when the list is complete
 * and it is known from which launch to which each value is needed (buffer-plan.ts). So even the first run never holds more than it must.
 *
 * This requires three things: recorded work reads nothing back; changing values are in buffers written between repetitions; and the
 * launches' buffers belong to the recording, so that nothing else gets one of them.
 */
export interface Recording {
  /** Number of launches. */
  readonly dispatches: number
  /** Bytes of the buffers that hold intermediate values and results. */
  readonly bytes: number
  /** Submits the launches, then the copies. */
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

/** A launch as it was asked for: what it binds are stand-ins. */
interface Recorded extends Omit<Dispatch, 'bindGroup'> {
  bindings: GPUBindGroupDescriptor
}

/**
 * What one submission may have: an operating system may reset a GPU that takes two seconds for it, as a slow one may for a large step. Bytes are those that
 * its launches bind, by which their work grows; the default step binds up to 272 MB in 128 launches, that of preset Paper some 32 times as much.
 */
const most = { launches: 128, bytes: 2 ** 29 }

/**
 * How launches are shared out over submissions.
 * @param bytes what each launch binds
 * @returns before which launch each submission ends
 */
export function endsOfSubmissions(bytes: readonly number[]): number[] {
  const ends: number[] = []
  let [first, sum] = [0, 0]
  for (const [i, own] of bytes.entries()) {
    if (i > first && (i - first === most.launches || sum + own > most.bytes)) {
      ends.push(i)
      ;[first, sum] = [i, 0]
    }
    sum += own
  }
  return [...ends, bytes.length]
}

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

function encodeCopies(backend: WebGPUBackend, encoder: GPUCommandEncoder, copies: Copy[]): void {
  for (const { from, to, offset } of copies) {
    // Its buffer may be larger than the tensor.
    const bytes = 4 * util.sizeFromShape(from.shape)
    if (bytes > 0) encoder.copyBufferToBuffer(bufferOf(backend, from), 0, to, offset ?? 0, bytes)
  }
}

/**
 * Records the launches that `run` makes; `replay` runs them, the first time too. The result lives until the recording is disposed of: its tensors
 * keep their buffers, which `replay` fills.
 * @param run makes launches on the backend; a read-back or a copy inside is an error
 * @param kept the tensors of its result
 */
export function record<T>(backend: WebGPUBackend, run: () => T, kept: (result: T) => TensorInfo[]): { result: T; recording: Recording } {
  flush(backend)
  const internals = backend as unknown as Internals
  const { bufferManager } = internals
  const { device } = backend
  const launches: Recorded[] = []
  /** Buffers that the host writes once, uniforms and constants: they keep their values for the repetitions. */
  const written = new Set<GPUBuffer>()
  /** Stand-ins for the buffers of all other values, numbered. */
  const values = new Map<GPUBuffer, number>()

  const acquire = bufferManager.acquireBuffer.bind(bufferManager)
  const release = bufferManager.releaseBuffer.bind(bufferManager)
  bufferManager.acquireBuffer = (size, usage, mapped = false) => {
    if (mapped || (usage & GPUBufferUsage.UNIFORM) !== 0) {
      const buffer = acquire(size, usage, mapped, false)
      written.add(buffer)
      return buffer
    }
    const standIn = standInFor(size, usage)
    values.set(standIn, values.size)
    return standIn
  }
  bufferManager.releaseBuffer = (buffer, reuse) => {
    if (!written.has(buffer) && !values.has(buffer)) release(buffer, reuse)
  }
  internals.ensureCommandEncoderReady = () => {
    internals.commandEncoder ??= recordingEncoder(device.createCommandEncoder(), launches)
  }
  device.createBindGroup = (descriptor) => descriptor as unknown as GPUBindGroup
  let result: T
  try {
    result = run()
  } catch (error) {
    for (const buffer of written) release(buffer, false)
    throw error
  } finally {
    // While releasing still passes by the stand-ins.
    flush(backend)
    for (const [target, name] of [
      [bufferManager, 'acquireBuffer'],
      [bufferManager, 'releaseBuffer'],
      [internals, 'ensureCommandEncoderReady'],
      [device, 'createBindGroup'],
    ] as const)
      Reflect.deleteProperty(target, name)
  }

  const results = kept(result)
  const { buffers, bufferOfValue } = makeBuffers(
    launches,
    values,
    results.map((info) => bufferOf(backend, info)),
    (size, usage) => acquire(size, usage, false, false),
  )
  for (const info of results) {
    const data = backend.tensorMap.get(info.dataId)
    data.resource = bufferOfValue(data.resource as GPUBuffer)
  }
  const own = [...written, ...buffers]
  const bytes: number[] = []
  const dispatches = launches.map(({ pipeline, bindings, x, y, z }): Dispatch => {
    const entries = [...bindings.entries].map(({ binding, resource }) => ({ binding, resource: realBinding(resource, bufferOfValue) }))
    bytes.push(entries.reduce((sum, { resource }) => sum + resource.size, 0))
    return { pipeline, bindGroup: device.createBindGroup({ ...bindings, entries }), x, y, z }
  })
  const ends = endsOfSubmissions(bytes)
  const recording: Recording = {
    dispatches: dispatches.length,
    bytes: own.reduce((sum, { size }) => sum + size, 0),
    replay(copies) {
      flush(backend)
      let next = 0
      for (const end of ends) {
        const encoder = device.createCommandEncoder()
        const pass = encoder.beginComputePass()
        let last: GPUComputePipeline | null = null
        for (; next < end; next++) {
          const { pipeline, bindGroup, x, y, z } = dispatches[next]!
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
      for (const buffer of own.splice(0)) bufferManager.releaseBuffer(buffer, false)
      dispatches.length = 0
    },
  }
  return { result, recording }
}

/** What tfjs takes for a buffer: it looks at the class, the size and the usage. */
const standInFor = (size: number, usage: number): GPUBuffer =>
  Object.create(GPUBuffer.prototype, { size: { value: size }, usage: { value: usage } }) as GPUBuffer

/**
 * Real buffers for stand-ins.
 * @param values the stand-ins, numbered
 * @param kept those that hold the result
 * @param make a new buffer
 */
function makeBuffers(
  launches: readonly Recorded[],
  values: ReadonlyMap<GPUBuffer, number>,
  kept: readonly GPUBuffer[],
  make: (size: number, usage: number) => GPUBuffer,
): { buffers: GPUBuffer[]; bufferOfValue: (buffer: GPUBuffer) => GPUBuffer } {
  const standIns = [...values.keys()]
  const inParts = new Set<GPUBuffer>()
  const uses = launches.map(({ bindings }) =>
    [...bindings.entries].flatMap(({ resource }) => {
      const { buffer, size = buffer.size } = bindingOf(resource)
      if (!values.has(buffer)) return []
      if (size < buffer.size) inParts.add(buffer)
      return [values.get(buffer)!]
    }),
  )
  // Between the parts of a buffer that is written piece by piece nobody writes: there it stays 0 only if it is nobody else's.
  const alone = [...inParts].map((buffer) => values.get(buffer)!)
  const shared = uses.map((list) => list.filter((value) => !alone.includes(value)))
  const plan = planBuffers(
    standIns.map(({ size }) => size),
    shared,
    new Set(kept.map((buffer) => values.get(buffer)!)),
  )
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
  const buffers = plan.buffers.map((size) => make(size, usage))
  for (const value of alone) plan.placeOf[value] = buffers.push(make(standIns[value]!.size, usage)) - 1
  return { buffers, bufferOfValue: (buffer) => (values.has(buffer) ? buffers[plan.placeOf[values.get(buffer)!]!]! : buffer) }
}

const bindingOf = (resource: GPUBindingResource): GPUBufferBinding => ('buffer' in resource ? resource : { buffer: resource as GPUBuffer })

/** The same binding of the real buffer, which may be larger. */
function realBinding(resource: GPUBindingResource, bufferOfValue: (buffer: GPUBuffer) => GPUBuffer): Required<GPUBufferBinding> {
  const { buffer, offset = 0, size = buffer.size - offset } = bindingOf(resource)
  return { buffer: bufferOfValue(buffer), offset, size }
}

/** An encoder that notes launches and runs none. */
function recordingEncoder(encoder: GPUCommandEncoder, launches: Recorded[]): GPUCommandEncoder {
  const refuse = () => {
    throw new Error('A recorded step cannot copy or read back.')
  }
  return {
    beginComputePass() {
      let pipeline: GPUComputePipeline
      let bindings: GPUBindGroupDescriptor
      return {
        setPipeline: (next: GPUComputePipeline) => void (pipeline = next),
        setBindGroup: (_: number, group: GPUBindGroup) => void (bindings = group as unknown as GPUBindGroupDescriptor),
        dispatchWorkgroups: (x: number, y = 1, z = 1) => void launches.push({ pipeline, bindings, x, y, z }),
        end: () => undefined,
      }
    },
    copyBufferToBuffer: refuse,
    finish: () => encoder.finish(),
  } as unknown as GPUCommandEncoder
}

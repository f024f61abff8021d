import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { MemoryError } from '../memory-error'
import type { Numbers, Replay, Run } from '../replay'
import { bufferOf, flush, forgetRead, record, writeValues, type Copy, type Recording } from './recording'
import { refusalOf } from './refusal'

/**
 * Repeats launches on a state that stays in the same buffers and is overwritten by each run (recording.ts). Each run's values to read
 * gather in a buffer until `read`.
 */
export class WebgpuReplay<N extends Numbers> implements Replay<N> {
  private recorded: {
    key: string
    numbers: N
    dispose: (numbers: N) => void
    recording: Recording
    results: tf.Tensor[]
    copies: Copy[]
    scalars: tf.Tensor1D
  } | null = null
  /** Number of scalars of each waiting run, consecutive in `gathered`. */
  private waiting: number[] = []
  private gathered: GPUBuffer

  private readonly backend = tf.backend() as WebGPUBackend

  /** @param state tensors of the active backend, which must be WebGPU, that each run overwrites; the caller still owns them */
  constructor(private readonly state: tf.Tensor[]) {
    this.gathered = this.bufferFor(firstRoom)
  }

  /**
   * Records the launches of a run that is to come, if they are new, without running them.
   * @throws MemoryError if the GPU has not the memory; nothing is left then
   */
  async prepare(run: Run<N>): Promise<void> {
    if (this.recorded?.key === run.key) return
    const refused = await refusalOf(this.backend.device, () => this.record(run))
    if (refused === null) return
    this.forget()
    throw new MemoryError(`The GPU has not the memory for this: ${refused}`)
  }

  private record({ key, upload, dispose, reads, launch }: Run<N>): void {
    const { backend, state } = this
    this.forget()
    const numbers = upload()
    try {
      // Before the recording, to which an upload inside would belong.
      for (const tensor of [numbers.flat, ...state, ...reads]) bufferOf(backend, tensor)
      const { result, recording } = record(
        backend,
        () => launch(numbers),
        ({ state, scalars }) => [...state, scalars],
      )
      const copies = result.state.map((from, i) => ({ from, to: bufferOf(backend, state[i]!) }))
      this.recorded = { key, numbers, dispose, recording, results: result.state, copies, scalars: result.scalars }
    } catch (error) {
      dispose(numbers)
      throw error
    }
  }

  run(run: Run<N>): void {
    const { backend, state } = this
    if (this.recorded?.key !== run.key) this.record(run)
    const { numbers, recording, copies, scalars } = this.recorded!
    const offset = 4 * this.reserve(scalars.size)
    const all = [...copies, { from: scalars, to: this.gathered, offset }]
    writeValues(backend, numbers.flat, run.values())
    recording.replay(all)
    for (const tensor of state) forgetRead(backend, tensor)
  }

  /** The scalars of each run since the last call, in order. Waits for the GPU. */
  async read(): Promise<Float32Array[]> {
    const sizes = this.waiting
    this.waiting = []
    if (sizes.length === 0) return []
    const { device } = this.backend
    const bytes = 4 * sum(sizes)
    const staging = device.createBuffer({ size: bytes, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ })
    const encoder = device.createCommandEncoder()
    encoder.copyBufferToBuffer(this.gathered, 0, staging, 0, bytes)
    device.queue.submit([encoder.finish()])
    await staging.mapAsync(GPUMapMode.READ)
    const values = new Float32Array(staging.getMappedRange().slice(0))
    staging.destroy()
    let end = 0
    return sizes.map((size) => values.subarray(end, (end += size)))
  }

  dispose(): void {
    this.forget()
    this.gathered.destroy()
  }

  /** Makes room for `count` more scalars, in a larger buffer if needed; returns the number before them. */
  private reserve(count: number): number {
    const before = sum(this.waiting)
    const size = 4 * (before + count)
    if (size > this.gathered.size) {
      const larger = this.bufferFor(Math.max(size, 2 * this.gathered.size))
      const encoder = this.backend.device.createCommandEncoder()
      encoder.copyBufferToBuffer(this.gathered, 0, larger, 0, this.gathered.size)
      this.backend.device.queue.submit([encoder.finish()])
      this.gathered.destroy()
      this.gathered = larger
    }
    this.waiting.push(count)
    return before
  }

  private bufferFor(size: number): GPUBuffer {
    return this.backend.device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC })
  }

  private forget(): void {
    if (!this.recorded) return
    flush(this.backend)
    const { numbers, dispose, recording, results, scalars } = this.recorded
    dispose(numbers)
    // Their buffers belong to the recording.
    for (const tensor of [...results, scalars]) {
      Object.assign(this.backend.tensorMap.get(tensor.dataId), { external: true })
      tensor.dispose()
    }
    recording.dispose()
    this.recorded = null
  }
}

/** Initial bytes for scalars: a few training steps. */
const firstRoom = 1024

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0)

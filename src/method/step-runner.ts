import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { bufferOf, copyAll, flush, forgetRead, record, writeValues, type Copy, type Recording } from '../kernels/webgpu/recording'
import type { UNet } from '../nn/unet'
import type { Config } from './config'
import { disposeModels, sharesWeights, type Models } from './model'
import { disposeStep, flatten, planStep, uploadStep, type StepNumbers, type StepPlan } from './plan'
import type { StepMetrics } from './history'
import type { Term } from './schedule'
import { metricsOf, step, type StepResult } from './step'
import type { TrainingData } from './synthesis'
import { disposeImages, uploadImages, type DeviceImages } from './views'

/**
 * Runs steps one after the other: `step` queues one, `read` waits for all that were queued. Owns the models, the images on the device and
 * everything else of a run that lies on the backend.
 *
 * On WebGPU the launches of a step are recorded and repeated (src/kernels/webgpu/recording.ts): the state stays in the same buffers and is
 * overwritten by each step, and metrics gather in a buffer. Elsewhere each step is run anew and makes new tensors.
 */
export class StepRunner {
  private readonly images: DeviceImages
  private readonly recorder: Recorder | null
  /** The numbers of a step to come, drawn while the GPU is busy. */
  private planned: { t: number; numbers: StepNumbers } | null = null
  private waiting: { t: number; terms: Term[]; scalars: tf.Tensor1D | null }[] = []

  /** @param models taken over: the runner disposes of them */
  constructor(
    private readonly net: UNet,
    private readonly data: TrainingData,
    private readonly config: Config,
    private models: Models,
    options: { replay?: boolean } = {},
  ) {
    this.images = uploadImages(data)
    const replay = (options.replay ?? true) && tf.getBackend() === 'webgpu' && sharesWeights(net)
    this.recorder = replay ? new Recorder(tf.backend() as WebGPUBackend, models) : null
  }

  /** The newest state: not to be disposed of, and on WebGPU not to be kept over a step. */
  get current(): Models {
    return this.models
  }

  /** Queues step t, counted from 0. Steps may wait for `read`, but no more than `mostWaiting`. */
  step(t: number): void {
    const { net, config, planned } = this
    const numbers = planned?.t === t ? planned.numbers : planStep(net, this.data, config, t)
    const run = (plan: StepPlan) => step(net, this.models, this.images, plan, config, numbers.terms)
    let scalars: tf.Tensor1D | null = null
    if (this.recorder) this.recorder.step(numbers, [this.images.images, this.images.labels], run, this.waiting.length)
    else {
      const plan = uploadStep(numbers)
      const next = run(plan)
      disposeStep(plan)
      disposeModels(this.models)
      this.models = next.models
      scalars = next.scalars
    }
    this.waiting.push({ t, terms: numbers.terms, scalars })
  }

  /** The metrics of the steps since the last call, in their order. Waits for the backend once. */
  async read(): Promise<StepMetrics[]> {
    const waiting = this.waiting
    this.waiting = []
    const reading = this.recorder?.read(waiting.map(({ terms }) => terms))
    if (reading && waiting.length > 0) {
      const t = waiting.at(-1)!.t + 1
      this.planned = { t, numbers: planStep(this.net, this.data, this.config, t) }
    }
    const recorded = await reading
    const rows: StepMetrics[] = []
    for (const [i, { t, terms, scalars }] of waiting.entries()) {
      rows.push(metricsOf(recorded ? recorded[i]! : await scalars!.data(), terms, this.config, t))
      scalars?.dispose()
    }
    return rows
  }

  /** A copy of the state, which the caller disposes of or gives back to `restore`. */
  snapshot(): Models {
    const { models } = this
    if (this.recorder) return this.recorder.copyOf(models)
    const { parameters, m, v, buffers } = models
    return { parameters: tf.clone(parameters), m: tf.clone(m), v: v && tf.clone(v), buffers: tf.clone(buffers) }
  }

  /** Goes back to a snapshot, and takes it over. */
  restore(snapshot: Models): void {
    if (this.recorder) {
      this.recorder.copy(snapshot, this.models)
      disposeModels(snapshot)
    } else {
      disposeModels(this.models)
      this.models = snapshot
    }
  }

  dispose(): void {
    this.recorder?.dispose()
    for (const { scalars } of this.waiting) scalars?.dispose()
    disposeModels(this.models)
    disposeImages(this.images)
  }
}

/** Steps that may be queued before they have to be read. */
export const mostWaiting = 32

/** Values of a step's scalars that fit into the buffer in which they gather: more than the losses of two networks and the shares need. */
const mostScalars = 32

/** Repeats the launches of a step on a state that stays where it is. Records anew when the terms of the loss change. */
class Recorder {
  private recorded: {
    key: string
    plan: StepPlan
    recording: Recording
    results: tf.Tensor[]
    copies: Copy[]
    scalars: tf.Tensor1D
  } | null = null
  private readonly gathered: GPUBuffer
  private readonly read_: GPUBuffer

  constructor(
    private readonly backend: WebGPUBackend,
    private readonly models: Models,
  ) {
    const size = 4 * mostWaiting * mostScalars
    this.gathered = backend.device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC })
    this.read_ = backend.device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ })
  }

  /** @param inputs what `run` reads beside the plan and the models */
  step(numbers: StepNumbers, inputs: tf.Tensor[], run: (plan: StepPlan) => StepResult, waiting: number): void {
    const { backend } = this
    if (waiting >= mostWaiting) throw new RangeError(`No more than ${mostWaiting} steps may wait to be read.`)
    // Forms and counts of the terms are part of the launches; their weights are read from the plan.
    const key = JSON.stringify(numbers.terms.map(({ name, images }) => [name, images]))
    const known = this.recorded?.key === key
    if (!known) {
      this.forget()
      const plan = uploadStep(numbers)
      // Before the recording, for an upload inside it would belong to it.
      for (const tensor of [plan.flat, ...tensorsOf(this.models), this.models.buffers, ...inputs]) bufferOf(backend, tensor)
      const { result, recording } = record(backend, () => run(plan))
      result.models.buffers.dispose() // BatchNorm is not recorded: empty
      const copies = pairsOf(result.models, this.models).map(([from, to]) => ({ from, to: bufferOf(backend, to) }))
      this.recorded = { key, plan, recording, results: tensorsOf(result.models), copies, scalars: result.scalars }
    }
    const { plan, recording, copies, scalars } = this.recorded!
    const all = [...copies, { from: scalars, to: this.gathered, offset: 4 * mostScalars * waiting }]
    if (known) {
      writeValues(backend, plan.flat, flatten(numbers))
      recording.replay(all)
    } else copyAll(backend, all)
    for (const tensor of tensorsOf(this.models)) forgetRead(backend, tensor)
  }

  /** The scalars of the steps that wait. */
  async read(steps: Term[][]): Promise<Float32Array[]> {
    const { backend, gathered, read_ } = this
    const encoder = backend.device.createCommandEncoder()
    encoder.copyBufferToBuffer(gathered, 0, read_, 0, gathered.size)
    backend.device.queue.submit([encoder.finish()])
    await read_.mapAsync(GPUMapMode.READ)
    const values = new Float32Array(read_.getMappedRange().slice(0))
    read_.unmap()
    return steps.map((_, i) => values.subarray(i * mostScalars, (i + 1) * mostScalars))
  }

  copyOf(models: Models): Models {
    const like = (t: tf.Tensor1D): tf.Tensor1D => {
      const copy = tf.engine().makeTensorFromTensorInfo(this.backend.makeTensorInfo(t.shape, 'float32')) as tf.Tensor1D
      bufferOf(this.backend, copy)
      return copy
    }
    const { parameters, m, v, buffers } = models
    const copy: Models = { parameters: like(parameters), m: like(m), v: v && like(v), buffers: tf.clone(buffers) }
    this.copy(models, copy)
    return copy
  }

  copy(from: Models, to: Models): void {
    copyAll(
      this.backend,
      pairsOf(from, to).map(([from, to]) => ({ from, to: bufferOf(this.backend, to) })),
    )
    for (const tensor of tensorsOf(to)) forgetRead(this.backend, tensor)
  }

  private forget(): void {
    if (!this.recorded) return
    flush(this.backend)
    const { plan, recording, results, scalars } = this.recorded
    disposeStep(plan)
    // Their buffers belong to the recording.
    for (const tensor of [...results, scalars]) {
      Object.assign(this.backend.tensorMap.get(tensor.dataId), { external: true })
      tensor.dispose()
    }
    recording.dispose()
    this.recorded = null
  }

  dispose(): void {
    this.forget()
    this.gathered.destroy()
    this.read_.destroy()
  }
}

/** The tensors of a state that change from step to step; running statistics are none of them, for BatchNorm is not recorded. */
const tensorsOf = ({ parameters, m, v }: Models): tf.Tensor1D[] => [parameters, m, ...(v ? [v] : [])]

const pairsOf = (from: Models, to: Models): [tf.Tensor1D, tf.Tensor1D][] => {
  const targets = tensorsOf(to)
  return tensorsOf(from).map((tensor, i) => [tensor, targets[i]!])
}

import * as tf from '@tensorflow/tfjs-core'
import type { Replay, Run } from '../kernels/replay'
import { WasmReplay } from '../kernels/wasm/replay'
import { simd } from '../kernels/wasm/simd'
import { WebgpuReplay } from '../kernels/webgpu/replay'
import type { UNet } from '../nn/unet'
import type { Config } from './config'
import { disposeModels, sharesWeights, type Models } from './model'
import { disposeStep, flatten, planStep, uploadStep, type StepNumbers } from './plan'
import type { StepMetrics } from './history'
import type { Term } from './schedule'
import { step, type StepPlan, type StepResult } from './step'
import { metricsOf } from './step-metrics'
import type { TrainingData } from './synthesis'
import { disposeImages, uploadImages, type DeviceImages } from './views'

/**
 * Runs steps one after another: `step` queues one, `read` waits for all queued ones. Owns the models, the images on the device and
 * everything else of a run on the backend.
 *
 * Where our own kernels run from end to end, what they do in a step is recorded and repeated (src/kernels/replay.ts): the state stays in the same
 * memory and is overwritten by each step, and metrics gather until they are read. Elsewhere each step runs from scratch and makes new tensors.
 */
export class StepRunner {
  private readonly images: DeviceImages
  private readonly replay: Replay<StepPlan> | null
  /** The numbers of the next step, drawn while the GPU is busy. */
  private planned: { t: number; numbers: StepNumbers } | null = null
  private waiting: { t: number; terms: Term[]; scalars: tf.Tensor1D | null }[] = []

  /** @param models owned by the runner, which disposes of them */
  constructor(
    private readonly net: UNet,
    private readonly data: TrainingData,
    private readonly config: Config,
    private models: Models,
    options: { replay?: boolean } = {},
  ) {
    this.images = uploadImages(data)
    const kind = (options.replay ?? true) && sharesWeights(net) && replays()
    this.replay = kind ? new kind(tensorsOf(models)) : null
  }

  /** The latest state: do not dispose of it or keep it across a step. */
  get current(): Models {
    return this.models
  }

  /**
   * Makes room for step t, without running it. Where nothing is recorded it is made during the step.
   * @throws MemoryError if there is not enough
   */
  async prepare(t: number): Promise<void> {
    this.planned = { t, numbers: this.numbersOf(t) }
    await this.replay?.prepare(this.recordable(this.planned.numbers))
  }

  private numbersOf(t: number): StepNumbers {
    return this.planned?.t === t ? this.planned.numbers : planStep(this.net, this.data, this.config, t)
  }

  private recordable(numbers: StepNumbers): Run<StepPlan> {
    return {
      // The forms and counts of the terms are part of the launches; their weights are read from the plan.
      key: JSON.stringify(numbers.terms.map(({ name, images }) => [name, images])),
      values: () => flatten(numbers),
      upload: () => uploadStep(numbers),
      dispose: disposeStep,
      reads: [this.models.buffers, this.images.images, this.images.labels],
      launch: (plan) => {
        const { models, scalars } = step(this.net, this.models, this.images, plan, this.config, numbers.terms)
        models.buffers.dispose() // BatchNorm is not recorded: empty
        return { state: tensorsOf(models), scalars }
      },
    }
  }

  /** Queues step t, counted from 0. Steps may wait for `read`, but no more than `mostWaiting`. */
  step(t: number): void {
    if (this.waiting.length >= mostWaiting) throw new RangeError(`No more than ${mostWaiting} steps may wait to be read.`)
    const { net, config } = this
    const numbers = this.numbersOf(t)
    let scalars: tf.Tensor1D | null = null
    if (this.replay) this.replay.run(this.recordable(numbers))
    else {
      const plan = uploadStep(numbers)
      let next: StepResult
      try {
        next = step(net, this.models, this.images, plan, config, numbers.terms)
      } finally {
        disposeStep(plan)
      }
      disposeModels(this.models)
      this.models = next.models
      scalars = next.scalars
    }
    this.waiting.push({ t, terms: numbers.terms, scalars })
  }

  /** The metrics of the steps since the last call, in order. Waits for the backend once. */
  async read(): Promise<StepMetrics[]> {
    const waiting = this.waiting
    this.waiting = []
    const reading = this.replay?.read()
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

  dispose(): void {
    this.replay?.dispose()
    for (const { scalars } of this.waiting) scalars?.dispose()
    disposeModels(this.models)
    disposeImages(this.images)
  }
}

/** Number of steps that may be queued before a read. */
export const mostWaiting = 32

/** What repeats a step on the active backend. */
function replays(): (new (state: tf.Tensor[]) => Replay<StepPlan>) | null {
  if (tf.getBackend() === 'webgpu') return WebgpuReplay
  return simd() ? WasmReplay : null
}

/** The tensors of a state that change from step to step, without running statistics, since BatchNorm is not recorded. */
const tensorsOf = ({ parameters, m, v }: Models): tf.Tensor1D[] => [parameters, m, ...(v ? [v] : [])]

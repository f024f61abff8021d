/** Time, host time and device calls of one training step. */
import * as tf from '@tensorflow/tfjs-core'
import { useEngine } from '../kernels/overrides/overrides'
import { Random } from '../lib/random'
import { makeConfig, type Config } from '../method/config'
import { createModels, networkOf } from '../method/model'
import type { StepMetrics } from '../method/history'
import { StepRunner } from '../method/step-runner'
import { emptyOut, type TrainingData } from '../method/synthesis'
import type { BackendInfo } from '../session/events'
import { countGpu, watchGpuMemory, type GpuCounts } from './gpu-counters'
import { timeKernels } from './kernel-times'
import { emptyPool, finish, submitPending } from './queue'
import { median, stepSizes, type Engine, type StepName, type StepResult } from './report'

/** Both networks in training; `t` is the step, from 0. */
export interface Stepper {
  /** Submits one step to the backend without waiting. */
  submit: (t: number) => void
  /** Waits for the metrics of the steps submitted so far. */
  read: () => Promise<StepMetrics[]>
  dispose: () => void
}

/** The only place that knows how a step is made. */
export function makeStepper(config: Config, data: TrainingData, engine: Engine): Stepper {
  useEngine(engine)
  const net = networkOf(config, data.classes)
  const runner = new StepRunner(net, data, config, createModels(net, config))
  return { submit: (t) => runner.step(t), read: () => runner.read(), dispose: () => runner.dispose() }
}

/** Settings with everything switched on from the first step. */
export const configOf = (
  { size, baseWidth, batch }: { size: number; baseWidth: number; batch: number },
  precision: Config['precision'] = 'f32',
): Config => makeConfig({ size, baseWidth, batchLabeled: batch, batchUnlabeled: batch, warmup: 0, ramp: 0, steps: 100_000, precision })

/** Random images with four classes: their content does not affect the time. */
export function noiseData({ size }: Config): TrainingData {
  const random = new Random(1, 'bench')
  const image = () => Float32Array.from({ length: size ** 2 }, () => random.uniform())
  return {
    size,
    classes: 4,
    exemplars: [{ image: image(), labels: Uint8Array.from({ length: size ** 2 }, () => random.integer(4)) }],
    bank: [],
    emptied: [image()],
    unlabeled: Array.from({ length: 16 }, image),
  }
}

/** Discs in rings on noise, which can be learnt: with only noise the pseudo-labels stay at their threshold. */
export function shapesData({ size }: Config): TrainingData {
  const random = new Random(2, 'bench')
  const draw = (dx: number, dy: number) => {
    const labels = new Uint8Array(size * size)
    const image = Float32Array.from({ length: size * size }, (_, i) => {
      const r = Math.hypot((i % size) / size - 0.5 - dx, Math.floor(i / size) / size - 0.5 - dy)
      labels[i] = r < 0.1 ? 3 : r < 0.2 ? 2 : r < 0.3 ? 1 : 0
      return 0.1 + 0.25 * labels[i] + random.uniform(0, 0.15)
    })
    return { image, labels }
  }
  const exemplar = draw(0, 0)
  const shift = () => random.uniform(-0.15, 0.15)
  const unlabeled = Array.from({ length: 16 }, () => draw(shift(), shift()).image)
  return { size, classes: 4, exemplars: [exemplar], bank: [], emptied: [emptyOut(exemplar.image, exemplar.labels, size)], unlabeled }
}

/** How long a measurement may take; it always does one step of each kind. */
export interface Patience {
  /** Timed steps, at most. */
  steps: number
  /** No step is begun after this many seconds. */
  seconds: number
}

const now = () => performance.now() / 1000

/** Calls `sample` until it has `most` results or the time is up, at least once. */
async function collect(most: number, until: number, sample: (i: number) => Promise<number>): Promise<number[]> {
  const results: number[] = []
  do results.push(await sample(results.length))
  while (results.length < most && now() < until)
  return results
}

/**
 * Steps timed together on a real GPU, where a run also queues several before it reads. Elsewhere the host does the work, and every
 * step is timed alone.
 */
const block = 4

/** Seconds of each timed block of steps, per step, after warming up. Also returns the number of the next step. */
async function timeSteps(stepper: Stepper, info: BackendInfo, { steps, seconds }: Patience) {
  const together = info.backend === 'webgpu' && !info.software ? Math.min(block, steps) : 1
  let t = 0
  // The first compiles, the second fills the pools.
  await collect(3, now() + seconds / 4, async () => (stepper.submit(t++), await stepper.read(), 0))
  await finish()
  const tensors = tf.memory().numTensors
  const times = await collect(Math.ceil(steps / together), now() + seconds, async () => {
    const begun = now()
    for (let i = 0; i < together; i++) stepper.submit(t++)
    await stepper.read()
    return (now() - begun) / together
  })
  return { times, steps: times.length * together, t, tensorsAdded: tf.memory().numTensors - tensors }
}

/** Host times vary more than steps do, most of all if the host also emulates the GPU. */
const hostSamples = 15

/** Everything about one step with one engine. */
export async function measureStep(
  name: StepName,
  engine: Engine,
  info: BackendInfo,
  patience: Patience,
  precision: Config['precision'],
): Promise<StepResult> {
  const config = configOf(stepSizes[name], precision)
  const onGpu = info.backend === 'webgpu'
  await emptyPool()
  const memory = onGpu ? watchGpuMemory() : null
  const stepper = makeStepper(config, noiseData(config), engine)
  const timed = await timeSteps(stepper, info, patience)
  const gpuBytes = memory?.bytes() ?? null
  memory?.stop()

  let { t } = timed
  let hostMs: number | null = null
  let counts: GpuCounts | null = null
  let kernelTimes: StepResult['kernelTimes'] = null
  if (onGpu) {
    const submit = () => {
      stepper.submit(t++)
      submitPending()
    }
    const hostTimes = await collect(hostSamples, now() + 60, async () => {
      await finish()
      const begun = now()
      submit()
      const host = now() - begun
      await stepper.read()
      return host
    })
    hostMs = 1000 * median(hostTimes)
    counts = await countGpu(submit)
    kernelTimes = await timeKernels(submit)
  }
  await finish()
  stepper.dispose()
  return {
    name,
    engine,
    secondsPerStep: median(timed.times),
    fastestSeconds: Math.min(...timed.times),
    steps: timed.steps,
    hostMs,
    dispatches: counts?.dispatches ?? null,
    newBuffers: counts?.newBuffers ?? null,
    bindGroups: counts?.bindGroups ?? null,
    copies: counts?.copies ?? null,
    uploads: counts?.uploads ?? null,
    submits: counts?.submits ?? null,
    gpuBytes,
    tensorsAdded: timed.tensorsAdded,
    kernelTimes,
  }
}

/** Median seconds of a step of any size. */
export async function secondsPerStep(
  sizes: { size: number; baseWidth: number; batch: number },
  engine: Engine,
  info: BackendInfo,
  patience: Patience,
): Promise<number> {
  const config = configOf(sizes)
  await emptyPool()
  const stepper = makeStepper(config, noiseData(config), engine)
  const { times } = await timeSteps(stepper, info, patience)
  stepper.dispose()
  return median(times)
}

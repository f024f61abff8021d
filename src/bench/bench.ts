/** All measurements, in order; the same in Node and in the page's worker. */
import * as tf from '@tensorflow/tfjs-core'
import { useEngine } from '../kernels/overrides/overrides'
import { threadsInUse } from '../kernels/wasm/simd'
import { version } from '../lib/version'
import type { BackendInfo } from '../session/events'
import { measureAgreement } from './agreement'
import { measureGrowth } from './growth'
import { measureKernels, measureMatmul } from './kernel-bench'
import { sumKernels, type BenchOptions, type BenchReport, type Engine, type Part, type StepName } from './report'
import { presets, type Preset } from '../method/config'
import { measureMemory } from './memory'
import { measureStep, type Patience } from './step-bench'

/** What suits a backend: a weak one is a software GPU, or plain JavaScript. */
export function planOf(info: BackendInfo, { steps, step }: Pick<BenchOptions, 'steps' | 'step'>) {
  const weak = info.software || info.backend === 'cpu'
  const patience = (most: number, seconds: number): Patience => ({ steps: steps ?? most, seconds })
  const real = info.backend === 'webgpu' && !info.software
  const stepPatience = weak ? patience(3, 20) : real ? patience(100, 30) : patience(15, 30)
  const stepsOf = (engine: Engine): StepName[] => {
    if (step) return [step]
    if (!weak) return ['R64', 'R128']
    // A stock step of R64 takes minutes there, and one of ours on the cpu backend too; tiny ones launch as many kernels.
    return engine === 'stock' || info.backend === 'cpu' ? ['T16'] : ['T16', 'T32', 'R64']
  }
  return {
    weak,
    stepsOf,
    stepPatience,
    growthPatience: weak ? patience(3, 5) : patience(10, 8),
    kernels: (weak ? ['R64'] : ['R64', 'R128']) as StepName[],
  }
}

const notesOf = (info: BackendInfo, { engines, precision }: BenchOptions): string[] => [
  ...(precision === 'f16'
    ? ['In steps our engine stores activations in f16, if the backend is webgpu; agreement is then with ours in f32.']
    : []),
  ...(info.software ? ['The adapter is software: the CPU emulates the GPU, and shares its cores with this program.'] : []),
  ...(engines.includes('stock')
    ? ['Stock is TensorFlow.js with its own kernels and default settings; each of our operations is composed of its own.']
    : []),
  ...(engines.includes('stock') && info.backend === 'wasm'
    ? ['The filter gradient is ours with both engines: TensorFlow.js has none on wasm and cannot train there.']
    : []),
]

/** A report with nothing measured yet. */
export const emptyReport = (info: BackendInfo, options: BenchOptions, place: Record<string, string>): BenchReport => ({
  ...info,
  threads: info.backend === 'wasm' ? threadsInUse() : 1,
  versions: { 'exemplar-lab': version, tfjs: tf.version_core, ...place },
  steps: [],
  kernels: [],
  kernelSums: [],
  matmulGflops: null,
  matmul: [],
  growth: [],
  agreement: [],
  memory: [],
  peers: [],
  notes: notesOf(info, options),
})

/**
 * Measures the open backend. Leaves it on our kernels.
 * @param place versions of the runtime: Node or browser
 * @param tell called with one line before each measurement
 */
export async function runBench(
  info: BackendInfo,
  options: BenchOptions,
  place: Record<string, string>,
  tell: (message: string) => void,
): Promise<BenchReport> {
  const plan = planOf(info, options)
  const wanted = (part: Part) => options.only === null || options.only === part
  const report = emptyReport(info, options, place)
  try {
    if (wanted('steps'))
      for (const engine of options.engines)
        for (const name of plan.stepsOf(engine)) {
          tell(`Step ${name}, ${engine}`)
          report.steps.push(await measureStep(name, engine, info, plan.stepPatience, options.precision))
        }
    if (wanted('kernels')) {
      for (const network of plan.kernels) report.kernels.push(...(await measureKernels(network, options.engines, info, tell)))
      report.kernelSums = sumKernels(report.kernels)
      useEngine('ours')
      report.matmul = await measureMatmul(info, tell)
      report.matmulGflops = Math.max(...report.matmul.map(({ gflops }) => gflops))
    }
    // Only on request: it says nothing about speed, and takes as long as 50 steps with both engines.
    if (options.only === 'agreement')
      report.agreement.push(
        await measureAgreement(options.step ?? (plan.weak ? 'T16' : 'R64'), options.steps ?? 50, options.precision, tell),
      )
    // Likewise: the large presets need gigabytes.
    if (options.only === 'memory' && info.backend === 'webgpu')
      for (const preset of Object.keys(presets) as Preset[]) {
        tell(`Memory of preset ${preset}`)
        report.memory.push(await measureMemory(preset))
      }
    if (wanted('growth'))
      for (const engine of options.engines) report.growth.push(...(await measureGrowth(engine, info, plan.weak, plan.growthPatience, tell)))
  } finally {
    useEngine('ours')
  }
  return report
}

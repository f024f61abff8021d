/** What a run has on the GPU. */
import { makeConfig, presets, type Preset } from '../method/config'
import { memoryOf } from '../method/memory'
import { partsOf } from '../method/parts'
import { createModels, networkOf } from '../method/model'
import { StepRunner } from '../method/step-runner'
import { watchGpuMemory } from './gpu-counters'
import { emptyPool } from './queue'
import type { MemoryResult } from './report'
import { noiseData } from './step-bench'

/** Makes all that a run with this preset needs on WebGPU, and runs nothing: a step of the largest takes minutes on a software adapter. */
export async function measureMemory(preset: Preset): Promise<MemoryResult> {
  const config = makeConfig({ ...presets[preset], warmup: 0, ramp: 0 })
  const data = noiseData(config)
  const net = networkOf(config, data.classes)
  await emptyPool()
  const memory = watchGpuMemory()
  const runner = new StepRunner(net, data, config, createModels(net, config))
  try {
    await runner.prepare(0)
    const images = 2 * data.exemplars.length + data.unlabeled.length
    const estimate = memoryOf(config, { classes: data.classes, images, on: 'webgpu' }).bytes
    return { preset, parts: partsOf(config).length, gpuBytes: memory.bytes(), estimate }
  } finally {
    runner.dispose()
    memory.stop()
  }
}

import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { useSoftwareWebgpu } from '../kernels/testing/dawn.test-support'
import type { Config } from './config'
import { StepRunner } from './step-runner'
import { networkOf, readModels, writeModels } from './model'
import { classes, run, runnerOf } from './step-runner.test-support'
import { correctedData, tinyConfig, tinyData } from './tiny-run.test-support'

useSoftwareWebgpu()

interface GpuMemory extends tf.MemoryInfo {
  numBytesInGPU: number
  numBytesAllocatedInGPU: number
}
const memory = () => {
  const { numTensors, numDataBuffers, numBytesInGPU } = tf.memory() as GpuMemory
  return { numTensors, numDataBuffers, numBytesInGPU }
}

describe('on WebGPU', () => {
  // Warm-up ends in the middle, so that the launches are recorded twice.
  const config = tinyConfig({ dropout: 0.3, featureDrop: 0.5, warmup: 0.15, steps: 20 })

  test('a replayed step equals a newly run one, bit for bit', { timeout: 120_000 }, async () => {
    const eager = await run(config, 6, { replay: false })
    expect(eager.rows[5]!.imageA).toBeGreaterThan(0)
    expect(await run(config, 6)).toEqual(eager)
    expect(await run(config, 6, { atOnce: 4 })).toEqual(eager)
  })

  test.each([
    ['SGD', { optimizer: 'sgd' }],
    ['each level alone', { featurePerturb: 'each' }],
    ['a batch in parts', { parts: 2 }],
    ['own draws', { draws: 'own' }],
    ['exemplar only', { synthetic: false, imageTerm: false, featureTerm: false }],
    ['activations in halves', { precision: 'f16' }],
    ['BatchNorm, which is not recorded', { norm: 'batch' }],
  ] as [string, Partial<Config>][])('the same with %s', { timeout: 120_000 }, async (_, settings) => {
    const other = { ...config, warmup: 0, ...settings }
    const count = settings.norm === 'batch' ? 1 : 3
    expect(await run(other, count)).toEqual(await run(other, count, { replay: false }))
  })

  test('the same with two exemplars and unknown pixels', { timeout: 120_000 }, async () => {
    const other = { ...config, warmup: 0, batchLabeled: 4, background: 'mixed' as const }
    const data = correctedData(other)
    const replayed = await run(other, 4, { data })
    expect(replayed).toEqual(await run(other, 4, { data, replay: false }))
    expect(replayed.rows.flatMap((row) => Object.values(row)).every(Number.isFinite)).toBe(true)
  })

  test('with activations in halves the losses are nearly the same', { timeout: 120_000 }, async () => {
    // Every pixel teaches, and steps are small, for rounding decides at a threshold and where Adam makes a full step from a gradient near 0.
    const other = { ...config, warmup: 0, tau: 0, learningRate: 1e-4 }
    const [full, half] = [(await run(other, 10)).rows, (await run({ ...other, precision: 'f16' }, 10)).rows]
    const losses = ['exemplarA', 'exemplarB', 'syntheticA', 'syntheticB', 'imageA', 'imageB', 'featureA', 'featureB'] as const
    full.forEach((row, t) => {
      for (const name of losses)
        expect(Math.abs(half[t]![name] / row[name] - 1), `${name} of step ${t}`).toBeLessThan(t === 0 ? 1e-3 : 1e-2)
    })
    expect(half[0]!.totalA).not.toBe(full[0]!.totalA)
  })

  test('BatchNorm, composed of operations of tfjs, stays in f32 whatever is asked for', { timeout: 60_000 }, async () => {
    const batch = { ...config, norm: 'batch' as const }
    expect(await run({ ...batch, precision: 'f16' }, 1)).toEqual(await run(batch, 1))
  })

  test('a runner made from the weights that were read repeats the steps after them', { timeout: 60_000 }, async () => {
    const runner = runnerOf(config)
    const weights = () => readModels(networkOf(config, classes), runner.current)
    runner.step(0)
    await runner.read()
    const early = await weights()
    runner.step(1)
    runner.step(2)
    const rows = await runner.read()
    const late = await weights()
    expect(late).not.toEqual(early)
    runner.dispose()
    const net = networkOf(config, classes)
    const again = new StepRunner(net, tinyData(config), config, writeModels(net, early))
    again.step(1)
    again.step(2)
    expect(await again.read()).toEqual(rows)
    expect(await readModels(net, again.current)).toEqual(late)
    again.dispose()
  })

  test('memory does not grow with steps, and all of it is released, whatever the settings', { timeout: 120_000 }, async () => {
    const before = memory()
    for (const settings of [{}, { size: 32 }, { baseWidth: 8, precision: 'f16' as const }, { optimizer: 'sgd' as const }, {}]) {
      const runner = runnerOf({ ...config, ...settings })
      runner.step(0)
      await runner.read()
      const early = memory()
      for (let t = 1; t < 3; t++) {
        runner.step(t)
        await runner.read()
        expect(memory()).toEqual(early)
      }
      runner.dispose()
      expect(memory()).toEqual(before)
    }
  })
})

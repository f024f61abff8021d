import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { useHostBackend } from '../kernels/testing/host-backends.test-support'
import { WasmReplay } from '../kernels/wasm/replay'
import { threadsInUse } from '../kernels/wasm/simd'
import { openThreads } from '../kernels/wasm/threads.test-support'
import type { Config } from './config'
import type { StepMetrics } from './history'
import { run, runnerOf } from './step-runner.test-support'
import type { TrainingData } from './synthesis'
import { correctedData, tinyConfig } from './tiny-run.test-support'

// Warm-up ends after three steps, so that there are two recordings.
const config = tinyConfig({ dropout: 0.3, featureDrop: 0.5, warmup: 0.15, steps: 20 })

async function expectRepeated(settings: Partial<Config>, count: number, data?: TrainingData): Promise<void> {
  const other = { ...config, ...settings }
  const repeated = vi.spyOn(WasmReplay.prototype, 'run')
  const replayed = await run(other, count, { atOnce: 3, ...(data && { data }) })
  expect(repeated).toHaveBeenCalledTimes(settings.norm === 'batch' ? 0 : count)
  repeated.mockRestore()
  expect(replayed).toEqual(await run(other, count, { replay: false, ...(data && { data }) }))
  expect(replayed.weights[0].parameters).not.toEqual(replayed.weights[1].parameters)
}

describe('on one thread repeated steps equal newly run ones, bit for bit', () => {
  beforeAll(() => useHostBackend('wasm'))

  test('20 steps by default', () => expectRepeated({}, 20))

  test.each([
    ['SGD', { optimizer: 'sgd' }],
    ['each level alone', { featurePerturb: 'each' }],
    ['random levels', { featurePerturb: 'random' }],
    ['a batch in parts', { parts: 2, batchLabeled: 3, batchUnlabeled: 3 }],
    ['fewer unlabelled images than parts', { parts: 3, batchLabeled: 3, batchUnlabeled: 1 }],
    ['the same with each level alone', { parts: 3, batchLabeled: 3, batchUnlabeled: 1, featurePerturb: 'each' }],
    ['fewer labelled images than parts', { parts: 3, batchLabeled: 1, batchUnlabeled: 3 }],
    ['own draws', { draws: 'own' }],
    ['networks that teach themselves', { teacher: 'self' }],
    ['exemplar only', { synthetic: false, imageTerm: false, featureTerm: false }],
    ['no image term', { imageTerm: false }],
    ['one image of each kind', { batchLabeled: 1, batchUnlabeled: 1 }],
    ['BatchNorm, which is not recorded', { norm: 'batch' }],
  ] as [string, Partial<Config>][])('%s', (_, settings) => expectRepeated(settings, 6))

  test('two exemplars and unknown pixels', () => {
    const settings = { batchLabeled: 4, background: 'mixed' as const }
    return expectRepeated(settings, 6, correctedData({ ...config, ...settings }))
  })

  test.each([
    [3, 1],
    [2, 3],
  ])('%i labelled and %i unlabelled images in three parts learn as in one', async (batchLabeled, batchUnlabeled) => {
    const other = { ...config, warmup: 0, featurePerturb: 'each' as const, batchLabeled, batchUnlabeled }
    const [[inParts], [whole]] = [(await run({ ...other, parts: 3 }, 1)).rows, (await run(other, 1)).rows]
    for (const name of Object.keys(whole!) as Exclude<keyof StepMetrics, 'only'>[])
      expect(inParts![name], name).toBeCloseTo(whole![name], 5)
  })

  test('memory does not grow with steps, and all of it is released', async () => {
    const before = tf.memory().numTensors
    for (const settings of [{ warmup: 0 }, { warmup: 0, size: 32 }, { warmup: 0, optimizer: 'sgd' as const }, {}]) {
      const runner = runnerOf({ ...config, ...settings })
      runner.step(0)
      await runner.read()
      const early = tf.memory()
      for (let t = 1; t < 6; t++) runner.step(t)
      await runner.read()
      // With warm-up numbers are added when teaching begins.
      if (settings.warmup === 0) expect(tf.memory()).toEqual(early)
      runner.dispose()
      expect(tf.memory().numTensors).toBe(before)
    }
  })
})

describe('on three threads', () => {
  beforeAll(async () => {
    await openThreads()
    expect(threadsInUse()).toBe(3)
  })

  test('20 repeated steps equal newly run ones, bit for bit', () => expectRepeated({}, 20))
  test('also in parts, with SGD, which runs on one', () => expectRepeated({ parts: 2, optimizer: 'sgd' }, 5))
})

import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { describe, expect, test } from 'vitest'
import { useSoftwareWebgpu } from '../kernels/testing/dawn.test-support'
import { useHostBackend } from '../kernels/testing/host-backends.test-support'
import { makeConfig, type Config } from './config'
import { memoryOf } from './memory'
import { createModels, networkOf } from './model'
import { StepRunner } from './step-runner'
import { tinyData } from './tiny-run.test-support'

useSoftwareWebgpu()

const classes = 3
const images = 4
const near = (estimate: number, measured: number) => {
  expect(estimate / measured).toBeGreaterThan(0.87)
  expect(estimate / measured).toBeLessThan(1.13)
}

/** Every term from the first step. */
const configOf = (settings: Partial<Config>) => makeConfig({ warmup: 0, ramp: 0, ...settings })
const runnerOf = (config: Config, replay = true) => {
  const net = networkOf(config, classes)
  return new StepRunner(net, tinyData(config, images), config, createModels(net, config), { replay })
}

describe('on WebGPU the estimate is what a run allocates', () => {
  const allocated = () => (tf.memory() as tf.MemoryInfo & { numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU

  test.each<[string, Partial<Config>]>([['the defaults', {}]])('%s', { timeout: 300_000 }, async (_, settings) => {
    const config = configOf(settings)
    const before = allocated()
    const runner = runnerOf(config)
    // Allocates, and runs nothing.
    await runner.prepare(0)
    near(memoryOf(config, { classes, images: images + 2, on: 'webgpu' }).bytes, allocated() - before)
    runner.dispose()
  })
})

describe('on wasm the estimate is what a step has at its peak', () => {
  // Steps that are not recorded take the same on wasm as on the cpu, where nobody counts.
  test.each<[string, Partial<Config>, 'wasm' | 'cpu']>([
    ['the defaults', {}, 'wasm'],
    ['2 parts', { parts: 2 }, 'wasm'],
    ['own draws', { draws: 'own' }, 'wasm'],
    ['each level alone, SGD', { featurePerturb: 'each', size: 48, optimizer: 'sgd' }, 'wasm'],
    ['a wide network', { size: 32, baseWidth: 32 }, 'wasm'],
    ['the defaults, not recorded', {}, 'cpu'],
    ['2 parts, not recorded', { parts: 2 }, 'cpu'],
    ['each level alone, SGD, not recorded', { featurePerturb: 'each', size: 48, optimizer: 'sgd' }, 'cpu'],
    ['BatchNorm', { norm: 'batch', size: 32 }, 'wasm'],
  ])('%s', { timeout: 120_000 }, async (_, settings, on) => {
    await useHostBackend('wasm')
    const config = configOf(settings)
    const module = (tf.backend() as BackendWasm).wasm as unknown as { _malloc: (bytes: number) => number; _free: (at: number) => void }
    const { _malloc, _free } = module
    const sizes = new Map<number, number>()
    let [bytes, most] = [0, 0]
    module._malloc = (size) => {
      const at = _malloc(size)
      sizes.set(at, size)
      most = Math.max(most, (bytes += size))
      return at
    }
    module._free = (at) => {
      bytes -= sizes.get(at) ?? 0
      sizes.delete(at)
      _free(at)
    }
    const runner = runnerOf(config, on === 'wasm')
    for (const t of [0, 1]) {
      runner.step(t)
      await runner.read()
    }
    const estimate = memoryOf(config, { classes, images: images + 2, on }).bytes
    runner.dispose()
    Object.assign(module, { _malloc, _free })
    await tf.setBackend('webgpu')
    near(estimate, most)
  })
})

import type { Config } from './config'
import type { StepMetrics } from './history'
import { createModels, networkOf, readModels, type StoredModel } from './model'
import { StepRunner } from './step-runner'
import { tinyData } from './tiny-run.test-support'

export const classes = 3

export function runnerOf(config: Config, replay = true, data = tinyData(config)): StepRunner {
  const net = networkOf(config, classes)
  return new StepRunner(net, data, config, createModels(net, config), { replay })
}

/** Metrics of `count` steps, `atOnce` of them queued before they are read, and the state after them. */
export async function run(
  config: Config,
  count: number,
  { replay = true, atOnce = 1, data = tinyData(config) } = {},
): Promise<{ rows: StepMetrics[]; weights: [StoredModel, StoredModel] }> {
  const runner = runnerOf(config, replay, data)
  const rows = []
  for (let t = 0; t < count; t += atOnce) {
    for (let i = t; i < Math.min(count, t + atOnce); i++) runner.step(i)
    rows.push(...(await runner.read()))
  }
  const weights = await readModels(networkOf(config, classes), runner.current)
  runner.dispose()
  return { rows, weights }
}

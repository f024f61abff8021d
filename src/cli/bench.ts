/**
 * npm run bench -- [--backend B] [--steps N] [--json FILE]
 * Seconds per training step of the reference steps R64 (64 px, widths 8-128) and R128 (128 px, widths 16-256): GroupNorm, Adam, batch 4 + 4,
 * both unlabelled terms at full weight, both models, views drawn anew in each step, scalars read back.
 */
import { writeFileSync } from 'node:fs'
import { Random } from '../lib/random'
import { makeConfig } from '../method/config'
import { createModels, disposeModels, networkOf } from '../method/model'
import { readMetrics, step } from '../method/step'
import { drawViews } from '../method/views'
import { openBackend } from '../session/backend'
import type { BackendName } from '../session/reports'
import { readArguments, runCommand, UsageError } from './arguments'
import { nodePlatform } from './platform'

const references = { R64: { size: 64, baseWidth: 8 }, R128: { size: 128, baseWidth: 16 } }
const warmed = 3

/** Median seconds of one step on random images with four classes. */
async function secondsPerStep(name: keyof typeof references, steps: number): Promise<number> {
  const config = makeConfig({ ...references[name], warmup: 0, ramp: 0, steps: 2 * (steps + warmed) })
  const random = new Random(1, 'bench')
  const pixels = config.size ** 2
  const image = () => Float32Array.from({ length: pixels }, () => random.uniform())
  const data = {
    size: config.size,
    classes: 4,
    exemplar: { image: image(), labels: Uint8Array.from({ length: pixels }, () => random.integer(4)) },
    emptied: image(),
    unlabeled: Array.from({ length: 16 }, image),
  }
  const net = networkOf(config, data.classes)
  let models = createModels(net, config)
  const seconds: number[] = []
  for (let t = 0; t < steps + warmed; t++) {
    const begun = performance.now()
    const next = step(net, models, drawViews(data, config, t), config, t)
    await readMetrics(next.scalars, config, t)
    disposeModels(models)
    models = next.models
    if (t >= warmed) seconds.push((performance.now() - begun) / 1000)
  }
  disposeModels(models)
  return seconds.sort((a, b) => a - b)[Math.floor(seconds.length / 2)]!
}

async function main(): Promise<void> {
  const values = readArguments(process.argv.slice(2), { backend: { type: 'string' }, steps: { type: 'string' }, json: { type: 'string' } })
  const backend = (values.backend ?? 'wasm') as BackendName
  if (!['webgpu', 'wasm', 'cpu'].includes(backend)) throw new UsageError(`--backend is "${backend}", but must be one of webgpu, wasm, cpu.`)
  const count = Number(values.steps ?? 10)
  if (!(Number.isInteger(count) && count >= 1))
    throw new UsageError(`--steps is "${values.steps}", but must be a whole number, at least 1.`)
  const info = await openBackend(backend, nodePlatform, (message) => console.error(message))
  console.log(`Backend ${info.backend} · ${info.adapter}`)
  const steps = []
  for (const name of Object.keys(references) as (keyof typeof references)[]) {
    const seconds = await secondsPerStep(name, count)
    console.log(`${name.padEnd(5)} ${seconds.toFixed(3)} s per step`)
    steps.push({ name, engine: 'ours', secondsPerStep: seconds })
  }
  if (values.json) writeFileSync(values.json, JSON.stringify({ ...info, node: process.version, steps }, null, 2) + '\n')
}

await runCommand(main)
process.exit()

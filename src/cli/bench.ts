/**
 * npm run bench -- [--backend wasm|webgpu|cpu] [--software] [--engine ours|stock|both] [--threads N] [--steps N]
 *                  [--step NAME] [--only steps|kernels|growth|agreement] [--json FILE]
 * Seconds, host time and device calls of the reference training steps, convolutions beside those of TensorFlow.js, growth over size and
 * batch; docs/performance.md says how to read them. `--software` takes the software adapter where there is a real one too; `--json -`
 * writes JSON to stdout instead of tables.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { runBench } from '../bench/bench'
import { OptionError, readOptions, type OptionText } from '../bench/options'
import { layout, placeOf, tablesOf, type BenchOptions } from '../bench/report'
import { openBackend, type Platform } from '../session/backend'
import type { BackendName } from '../session/events'
import { readArguments, runCommand, UsageError } from './arguments'
import { nodePlatform, threadsOf } from './platform'

const softwarePlatform: Platform = {
  ...nodePlatform,
  webgpu: async () => (await import('../kernels/webgpu/node-adapter')).openDawn({ software: true }),
}

function optionsOf(values: OptionText): BenchOptions {
  try {
    return readOptions(values)
  } catch (error) {
    throw error instanceof OptionError ? new UsageError(`--${error.message}`) : error
  }
}

const dawnVersion = (): string =>
  (JSON.parse(readFileSync(new URL('../../node_modules/webgpu/package.json', import.meta.url), 'utf8')) as { version: string }).version

async function main(): Promise<void> {
  const text = { type: 'string' } as const
  const {
    backend: name = 'wasm',
    software = false,
    threads,
    json,
    ...rest
  } = readArguments(process.argv.slice(2), {
    backend: text,
    software: { type: 'boolean' },
    engine: text,
    threads: text,
    steps: text,
    step: text,
    only: text,
    json: text,
  })
  const options = optionsOf(rest)
  if (!['webgpu', 'wasm', 'cpu'].includes(name)) throw new UsageError(`--backend is "${name}", but must be one of webgpu, wasm, cpu.`)
  if (software && name !== 'webgpu') throw new UsageError('--software belongs to --backend webgpu.')
  const platform = software ? softwarePlatform : nodePlatform
  const info = await openBackend(name as BackendName, platform, (message) => console.error(message), threadsOf(threads))
  const place = {
    node: process.versions.node,
    ...(info.backend === 'webgpu' ? { 'webgpu (Dawn)': dawnVersion() } : {}),
    cpu: `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}`,
  }
  const report = await runBench(info, options, place, (message) => console.error(message))
  const lines = JSON.stringify(report, null, 2) + '\n'
  if (json === '-') process.stdout.write(lines)
  else {
    console.log([placeOf(report), ...report.notes].join('\n') + '\n')
    for (const table of tablesOf(report)) console.log(layout(table))
    if (json) writeFileSync(json, lines)
  }
}

await runCommand(main)
process.exit()

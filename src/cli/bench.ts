/** npm run bench: how fast training is here, as tables or JSON. */
import { writeFileSync } from 'node:fs'
import { runBench } from '../bench/bench'
import { OptionError, readOptions, type OptionText } from '../bench/options'
import { placeOf as lineOfPlace, tablesOf, textOfTable, type BenchOptions } from '../bench/report'
import { openBackend, type Platform } from '../session/backend'
import { runCommand, UsageError } from './arguments'
import type { Values } from './command'
import { bench } from './commands'
import { nodePlatform, placeOf, threadsOf } from './platform'

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

async function main({ backend, software = false, threads, json, ...rest }: Values<typeof bench>): Promise<void> {
  const options = optionsOf(rest)
  if (software && backend !== 'webgpu') throw new UsageError('--software belongs to --backend webgpu.')
  const platform = software ? softwarePlatform : nodePlatform
  const info = await openBackend(backend, platform, (message) => console.error(message), threadsOf(threads))
  const report = await runBench(info, options, placeOf(info.backend), (message) => console.error(message))
  const lines = JSON.stringify(report, null, 2) + '\n'
  if (json === '-') process.stdout.write(lines)
  else {
    console.log([lineOfPlace(report), ...report.notes].join('\n') + '\n')
    for (const table of tablesOf(report)) console.log(textOfTable(table))
    if (json) writeFileSync(json, lines)
  }
}

await runCommand(bench, main)
process.exit()

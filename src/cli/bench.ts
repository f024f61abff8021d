/** npm run bench: how fast training is here, as tables or JSON. */
import { emptyReport, planOf, runBench } from '../bench/bench'
import { OptionError, readOptions, type OptionText } from '../bench/options'
import { placeOf as lineOfPlace, tablesOf, textOfTable, type BenchOptions, type BenchReport } from '../bench/report'
import { openBackend, type Platform } from '../session/backend'
import { countOf, runCommand, UsageError } from './arguments'
import { asUsage } from './as-usage'
import type { Values } from './command'
import { bench } from './commands'
import { isPackaged } from './packaged'
import { nodePlatform, placeOf } from './platform'
import { writeFile } from './write-file'

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

async function benchPeers(...[info, options, place, tell]: Parameters<typeof runBench>): Promise<BenchReport> {
  const { measurePeers } = await import('./peers/peers')
  const report = emptyReport(info, { ...options, engines: [] }, place)
  // The weak backends take minutes for R64 in some of the libraries.
  const step = options.step ?? (planOf(info, options).weak ? 'T16' : 'R64')
  report.peers = await measurePeers(step, info, report.threads, options.steps, tell)
  return report
}

async function main({ backend, software = false, threads, json, peers = false, ...rest }: Values<typeof bench>): Promise<void> {
  const options = optionsOf(rest)
  if (peers && (rest.only || rest.engine)) throw new UsageError('--peers is a part of its own: leave out --only and --engine.')
  if (peers && isPackaged) throw new UsageError('--peers needs libraries that only a clone of the repository has: run it there.')
  if (software && backend !== 'webgpu') throw new UsageError('--software belongs to --backend webgpu.')
  const platform = software ? softwarePlatform : nodePlatform
  const info = await openBackend(backend, platform, (message) => console.error(message), countOf(threads, '--threads'))
  const tell = (message: string) => console.error(message)
  const report = await (peers ? benchPeers : runBench)(info, options, placeOf(info.backend), tell)
  const lines = JSON.stringify(report, null, 2) + '\n'
  if (json === '-') process.stdout.write(lines)
  else {
    console.log([lineOfPlace(report), ...report.notes].join('\n') + '\n')
    for (const table of tablesOf(report)) console.log(textOfTable(table))
    if (json) writeFile(json, lines, '--json')
  }
}

await runCommand(bench, (values) => main(values).catch(asUsage))
process.exit()

/** npm run record: a recorded run of each sample, which the page replays for those who have no GPU or no patience. */
import { join } from 'node:path'
import { recordedName } from '../lib/recorded-name'
import { presets } from '../method/config'
import { openBackend } from '../session/backend'
import { recordRun } from '../session/recorded-run'
import { countOf, runCommand } from './arguments'
import { asUsage } from './as-usage'
import type { Values } from './command'
import { record, samples } from './commands'
import { nodePlatform } from './platform'
import { writeFile } from './write-file'

/** Bytes for the pictures of a run; its curves take about 80 kB more. */
const budget = 270_000

async function main({ out, steps, threads, backend: asked }: Values<typeof record>): Promise<void> {
  const lost = (fault: Error) => {
    console.error(`The backend is lost: ${fault.message}`)
    process.exit(1)
  }
  const backend = await openBackend(asked ?? null, nodePlatform, lost, countOf(threads, '--threads'))
  const values = { ...presets.Quick, steps: countOf(steps, '--steps') }
  for (const sample of samples) {
    let said = performance.now()
    const tell = (step: number) => {
      if (performance.now() - said < 5000) return
      said = performance.now()
      console.log(`${sample}: step ${step} of ${values.steps}`)
    }
    const bytes = await recordRun(sample, values, { backend, budget, tell })
    const path = join(out, recordedName(sample))
    writeFile(path, bytes, '--out')
    console.log(`${path}: ${(bytes.length / 1000).toFixed(0)} kB`)
  }
}

await runCommand(record, (values) => main(values).catch(asUsage))
// Dawn keeps Node alive.
process.exit()

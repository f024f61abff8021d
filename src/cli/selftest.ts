/** npm run selftest: whether this adapter computes rightly, as a table and a sentence. */
import { runSelfTest } from '../selftest/self-test'
import { textOf } from '../selftest/report'
import { openBackend } from '../session/backend'
import { countOf, runCommand } from './arguments'
import { asUsage } from './as-usage'
import type { Values } from './command'
import { selftest } from './commands'
import { nodePlatform, placeOf } from './platform'
import { writeFile } from './write-file'

async function main({ backend, threads, json }: Values<typeof selftest>): Promise<void> {
  const say = (message: string) => console.error(message)
  const sayFault = ({ message }: Error) => say(`${message}.`)
  const info = await openBackend(backend ?? null, nodePlatform, sayFault, countOf(threads, '--threads'))
  const report = await runSelfTest(info, {
    place: placeOf(info.backend),
    openWasm: () => openBackend('wasm', nodePlatform, sayFault),
    tell: say,
  })
  process.stdout.write(textOf(report))
  if (json) writeFile(json, JSON.stringify(report, null, 2) + '\n', '--json')
  if (!report.ok) process.exitCode = 1
}

await runCommand(selftest, (values) => main(values).catch(asUsage))
process.exit()

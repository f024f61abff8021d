/** npm run fuzz: damaged files, runs and requests, for as long as one likes. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand, UsageError } from './arguments'
import type { Values } from './command'
import { fuzz } from './commands'
import { attack } from './fuzz/runner'
import { targetNames } from './fuzz/targets'

async function main({ seconds, only, seed, out }: Values<typeof fuzz>): Promise<void> {
  const [time, first] = [Number(seconds) * 1000, Number(seed)]
  if (!(time > 0)) throw new UsageError(`--seconds is "${seconds}", but must be a number above 0.`)
  if (!Number.isInteger(first)) throw new UsageError(`--seed is "${seed}", but must be a whole number.`)
  const chosen = only ?? [...targetNames]
  for (const name of chosen)
    if (!(targetNames as readonly string[]).includes(name))
      throw new UsageError(`--only is "${name}", but must be one of ${targetNames.join(', ')}.`)
  let faults = 0
  for (const target of chosen) {
    const begun = performance.now()
    const { runs, slowest, finding } = await attack({ target, seed: first, runs: 1e9, time })
    const took = ((performance.now() - begun) / 1000).toFixed(0)
    console.log(
      `${target.padEnd(12)} ${String(runs).padStart(7)} cases in ${took} s, the slowest ${(slowest / 1000).toFixed(1)} s  ${finding ? 'FAULT' : 'nothing found'}`,
    )
    if (!finding) continue
    faults++
    console.log(`  ${finding.message.split('\n').join('\n  ')}\n  ${finding.shrunk}`)
    for (const { name, bytes } of finding.files) {
      const path = join(out, `${target.replaceAll(' ', '-')}-${name}`)
      mkdirSync(out, { recursive: true })
      writeFileSync(path, bytes)
      console.log(`  kept as ${path}`)
    }
  }
  if (faults > 0) process.exitCode = 1
}

await runCommand(fuzz, main)

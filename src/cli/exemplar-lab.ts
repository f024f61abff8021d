#!/usr/bin/env node
/** The program of the package: `exemplar-lab COMMAND ...` runs what `npm run COMMAND -- ...` runs in a clone. */
import { setFlagsFromString } from 'node:v8'
import { packaged, type PackagedName } from './commands'

const run: Record<PackagedName, () => Promise<unknown>> = {
  train: () => import('./train'),
  predict: () => import('./predict'),
  evaluate: () => import('./evaluate'),
  inspect: () => import('./inspect'),
  bench: () => import('./bench'),
  selftest: () => import('./selftest'),
  serve: () => import('./serve'),
}

const [name] = process.argv.splice(2, 1)
const isCommand = (word: string | undefined): word is PackagedName => word !== undefined && Object.hasOwn(run, word)
if (isCommand(name)) {
  // As scripts/setup.mjs has it for a clone.
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd')
  await run[name]()
} else {
  const asked = name === undefined || name === '--help' || name === '-h'
  const list = packaged.map((command) => `  exemplar-lab ${command.name} --help\n`).join('')
  if (asked) process.stdout.write(`Segments a stack of medical images from one annotated example.\n\n${list}`)
  else console.error(`There is no command ${name}; known are ${packaged.map((command) => command.name).join(', ')}.`)
  process.exitCode = asked ? 0 : 1
}

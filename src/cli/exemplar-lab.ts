#!/usr/bin/env node
/** The program of the package: `exemplar-lab COMMAND ...` runs what `npm run COMMAND -- ...` runs in a clone. */
import { setFlagsFromString } from 'node:v8'
import { commands } from './commands'

const run: Record<string, () => Promise<unknown>> = {
  train: () => import('./train'),
  evaluate: () => import('./evaluate'),
  inspect: () => import('./inspect'),
  bench: () => import('./bench'),
  selftest: () => import('./selftest'),
  serve: () => import('./serve'),
}

const [name] = process.argv.splice(2, 1)
if (name && Object.hasOwn(run, name)) {
  // As scripts/setup.mjs has it for a clone.
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd')
  await run[name]!()
} else {
  const asked = name === undefined || name === '--help' || name === '-h'
  const list = commands.map((command) => `  exemplar-lab ${command.name} --help\n`).join('')
  if (asked) process.stdout.write(`Segments a stack of medical images from one annotated example.\n\n${list}`)
  else console.error(`There is no command ${name}; known are ${commands.map((command) => command.name).join(', ')}.`)
  process.exitCode = asked ? 0 : 1
}

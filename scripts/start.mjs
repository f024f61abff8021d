// npm start: everything from a fresh clone to an address to open.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { helpOrNothing } from './help.mjs'
import { servePage } from './server.mjs'
import { giveUp, root, setUp } from './setup.mjs'

/** Newest change below a path, in ms; a folder's own time counts too, so that a deleted file is noticed. */
function newest(path) {
  const { mtimeMs } = statSync(path)
  if (!statSync(path).isDirectory()) return mtimeMs
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), mtimeMs)
}

function buildIsFresh() {
  const built = join(root, 'dist', 'index.html')
  if (!existsSync(built)) return false
  const sources = [
    'src',
    'public',
    'index.html',
    'vite.config.ts',
    'scripts',
    'licenses',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.base.json',
  ]
  const changed = sources
    .map((name) => join(root, name))
    .filter(existsSync)
    .map(newest)
  return Math.max(...changed) < statSync(built).mtimeMs
}

helpOrNothing(`npm start

Installs and builds what is missing or out of date, then serves the page on this
machine alone. Ctrl+C ends it.

Environment variables:
  PORT                Port of the page (default: 4173)

Example:
  PORT=5000 npm start
`)
await setUp()
const port = Number(env.PORT ?? 4173)
if (!Number.isInteger(port) || port < 1 || port > 65535) giveUp(`PORT is ${env.PORT}, but must be a whole number from 1 to 65535.`)
if (!buildIsFresh()) {
  console.log('Building ...')
  const { build } = await import('vite')
  await build({ root, logLevel: 'warn' }).catch((error) => giveUp(`The build failed: ${error.message}`))
}
await servePage(join(root, 'dist'), port)

// npm start: everything from a fresh clone to an address to open.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { env, exit } from 'node:process'
import { helpOrNothing } from './help.mjs'
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
    'scripts',
    'index.html',
    'vite.config.ts',
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

const { build, preview } = await import('vite')
if (!buildIsFresh()) {
  console.log('Building ...')
  await build({ root, logLevel: 'warn' }).catch((error) => giveUp(`The build failed: ${error.message}`))
}
const server = await preview({ root, preview: { port } }).catch((error) =>
  giveUp(
    /in use/.test(error.message)
      ? `Port ${port} is taken; stop what runs there, or choose another one with PORT=${port + 1} npm start.`
      : `The server did not start: ${error.message}`,
  ),
)
console.log(`Exemplar Lab is at http://127.0.0.1:${port} (Ctrl+C ends it).`)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.close().finally(() => exit(0)))

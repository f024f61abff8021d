// Installs the packages on a fresh clone and after the lockfile changes. Node built-ins only: it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, env, execPath, exit, platform, versions } from 'node:process'
import { fileURLToPath } from 'node:url'

/** The repository's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** What Node must be told to have what newer ones and browsers have by themselves: relaxed SIMD, in Node 20. */
export const nodeFlags = versions.node.startsWith('20.') ? ['--experimental-wasm-relaxed-simd'] : []

/** Prints one sentence and exits with 1. */
export function giveUp(sentence) {
  console.error(sentence)
  exit(1)
}

/** Vite 8 needs require() of ES modules: Node 20.19, or 22.12 and newer. */
export function nodeIsNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)
}

/** Whether npm's own record of what it installed agrees with the lockfile, and the lockfile with package.json. */
function packagesAreFresh() {
  const read = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'))
  const note = join('node_modules', '.package-lock.json')
  if (!existsSync(join(root, note))) return false
  const installed = read(note).packages
  const { '': own, ...locked } = read('package-lock.json').packages
  const needs = ({ dependencies, devDependencies }) => JSON.stringify([dependencies, devDependencies])
  return (
    needs(own) === needs(read('package.json')) &&
    Object.entries(locked).every(([path, { version, optional, devOptional }]) =>
      // Packages for other machines are in the lockfile and rightly not installed.
      path in installed ? installed[path].version === version : optional || devOptional,
    )
  )
}

/** Runs npm in the repository, with its output on stderr. Returns the exit code, or null if there is no npm. */
export function npm(...args) {
  // Under `npm run` the calling npm is known, which saves Windows the detour through a shell.
  const cli = env.npm_execpath?.endsWith('npm-cli.js') && existsSync(env.npm_execpath) ? env.npm_execpath : null
  const options = { cwd: root, stdio: ['ignore', 2, 2] }
  const done = cli ? spawnSync(execPath, [cli, ...args], options) : spawnSync('npm', args, { ...options, shell: platform === 'win32' })
  return done.error ? null : done.status
}

/** Makes node_modules match the lockfile; quiet and quick if it already does. Ends the process with one sentence if it cannot. */
export function ensurePackages() {
  if (!nodeIsNewEnough(versions.node))
    giveUp(`Exemplar Lab needs Node 20.19+ or 22.12+, but this is ${versions.node}; install one from https://nodejs.org.`)
  if (packagesAreFresh()) return
  console.error('Installing packages ...')
  // The development packages are needed to build, whatever NODE_ENV says. No package needs its install script: docs/dependencies.md answers each.
  const status = npm('ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund')
  if (status === null) giveUp('There is no npm with this Node; install Node with npm from https://nodejs.org.')
  if (status !== 0) giveUp('npm ci failed; its output is above. Check the connection to the npm registry, then run this again.')
}

/**
 * Everything a clone needs before it is built, tested or run: packages, and the kernels compiled to WebAssembly. It prints nothing on stdout,
 * so that `npm run --silent inspect -- --json FILE >numbers.json` holds only numbers, even on a fresh clone.
 */
export async function setUp() {
  ensurePackages()
  const { compileAssembly } = await import('./assembly.mjs')
  compileAssembly()
}

// Not awaited: assembly.mjs imports this file, and would wait for it to end.
if (argv[1] === fileURLToPath(import.meta.url)) setUp()

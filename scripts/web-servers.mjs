// Finds the programs that the files in hosting/ are for, for the tests that start them; on Debian, unpacks those that are not installed. Never
// fails: without one, what needs it is named as not checked.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { argv, env } from 'node:process'
import { fileURLToPath } from 'node:url'
import { debianCodename, unpackDebian } from './debian.mjs'
import { root } from './setup.mjs'

/** Not in node_modules, which `npm ci` empties. */
const folder = join(root, '.cache', 'web-servers')
const unpacked = join(folder, 'root')
const folders = ['usr/sbin', 'usr/bin', 'bin'].map((name) => join(unpacked, name))

/** Where the libraries of what was unpacked are. */
const libraries = () =>
  ['usr/lib', 'lib']
    .map((name) => join(unpacked, name))
    .filter(existsSync)
    .flatMap((path) => readdirSync(path).map((name) => join(path, name)))
    .filter((path) => path.endsWith('-linux-gnu'))

/** What a program must be started with to find those. */
export const libraryVariables = () => ({
  PATH: [env.PATH, ...folders].join(delimiter),
  LD_LIBRARY_PATH: [env.LD_LIBRARY_PATH, ...libraries()].filter(Boolean).join(':'),
})

const versions = { nginx: '-v', caddy: 'version', podman: '--version', runc: '--version', conmon: '--version', busybox: '--help' }

/** Path of a program that starts, an installed one before an unpacked one; null if there is none. @param {keyof typeof versions} name */
export function programFor(name) {
  const paths = [...(env.PATH ?? '').split(delimiter), '/usr/sbin', ...folders].map((path) => join(path, name))
  const works = (path) => existsSync(path) && spawnSync(path, [versions[name]], { env: { ...env, ...libraryVariables() } }).status === 0
  return paths.find(works) ?? null
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const packages = { nginx: ['nginx'], caddy: ['caddy'], podman: ['podman', 'runc', 'conmon', 'busybox-static'] }
  const lacking = Object.keys(packages).filter((name) => !programFor(name))
  const codename = debianCodename()
  if (lacking.length > 0 && codename) {
    console.log(`Unpacking ${lacking.join(', ')} into .cache ...`)
    try {
      unpackDebian(
        folder,
        [codename],
        lacking.flatMap((name) => packages[name]),
      )
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      console.log(error.message)
    }
  }
  for (const name of Object.keys(packages))
    console.log(`${name}: ${programFor(name) ?? 'there is none here: what needs it will be named as not checked'}`)
}

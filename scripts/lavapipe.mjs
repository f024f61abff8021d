// Gets Mesa's software Vulkan driver lavapipe, a second adapter for tests, into a folder of its own: apt's state and the system stay as they are.
// Never fails: what needs it is named as not checked without it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { argv, env } from 'node:process'
import { fileURLToPath } from 'node:url'
import { root } from './setup.mjs'

/** Not in node_modules, which `npm ci` empties. */
const folder = join(root, '.cache', 'lavapipe')
const unpacked = join(folder, 'root')
const manifest = join(folder, 'lvp_icd.json')

/** Where its libraries are, as a search path: packages of Debian 12 use both folders. */
const pathOf = (library) => ['usr/lib', 'lib'].map((name) => join(unpacked, name, basename(dirname(library)))).join(':')

/** The software adapters that EXEMPLAR_ADAPTER can name. */
const adapters = ['swiftshader', 'lavapipe']

/** Variables with which a program that is then started finds lavapipe and no other Vulkan driver; null until `ensureLavapipe` has got it. */
export function lavapipeVariables() {
  const library = existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).ICD.library_path
  if (!library || !existsSync(library)) return null
  return {
    EXEMPLAR_ADAPTER: 'lavapipe',
    VK_DRIVER_FILES: manifest,
    VK_ICD_FILENAMES: manifest, // the same for older loaders
    LD_LIBRARY_PATH: [pathOf(library), env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    // Mesa asks for it and complains on stderr where it is missing.
    XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR ?? folder,
  }
}

/** Variables for the adapter that EXEMPLAR_ADAPTER names; none for SwiftShader, which is found without. @throws Error with one sentence */
export function adapterVariables(name = env.EXEMPLAR_ADAPTER ?? 'swiftshader') {
  if (!adapters.includes(name)) throw new Error(`EXEMPLAR_ADAPTER is "${name}", but must be one of ${adapters.join(', ')}.`)
  if (name === 'swiftshader') return {}
  const variables = lavapipeVariables()
  if (!variables) throw new Error('EXEMPLAR_ADAPTER is "lavapipe", which is not here yet: node scripts/lavapipe.mjs gets it.')
  return variables
}

/** Runs a program and returns its output. @throws Error with what it said if it fails */
function output(program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', env: { ...env, LC_ALL: 'C' }, cwd: folder })
  if (status !== 0) throw new Error(`${program} failed: ${(error?.message ?? stderr).trim().split('\n').at(-1)}`)
  return stdout
}

/** Names of the packages in `apt-get --simulate`. */
export const installed = (text) => [...text.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name)

/** The suites with a Mesa that Dawn accepts: Debian 12's own is too old. */
const suitesOf = (codename) => (codename === 'bookworm' ? ['bookworm', 'bookworm-backports'] : [codename])

/** Downloads and unpacks the driver and those of its libraries that this machine lacks or has in too old a version. @throws Error */
function unpack(codename) {
  const suites = suitesOf(codename)
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg'
  rmSync(folder, { recursive: true, force: true })
  for (const name of ['lists/partial', 'archives/partial', 'root']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(
    join(folder, 'sources.list'),
    suites.map((suite) => `deb [signed-by=${keys}] http://deb.debian.org/debian ${suite} main\n`).join(''),
  )
  writeFileSync(join(folder, 'nothing'), '')
  const own = {
    'Dir::Etc::SourceList': join(folder, 'sources.list'),
    'Dir::Etc::SourceParts': '-',
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::Cache': folder,
    'APT::Sandbox::User': '', // its own user cannot write here
    'Debug::NoLocking': '1', // nothing of the system is written
    'APT::Update::Error-Mode': 'any', // else an update without a network succeeds
  }
  const apt = (...args) => output('apt-get', '-qq', ...Object.entries(own).flatMap(([key, value]) => ['-o', `${key}=${value}`]), ...args)
  apt('update')
  const wanted = (...more) =>
    installed(apt(...more, '--simulate', '--no-install-recommends', '-t', suites.at(-1), 'install', 'mesa-vulkan-drivers', 'libvulkan1'))
  // All that the driver needs on an empty machine; of these, what this one would have to install. It alone would also upgrade the rest of Mesa.
  const needed = new Set(wanted('-o', `Dir::State::status=${join(folder, 'nothing')}`))
  const lacking = wanted('--reinstall').filter((name) => needed.has(name))
  apt('-t', suites.at(-1), 'download', ...lacking)
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.deb'))) output('dpkg', '-x', name, unpacked)

  const libraries = readdirSync(join(unpacked, 'usr/lib')).map((name) => join(unpacked, 'usr/lib', name))
  const library = libraries.map((path) => join(path, 'libvulkan_lvp.so')).find(existsSync)
  if (!library) throw new Error('the package has no libvulkan_lvp.so')
  const missing = output('env', `LD_LIBRARY_PATH=${pathOf(library)}`, 'ldd', library).match(/^\s*\S+ => not found/m)
  if (missing) throw new Error(`${missing[0].trim().split(' ')[0]} is missing`)
  for (const name of readdirSync(folder)) if (name !== 'root') rmSync(join(folder, name), { recursive: true })
  // Written last: there is lavapipe if there is this file.
  writeFileSync(manifest, JSON.stringify({ file_format_version: '1.0.0', ICD: { library_path: library, api_version: '1.3.0' } }))
}

/** Gets lavapipe if it is not here yet and this is Debian. @returns null, or why there is none */
export function ensureLavapipe() {
  if (lavapipeVariables()) return null
  const system = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  const codename = /^VERSION_CODENAME=(\w+)/m.exec(system)?.[1]
  if (!/^ID=debian$/m.test(system) || !codename) return 'it is taken from Debian, and this is another system'
  console.log('Unpacking Mesa for lavapipe into .cache ...')
  try {
    unpack(codename)
    return null
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    return error.message
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const why = ensureLavapipe()
  console.log(why ? `There is no lavapipe here (${why}): what needs it will be named as not checked.` : `lavapipe: ${manifest}`)
}

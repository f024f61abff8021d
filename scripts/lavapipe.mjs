// Gets Mesa's software Vulkan driver lavapipe, a second adapter for tests, into a folder of its own: apt's state and the system stay as they are.
// Never fails: what needs it is named as not checked without it.
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { argv, env } from 'node:process'
import { fileURLToPath } from 'node:url'
import { debianCodename, output, unpackDebian } from './debian.mjs'
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
    // Compiling a shader takes LLVM seconds, running it on what tests are made of less: without its optimisations both together take half.
    GALLIVM_PERF: env.GALLIVM_PERF ?? 'nopt',
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

/** The suites with a Mesa that Dawn accepts: Debian 12's own is too old. */
const suitesOf = (codename) => (codename === 'bookworm' ? ['bookworm', 'bookworm-backports'] : [codename])

/** Downloads and unpacks the driver, with its libraries. @throws Error */
function unpack(codename) {
  unpackDebian(folder, suitesOf(codename), ['mesa-vulkan-drivers', 'libvulkan1'])
  const libraries = readdirSync(join(unpacked, 'usr/lib')).map((name) => join(unpacked, 'usr/lib', name))
  const library = libraries.map((path) => join(path, 'libvulkan_lvp.so')).find(existsSync)
  if (!library) throw new Error('the package has no libvulkan_lvp.so')
  const missing = output('env', `LD_LIBRARY_PATH=${pathOf(library)}`, 'ldd', library).match(/^\s*\S+ => not found/m)
  if (missing) throw new Error(`${missing[0].trim().split(' ')[0]} is missing`)
  // Written last: there is lavapipe if there is this file.
  writeFileSync(manifest, JSON.stringify({ file_format_version: '1.0.0', ICD: { library_path: library, api_version: '1.3.0' } }))
}

/** Gets lavapipe if it is not here yet and this is Debian. @returns null, or why there is none */
export function ensureLavapipe() {
  if (lavapipeVariables()) return null
  const codename = debianCodename()
  if (!codename) return 'it is taken from Debian, and this is another system'
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

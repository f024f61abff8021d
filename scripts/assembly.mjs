// Compiles the *.assembly.ts of src/kernels to WebAssembly, if it is older than its sources or missing.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { giveUp, root } from './setup.mjs'

const folder = join(root, 'src', 'kernels')
const transforms = ['parameter-names.mjs', 'inline-tags.mjs'].map((name) => join(root, 'scripts', name))

/** Without static data, stack or allocator: the module works in memory that belongs to TensorFlow.js. */
const options = [
  ...['--enable', 'simd', '--importMemory', '--runtime', 'stub', '--noAssert', '--use', 'abort=', '-O3'],
  // multiply-add.lib.assembly.ts has values that cannot cross over to JavaScript; only kernels call it.
  ...['--disableWarning', '112'],
  ...transforms.flatMap((path) => ['--transform', path]),
]

/** A module that imports a shared memory must declare the size up to which that may grow; TensorFlow.js's may to 4 GiB. */
const shared = ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536']
const relaxed = ['--enable', 'relaxed-simd']

/** The modules, of the same sources: for each kind of memory with and without relaxed SIMD, which not every browser has. */
const modules = {
  'simd.wasm': [],
  'simd-shared.wasm': shared,
  'simd-relaxed.wasm': relaxed,
  'simd-relaxed-shared.wasm': [...relaxed, ...shared],
}

/**
 * Brings the compiled kernels in a folder up to date; quick if they already are. Its output goes to stderr: stdout belongs
 * to the command that follows. Ends the process with one sentence if it cannot.
 */
export function compileAssembly(to = join(folder, 'wasm')) {
  const names = readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('.assembly.ts'))
  const sources = names.sort().map((path) => join(folder, path))
  // What kernels import of each other is compiled with them, and is no kernel.
  const entries = sources.filter((path) => !path.endsWith('.lib.assembly.ts'))
  const newest = Math.max(...[...sources, ...transforms, join(root, 'scripts', 'assembly.mjs')].map((path) => statSync(path).mtimeMs))
  for (const [name, more] of Object.entries(modules)) {
    const built = join(to, name)
    if (existsSync(built) && statSync(built).mtimeMs > newest) continue
    console.error(`Compiling ${name} ...`)
    const asc = join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js')
    const { status } = spawnSync(execPath, [asc, ...entries, '-o', built, ...options, ...more], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    })
    if (status !== 0) giveUp('The kernels in src/kernels could not be compiled; the output of the compiler is above.')
  }
}

/** Vitest's name for set-up before the tests. */
export const setup = () => compileAssembly()

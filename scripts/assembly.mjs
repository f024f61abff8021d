// Compiles the *.assembly.ts of src/kernels to WebAssembly, if it is older than its sources or missing.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { giveUp, root } from './setup.mjs'

const folder = join(root, 'src', 'kernels')
const transform = join(root, 'scripts', 'parameter-names.mjs')

/** Without static data, stack or allocator: the module works in memory that belongs to TensorFlow.js. */
const options = [
  ...['--enable', 'simd', '--importMemory', '--runtime', 'stub', '--noAssert', '--use', 'abort=', '-O3'],
  ...['--transform', transform],
]

/** The two modules. One that imports a shared memory must declare its largest size; TensorFlow.js's is 4 GiB. */
const modules = { 'simd.wasm': [], 'simd-shared.wasm': ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536'] }

/**
 * Brings the compiled kernels in a folder up to date; quick if they already are. Its output goes to stderr: stdout belongs
 * to the command that follows. Ends the process with one sentence if it cannot.
 */
export function compileAssembly(to = join(folder, 'wasm')) {
  const names = readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('.assembly.ts'))
  const sources = names.sort().map((path) => join(folder, path))
  const newest = Math.max(...[...sources, transform, join(root, 'scripts', 'assembly.mjs')].map((path) => statSync(path).mtimeMs))
  for (const [name, more] of Object.entries(modules)) {
    const built = join(to, name)
    if (existsSync(built) && statSync(built).mtimeMs > newest) continue
    console.error(`Compiling ${name} ...`)
    const asc = join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js')
    const { status } = spawnSync(execPath, [asc, ...sources, '-o', built, ...options, ...more], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    })
    if (status !== 0) giveUp('The kernels in src/kernels could not be compiled; the output of the compiler is above.')
  }
}

/** Vitest's name for set-up before the tests. */
export const setup = () => compileAssembly()

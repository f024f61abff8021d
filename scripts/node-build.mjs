// Builds the commands for Node alone, into dist-node: what they import is put into them, so that the package brings nothing but itself and Dawn.
import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { licences } from './licenses.mjs'
import { pipelineFolders } from './itk-pipelines.mjs'
import { root } from './setup.mjs'

const folder = join(root, 'dist-node')
rmSync(folder, { recursive: true, force: true })
await build({
  root,
  configFile: false,
  publicDir: false,
  logLevel: 'warn',
  plugins: [licences().page],
  define: { EXEMPLAR_PACKAGE: 'true', __dirname: 'import.meta.dirname' },
  // The modules that a page gets, so that there is one copy of TensorFlow.js.
  ssr: {
    noExternal: true,
    external: ['webgpu', 'node-fetch', '@jax-js/jax'],
    resolve: { conditions: ['module', 'import', 'default'], mainFields: ['module', 'main'] },
  },
  resolve: { mainFields: ['module', 'main'] },
  build: {
    ssr: true,
    target: 'node20',
    outDir: join(folder, 'cli'),
    rollupOptions: {
      input: join(root, 'src/cli/exemplar-lab.ts'),
      output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    },
  },
})

// What code asks for by an address relative to its own.
const put = (from, to, names) => {
  for (const name of names) cpSync(join(root, from, name), join(folder, to, name))
}
const endingIn = (from, pattern) => readdirSync(join(root, from)).filter((name) => pattern.test(name))
put('src/kernels/wasm', 'kernels/wasm', endingIn('src/kernels/wasm', /\.wasm$|^thread\.js$/))
put(
  'node_modules/@tensorflow/tfjs-backend-wasm/wasm-out',
  'cli',
  endingIn('node_modules/@tensorflow/tfjs-backend-wasm/wasm-out', /\.wasm$/),
)
for (const [name, from] of Object.entries(pipelineFolders))
  put(`node_modules/@itk-wasm/${from}/dist/pipelines`, 'cli/itk', [`${name}.js`, `${name}.wasm.zst`])

import { defineConfig } from 'vitest/config'
import { adapterVariables } from './scripts/lavapipe.mjs'
import { nodeFlags } from './scripts/setup.mjs'

// Which software adapter tests on WebGPU use; the processes of the tests inherit what it needs.
Object.assign(process.env, adapterVariables())

export default defineConfig({
  test: {
    environment: 'node',
    // A run without `npm test` finds the kernels compiled too.
    globalSetup: 'scripts/assembly.mjs',
    setupFiles: 'scripts/equal-bytes.mjs',
    include: ['src/**/*.test.{ts,tsx}', 'scripts/**/*.test.mjs'],
    // A process per file: TensorFlow.js keeps its backends in globals, and Dawn does not like to be loaded twice in one process.
    pool: 'forks',
    execArgv: nodeFlags,
    maxWorkers: 2,
    // lavapipe takes seconds to compile a shader.
    testTimeout: process.env['EXEMPLAR_ADAPTER'] === 'lavapipe' ? 300_000 : 120_000,
    hookTimeout: 120_000,
  },
})

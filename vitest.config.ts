import { defineConfig } from 'vitest/config'
import { nodeFlags } from './scripts/setup.mjs'

export default defineConfig({
  test: {
    environment: 'node',
    // A run without `npm test` finds the kernels compiled too.
    globalSetup: 'scripts/assembly.mjs',
    include: ['src/**/*.test.{ts,tsx}', 'scripts/**/*.test.mjs'],
    // A process per file: TensorFlow.js keeps its backends in globals, and Dawn does not like to be loaded twice in one process.
    pool: 'forks',
    execArgv: nodeFlags,
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { BenchReport } from '../bench/report'

const root = mkdtempSync(join(tmpdir(), 'bench-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Runs the command as a user would. */
const run = (...args: string[]) => spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/bench.ts', ...args], { encoding: 'utf8' })
const tiny = ['--backend', 'wasm', '--only', 'steps', '--step', 'T16', '--steps', '1']

test('a step of both engines on wasm, as a table and as JSON', () => {
  const file = join(root, 'bench.json')
  const { status, stdout, stderr } = run(...tiny, '--json', file)
  expect([status, stderr]).toEqual([0, 'Step T16, ours\nStep T16, stock\n'])
  expect(stdout).toMatch(/^wasm · (relaxed )?SIMD, 1 thread · .*tfjs 4\.\d+\.\d+ · node \d+/)
  for (const engine of ['ours', 'stock']) expect(stdout).toMatch(new RegExp(`^T16 +${engine} +[\\d.]+ m?s`, 'm'))
  const report = JSON.parse(readFileSync(file, 'utf8'))
  expect(report).toMatchObject({
    backend: 'wasm',
    adapter: expect.stringMatching(/^(relaxed )?SIMD, 1 thread$/) as string,
    versions: { tfjs: expect.any(String), node: process.versions.node },
    kernels: [],
    matmulGflops: null,
  })
  expect(report.steps).toHaveLength(2)
  for (const step of report.steps)
    expect(step).toMatchObject({ name: 'T16', hostMs: null, dispatches: null, newBuffers: null, gpuBytes: null, tensorsAdded: 0 })
  for (const step of report.steps) expect(step.secondsPerStep).toBeGreaterThan(0)
})

test('JSON alone on stdout', () => {
  const { status, stdout } = run(...tiny, '--engine', 'ours', '--json', '-')
  expect(status).toBe(0)
  expect(JSON.parse(stdout).steps).toMatchObject([{ name: 'T16', engine: 'ours' }])
})

test('the same step in other libraries, or why it cannot run', { timeout: 300_000 }, () => {
  const { status, stdout } = run('--peers', '--step', 'T16', '--steps', '1', '--json', '-')
  expect(status).toBe(0)
  const report = JSON.parse(stdout) as BenchReport
  expect(report.steps).toEqual([])
  expect(report.peers.map(({ name }) => name.split(/[ ,]/)[0]).sort()).toEqual([
    'Exemplar',
    'PyTorch',
    'TensorFlow.js',
    'TensorFlow.js',
    'jax-js',
  ])
  for (const peer of report.peers) {
    if ('reason' in peer)
      expect(`${peer.name}: ${peer.reason}`).toMatch(/^(TensorFlow.js: it cannot train on wasm|PyTorch: there is no Python)/)
    else expect(peer.ratio.lowest).toBeGreaterThan(0)
  }
})

describe('one sentence and exit code 1', () => {
  test.each([
    [['--backend', 'gpu'], '--backend is "gpu", but must be one of webgpu, wasm, cpu.'],
    [['--steps', '0'], '--steps is "0", but must be a whole number, at least 1.'],
    [['--engine', 'theirs'], '--engine is "theirs", but must be one of both, ours, stock.'],
    [['--peers', '--only', 'steps'], '--peers is a part of its own: leave out --only and --engine.'],
    [['--software'], '--software belongs to --backend webgpu.'],
  ])('%o', (args, sentence) => {
    const { status, stdout, stderr } = run(...args)
    expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: '', stderr: sentence + '\n' })
  })
})

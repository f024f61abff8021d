import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { SelfTestReport } from '../selftest/report'

const root = mkdtempSync(join(tmpdir(), 'selftest-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Runs the command as a user would, after a script of our own. */
const run = (first: string, ...args: string[]) => {
  const script = join(root, 'first.mjs')
  writeFileSync(script, first)
  return spawnSync(process.execPath, ['--import', 'tsx', '--import', script, 'src/cli/selftest.ts', ...args], { encoding: 'utf8' })
}

/** Makes one SIMD kernel leave its output as it is. */
const spoiling = (kernel: string) => `
  const plain = WebAssembly.instantiate
  WebAssembly.instantiate = async (...given) => {
    const made = await plain(...given)
    return made.exports?.${kernel} ? { exports: { ...made.exports, ${kernel}: () => 0 } } : made
  }`

test('on wasm everything agrees; table, sentence and JSON say so', () => {
  const file = join(root, 'selftest.json')
  const { status, stdout } = run('', '--backend', 'wasm', '--json', file)
  expect(status, stdout).toBe(0)
  const report = JSON.parse(readFileSync(file, 'utf8')) as SelfTestReport
  expect(report).toMatchObject({ ok: true, backend: 'wasm', threads: 1, versions: { node: process.versions.node } })
  expect(report.rows.filter(({ ok }) => !ok)).toEqual([])
  expect(report.rows.find(({ name }) => name === '10 training steps')).toMatchObject({ beside: 'cpu' })
  for (const { name, error, tolerance, cases } of report.rows) {
    expect(stdout).toContain(name)
    expect([error <= tolerance, cases > 0], name).toEqual([true, true])
  }
  // SIMD is what ran: a twin beside itself would not be off at all.
  expect(report.rows.find(({ name, beside }) => name === 'conv2dOp' && beside === 'twin')!.error).toBeGreaterThan(0)
  expect(stdout.trim().split('\n').at(-1)).toMatch(
    /^Exemplar Lab [\d.]+ computes rightly here \(all \d+ comparisons hold\): wasm on .*SIMD, 1 thread, .*node \d+.*\.$/,
  )
})

test('a spoiled kernel is named, and the command ends with 1', () => {
  const { status, stdout } = run(spoiling('adamUpdate'), '--backend', 'wasm')
  expect(status, stdout).toBe(1)
  const off = stdout.split('\n').filter((line) => / off$/.test(line))
  expect(off.map((line) => line.split(' ')[0])).toContain('adamOp')
  expect(stdout).toMatch(/^adamOp is off: \w+, case \d+ of adamOp: /m)
  expect(stdout.trim().split('\n').at(-1)).toMatch(/computes WRONGLY here \(\d+ of \d+ comparisons are off: adamOp by /)
})

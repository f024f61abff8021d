import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { describe, expect, it } from 'vitest'
import { nodeIsNewEnough } from './setup.mjs'

describe('nodeIsNewEnough', () => {
  it.each(['20.19.0', '20.20.2', '22.12.0', '23.0.0', '24.1.0'])('takes %s', (version) => expect(nodeIsNewEnough(version)).toBe(true))
  it.each(['18.20.0', '20.18.3', '21.7.0', '22.11.0'])('refuses %s', (version) => expect(nodeIsNewEnough(version)).toBe(false))
})

it('compiles the kernels of a fresh clone without output on stdout', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assembly-'))
  const code = `import { compileAssembly } from './scripts/assembly.mjs'; compileAssembly(${JSON.stringify(folder)})`
  const { status, stdout, stderr } = spawnSync(execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
  const built = readdirSync(folder).sort()
  rmSync(folder, { recursive: true })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  expect(stderr).toContain('Compiling simd.wasm ...')
  expect(built).toEqual(['simd-relaxed-shared.wasm', 'simd-relaxed.wasm', 'simd-shared.wasm', 'simd.wasm'])
})

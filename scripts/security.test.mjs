import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from './setup.mjs'

const text = readFileSync(join(root, 'docs/security.md'), 'utf8')
const rows = text
  .split('\n## What is promised\n')[1]
  .split('\n## ')[0]
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| promise '))

it('docs/security.md names a test for every promise, and every test that it names exists', () => {
  expect(rows.length).toBeGreaterThan(10)
  for (const row of rows) {
    const tests = [
      ...row
        .split('|')
        .at(-2)
        .matchAll(/`([^`]+)`/g),
    ].map(([, name]) => name)
    expect(tests, row).not.toEqual([])
    for (const name of tests) {
      expect(name).toMatch(/\.(test|spec)\.(ts|mjs)$/)
      expect(existsSync(join(root, name)), name).toBe(true)
    }
  }
})

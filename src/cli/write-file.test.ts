import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { UsageError } from './arguments'
import { writeFile } from './write-file'

const root = mkdtempSync(join(tmpdir(), 'write-file-'))
afterAll(() => rmSync(root, { recursive: true }))

test('a file is written with the folders that it lies in, or one sentence says why not', () => {
  const file = join(root, 'new', 'report.json')
  writeFile(file, '{}', '--json')
  expect(readFileSync(file, 'utf8')).toBe('{}')
  const below = join(file, 'report.json')
  expect(() => writeFile(below, '{}', '--json')).toThrow(new UsageError(`"${below}" (--json) cannot be written (EEXIST).`))
})

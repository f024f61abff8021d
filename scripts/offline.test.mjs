import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { filesIn } from './offline.mjs'

const folder = mkdtempSync(join(tmpdir(), 'exemplar-lab-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('lists all files of a build but the service worker, by path and hash, and any change makes another version', () => {
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), 'abc')
  writeFileSync(join(folder, 'sw.js'), 'not listed')
  writeFileSync(join(folder, 'assets/a-1.js'), '')
  const first = filesIn(folder)
  // Test vectors of FIPS 180-2 and of the empty text.
  expect(first.files).toEqual({
    '': 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=',
    'assets/a-1.js': '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  })
  expect(first.bytes).toBe(3)
  writeFileSync(join(folder, 'sw.js'), 'another')
  expect(filesIn(folder)).toEqual(first)
  writeFileSync(join(folder, 'assets/a-1.js'), ' ')
  expect(filesIn(folder).version).not.toBe(first.version)
})

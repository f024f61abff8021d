import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPng } from '../data/png-file'
import { writeGray16Png } from './gray16-png'
import { findPython, needs, runPython } from '../lib/python.test-support'

test('all sixteen bits come back', () => {
  const map = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 })).chain(([width, height]) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      stored: fc.uint16Array({ minLength: width * height, maxLength: width * height }),
    }),
  )
  fc.assert(
    fc.property(map, ({ width, height, stored }) => {
      const bytes = writeGray16Png(
        width,
        height,
        Float32Array.from(stored, (value) => value / 65535),
      )
      const png = readPng({ name: 'map.png', bytes })
      expect([png.width, png.height, png.depth, png.kind, png.alpha]).toEqual([width, height, 16, 'grey', false])
      expect([...png.samples]).toEqual([...stored])
    }),
  )
})

test('values beyond 0..1 are clamped, and NaN becomes 0', () => {
  const bytes = writeGray16Png(6, 1, Float32Array.of(-1, 0, 1, 1.5, NaN, Infinity))
  expect([...readPng({ name: 'map.png', bytes }).samples]).toEqual([0, 0, 65535, 65535, 0, 65535])
})

test('a map of another size is refused', () => {
  expect(() => writeGray16Png(2, 2, new Float32Array(3))).toThrow('2 x 2 cannot have 3 values')
})

const python = findPython('PIL', 'numpy')
describe.skipIf(!python)(needs('16-bit PNG read by Pillow', python, 'Pillow and numpy'), () => {
  test('gives the same numbers', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gray16-'))
    try {
      const [width, height] = [517, 301]
      const map = Float32Array.from({ length: width * height }, (_, i) => (i % 65536) / 65535)
      writeFileSync(join(folder, 'a.png'), writeGray16Png(width, height, map))
      const code = `
import sys, numpy as np # mode I or I;16, by version
from PIL import Image
im = Image.open(sys.argv[1]); im.load()
print(im.mode[0], im.size, (np.array(im).ravel() == np.arange(im.size[0] * im.size[1]) % 65536).all())`
      expect(runPython(python!, ['-c', code, join(folder, 'a.png')])).toEqual({ status: 0, output: 'I (517, 301) True\n' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import { decode } from 'fast-png'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPng } from '../data/png-file'
import type { LabelMap } from '../image/raster'
import { writePalettePng } from './palette-png'
import { findPython, needs, runPython } from '../lib/python.test-support'

const color = fc.integer({ min: 0, max: 0xffffff }).map((n) => '#' + n.toString(16).padStart(6, '0'))
const mask = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), fc.array(color, { minLength: 1, maxLength: 256 }))
  .chain(([width, height, colors]): fc.Arbitrary<{ map: LabelMap; colors: string[] }> =>
    fc
      .uint8Array({ minLength: width * height, maxLength: width * height, max: colors.length - 1 })
      .map((labels) => ({ map: { width, height, labels: Uint8Array.from(labels) }, colors })),
  )

const small: LabelMap = { width: 3, height: 2, labels: Uint8Array.of(0, 1, 2, 2, 1, 0) }
const smallColors = ['#000000', '#ff8000', '#0072B2']

test('labels and palette come back', () => {
  fc.assert(
    fc.property(mask, ({ map, colors }) => {
      const png = decode(writePalettePng(map, colors), { checkCrc: true })
      expect([png.width, png.height, png.depth, png.channels]).toEqual([map.width, map.height, 8, 1])
      expect(new Uint8Array(png.data)).toEqual(map.labels)
      expect(
        png.palette!.map(
          (rgb) =>
            '#' +
            rgb
              .slice(0, 3)
              .map((n) => n.toString(16).padStart(2, '0'))
              .join(''),
        ),
      ).toEqual(colors)
    }),
  )
})

test('our own reader finds the same indices and colours', () => {
  fc.assert(
    fc.property(mask, ({ map, colors }) => {
      const png = readPng({ name: 'mask.png', bytes: writePalettePng(map, colors) })
      expect([png.width, png.height, png.depth, png.kind, png.alpha]).toEqual([map.width, map.height, 8, 'palette', false])
      expect(png.samples).toEqual(map.labels)
      expect(png.palette).toEqual(colors.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16))))
    }),
  )
})

test('chunk by chunk, by hand', () => {
  const bytes = writePalettePng(small, smallColors)
  const view = new DataView(bytes.buffer)
  const chunks: [string, number[]][] = []
  for (let at = 8; at < bytes.length; at += 12 + view.getUint32(at))
    chunks.push([String.fromCharCode(...bytes.subarray(at + 4, at + 8)), [...bytes.subarray(at + 8, at + 8 + view.getUint32(at))]])
  expect(chunks.map(([type]) => type)).toEqual(['IHDR', 'PLTE', 'IDAT', 'IEND'])
  expect(chunks[0]![1]).toEqual([0, 0, 0, 3, 0, 0, 0, 2, 8, 3, 0, 0, 0])
  expect(chunks[1]![1]).toEqual([0, 0, 0, 0xff, 0x80, 0, 0, 0x72, 0xb2])
  expect([...inflateSync(Uint8Array.from(chunks[2]![1]))]).toEqual([0, 0, 1, 2, 0, 2, 1, 0])
})

test('a class without a colour and an invalid colour are refused', () => {
  expect(() => writePalettePng(small, smallColors.slice(0, 2))).toThrow('class 2 cannot have 2 colors')
  expect(() => writePalettePng(small, ['#000000', 'red', '#fff'])).toThrow('"red"')
})

const python = findPython('PIL')
describe.skipIf(!python)(needs('palette PNG read by Pillow', python, 'Pillow'), () => {
  test('gives the same indices and colours', () => {
    const folder = mkdtempSync(join(tmpdir(), 'palette-'))
    try {
      const wide: LabelMap = {
        width: 517,
        height: 301,
        labels: Uint8Array.from({ length: 517 * 301 }, (_, i) => Math.floor((i * i) / 1000) % 3),
      }
      writeFileSync(join(folder, 'a.png'), writePalettePng(wide, smallColors))
      const code = `
import json, sys
from PIL import Image
im = Image.open(sys.argv[1]); im.load()
print(json.dumps([im.mode, im.size, im.getpalette()[:9], list(im.getdata())]))`
      const { status, output } = runPython(python!, ['-c', code, join(folder, 'a.png')])
      expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' })
      expect(JSON.parse(output)).toEqual(['P', [517, 301], [0, 0, 0, 255, 128, 0, 0, 0x72, 0xb2], [...wide.labels]])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

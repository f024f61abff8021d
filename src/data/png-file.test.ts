import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makePng, readNpy } from './files.test-support'
import type { NamedFile } from './named-file'
import { complaint, readImage } from './picture.test-support'

test.each([1, 2, 4, 8, 16])('grey of %i bits keeps its numbers, whatever the width', (depth) => {
  const sample = fc.integer({ min: 0, max: 2 ** depth - 1 })
  const image = fc
    .integer({ min: 1, max: 19 })
    .chain((width) => fc.array(fc.array(sample, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 4 }))
  fc.assert(
    fc.property(image, (rows) => {
      const { width, height, pixels } = readImage(makePng('x.png', { rows, depth }))
      expect([width, height]).toEqual([rows[0]!.length, rows.length])
      expect([...pixels]).toEqual(rows.flat())
    }),
    { numRuns: 30 },
  )
})

test('colour becomes brightness, alpha is ignored', () => {
  const rows = [[255, 0, 0, 0, 0, 255, 0, 255, 0, 0, 255, 9, 10, 20, 30, 0]]
  const { pixels } = readImage(makePng('x.png', { rows, type: 6 }))
  ;[76.245, 149.685, 29.07, 18.15].forEach((v, i) => expect(pixels[i]).toBeCloseTo(v, 3))
  const opaque = readImage(makePng('x.png', { rows: [rows[0]!.filter((_, i) => i % 4 < 3)], type: 2 }))
  expect(opaque.pixels).toEqual(pixels)
  expect([...readImage(makePng('x.png', { rows: [[7, 0, 8, 255]], type: 4 })).pixels]).toEqual([7, 8])
})

test('an indexed image has the brightness of its palette', () => {
  const { pixels } = readImage(makePng('x.png', { rows: [[2, 0, 1]], type: 3, depth: 2, palette: [0, 0, 0, 255, 255, 255, 0, 255, 0] }))
  ;[149.685, 0, 255].forEach((v, i) => expect(pixels[i]).toBeCloseTo(v, 3))
})

test('a file inside a larger buffer', () => {
  const { bytes } = makePng('x.png', { rows: [[5, 6]] })
  const buffer = new Uint8Array(bytes.length + 20)
  buffer.set(bytes, 7)
  expect([...readImage({ name: 'x.png', bytes: buffer.subarray(7, 7 + bytes.length) }).pixels]).toEqual([5, 6])
})

test('too large is refused from the header alone', () => {
  const { bytes } = makePng('big.png', { rows: [[0]] })
  const header = new DataView(bytes.buffer)
  header.setUint32(16, 20_000)
  header.setUint32(20, 20_000)
  expect(complaint({ name: 'big.png', bytes })).toMatch(/20,000 x 20,000 pixels.*64 megapixels/)
  header.setUint32(16, 0)
  expect(complaint({ name: 'big.png', bytes })).toContain('0 x 20,000')
})

test('a second header, of another size, is not believed', () => {
  const { bytes } = makePng('x.png', { rows: [[1, 2]] })
  const larger = makePng('x.png', {
    rows: [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ],
  }).bytes
  // Found by fuzzing: eight samples came back for two pixels.
  expect(complaint({ name: 'x.png', bytes: Uint8Array.from([...bytes.subarray(0, 33), ...larger.subarray(8)]) })).toContain('damaged')
})

test('cut short anywhere', () => {
  const { bytes } = makePng('x.png', {
    rows: [
      [1, 2, 3],
      [4, 5, 6],
    ],
  })
  for (let end = 8; end < bytes.length; end++) expect(complaint({ name: 'x.png', bytes: bytes.slice(0, end) })).toContain('cut short')
})

test('a flipped bit is noticed', () => {
  const { bytes } = makePng('x.png', {
    rows: [
      [1, 2, 3],
      [4, 5, 6],
    ],
  })
  for (let at = 16; at < bytes.length; at++) {
    const broken = bytes.slice()
    broken[at]! ^= 4
    complaint({ name: 'x.png', bytes: broken })
  }
})

const formats = '../shared/data/formats'
describe.skipIf(!existsSync(formats))('reference files', () => {
  const read = (name: string): NamedFile => ({ name, bytes: new Uint8Array(readFileSync(`${formats}/${name}`)) })

  test('a 16-bit PNG is exact', () => {
    const { shape, data } = readNpy(read('gray16.npy').bytes)
    const { width, height, pixels } = readImage(read('gray16.png'))
    expect([height, width]).toEqual(shape)
    expect([...pixels]).toEqual(data)
  })
})

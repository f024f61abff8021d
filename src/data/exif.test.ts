import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { exifOrientation, readExif, writeExif, type ExifOrientation } from './exif'
import { chunk, makePng } from './files.test-support'
import { readJpegVolume } from './jpeg-file'
import { join, pack } from './volumes.test-support'
import { readPngVolume } from './png-file'
import { asStored, turnUpright } from './upright'
import { makeVolume } from './volume'

const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0))

// Rows 1 2 3 and 4 5 6 as stored. EXIF 2.32 gives the side of the first row and of the first column: 6 is right and top.
const upright: Record<ExifOrientation, string> = {
  1: '123 456', // top, left
  2: '321 654', // top, right
  3: '654 321', // bottom, right
  4: '456 123', // bottom, left
  5: '14 25 36', // left, top
  6: '41 52 63', // right, top
  7: '63 52 41', // right, bottom
  8: '36 25 14', // left, bottom
}
const orientations = Object.keys(upright).map(exifOrientation)

test.each(orientations)('orientation %i, of every page and channel, and back', (orientation) => {
  const [first] = upright[orientation].split(' ')
  const expected = [...upright[orientation].replaceAll(' ', '')].map(Number)
  const stored = makeVolume({
    name: 'a.tif',
    kind: 'tiff',
    size: [3, 2, 2, 1],
    samples: Uint16Array.of(1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60, 7, 70, 8, 80, 9, 90, 10, 100, 11, 110, 12, 120),
    channels: 2,
    alpha: true,
    spacing: [2, 5, 7],
  })
  const seen = turnUpright(stored, orientation)
  expect([...seen.samples]).toEqual([...expected, ...expected.map((v) => v + 6)].flatMap((v) => [v, 10 * v]))
  expect(seen.size).toEqual([first!.length, 6 / first!.length, 2, 1])
  expect(seen.spacing).toEqual(orientation > 4 ? [5, 2, 7] : [2, 5, 7])
  expect(seen.notes.length).toBe(orientation === 1 ? 0 : 1)
  const back = asStored(seen, Uint8Array.from([...expected, ...expected]))
  expect([...back.values]).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6])
  expect([back.volume.size, back.volume.spacing]).toEqual([stored.size, stored.spacing])
})

test('EXIF data are read in either byte order, and damaged data count as not turned', () => {
  expect(orientations.map((one) => readExif(writeExif(one)))).toEqual(orientations)
  const little = join(ascii('II'), pack([42], 'u2'), pack([8], 'u4'), pack([2], 'u2'))
  const entry = (tag: number, value: number) => join(pack([tag, 3], 'u2'), pack([1], 'u4'), pack([value, 0], 'u2'))
  expect(readExif(join(little, entry(0x100, 5), entry(0x112, 8)))).toBe(8)
  expect(readExif(join(little, entry(0x112, 9), entry(0x100, 5)))).toBe(1)
  const whole = writeExif(6)
  for (let end = 0; end < 20; end++) expect(readExif(whole.slice(0, end))).toBe(1)
  expect(readExif(join(ascii('MM'), Uint8Array.of(0, 42, 255, 255, 255, 255), new Uint8Array(40)))).toBe(1)
})

// A 13 x 9 grey ramp of 20 y + 5 x made by Pillow 9.4, as in jpeg-file.test.ts.
const ramp = Buffer.from(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//wAALCAAJAA0BAREA/8QAFQABAQAAAAAAAAAAAAAAAAAABQb/xAAcEAABBAMBAAAAAAAAAAAAAAAAAwQGIjEyoUH/2gAIAQEAAD8AGaxvFOCyMbppwoWvgujof//Z',
  'base64',
)

test('a JPEG is turned as its EXIF says, ignoring other data of the same marker', () => {
  const app1 = (data: Uint8Array) => join(Uint8Array.of(0xff, 0xe1), pack([data.length + 2], 'u2', false), data)
  const xmp = app1(ascii('http://ns.adobe.com/xap/1.0/\0'))
  const exif = app1(join(ascii('Exif\0\0'), writeExif(6)))
  const read = (...parts: Uint8Array[]) => readJpegVolume({ name: 'a.jpg', bytes: join(ramp.subarray(0, 2), ...parts, ramp.subarray(2)) })
  expect(read(xmp).size).toEqual([13, 9, 1, 1])
  const { size, samples } = read(xmp, exif)
  expect(size).toEqual([9, 13, 1, 1])
  // The first row as stored, 0 to 60, runs down the right side; the first column, 0 to 160, along the top to the left.
  const at = (x: number, y: number) => samples[y * 9 + x]!
  for (const [x, y, value] of [[8, 0, 0] as const, [8, 12, 60] as const, [0, 0, 160] as const, [0, 12, 220] as const])
    expect(Math.abs(at(x, y) - value)).toBeLessThan(3)
})

test('a PNG is turned as its EXIF chunk says', () => {
  const { name, bytes } = makePng('a.png', {
    rows: [
      [1, 2, 3],
      [4, 5, 6],
    ],
  })
  const exif = Uint8Array.from(chunk('eXIf', writeExif(8)))
  const turned = readPngVolume({ name, bytes: join(bytes.subarray(0, 33), exif, bytes.subarray(33)) })
  expect([turned.size, [...turned.samples]]).toEqual([
    [2, 3, 1, 1],
    [3, 6, 2, 5, 1, 4],
  ])
})

const cases = '../shared/data/cases'
test.skipIf(!existsSync(cases))('a mask drawn on the upright view lies on the photo', () => {
  const load = (name: string) => ({ name, bytes: new Uint8Array(readFileSync(`${cases}/${name}`)) })
  const [photo, mask] = [readJpegVolume(load('exif3.jpg')), readPngVolume(load('exif3_mask.png'))]
  const under = Array.from(photo.samples).filter((_, i) => mask.samples[i]! > 0)
  expect(Math.abs(under.reduce((a, b) => a + b) / under.length - 220)).toBeLessThan(1)
})

import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { isJpeg, readJpegVolume } from './jpeg-file'
import { InputError } from './input-error'
import type { NamedFile } from './named-file'
import { isPng, readPngVolume } from './png-file'
import { planeOf, sliceOf } from './slices'
import { makePng, readNpy } from './files.test-support'

const base64 = (name: string, content: string): NamedFile => ({ name, bytes: Uint8Array.from(Buffer.from(content, 'base64')) })

/** The picture as training sees it. */
function readImage(file: NamedFile) {
  expect(isPng(file)).toBe(!isJpeg(file))
  const volume = isPng(file) ? readPngVolume(file) : readJpegVolume(file)
  return sliceOf(volume, planeOf(volume, 2), 0, 0)
}

/** What reading the file complains of; fails if it does not, or not with one sentence that names the file. */
function complaint(file: NamedFile): string {
  try {
    readImage(file)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    expect(error.file).toBe(file.name)
    expect(error.message).toContain(`"${file.name}"`)
    expect(error.message).toMatch(/^[^\n]*[^.]\.$/)
    return error.message
  }
  throw new Error(`${file.name} was read`)
}

describe('PNG', () => {
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
})

// Made by Pillow 9.4: a 13 x 9 ramp, 20 y + 5 x, at quality 60; its own decoder's values at five places, (row, column).
const places = [0, 12, 4 * 13 + 6, 8 * 13, 8 * 13 + 12]
const grey =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//wAALCAAJAA0BAREA/8QAFQABAQAAAAAAAAAAAAAAAAAABQb/xAAcEAABBAMBAAAAAAAAAAAAAAAAAwQGIjEyoUH/2gAIAQEAAD8AGaxvFOCyMbppwoWvgujof//Z'
const progressive =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//wgALCAAJAA0BAREA/8QAFQABAQAAAAAAAAAAAAAAAAAABAX/2gAIAQEAAAABEuiv/8QAFxABAAMAAAAAAAAAAAAAAAAAAAECBP/aAAgBAQABBQKuZGZVD//EABQQAQAAAAAAAAAAAAAAAAAAACD/2gAIAQEABj8CH//EABgQAAIDAAAAAAAAAAAAAAAAAAAxECFh/9oACAEBAAE/IcipRU//2gAIAQEAAAAQ3//EABkQAAEFAAAAAAAAAAAAAAAAAAAQMUHB8f/aAAgBAQABPxBiphkEf//Z'
const colour =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAJAA0DAREAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAwT/xAAZEAACAwEAAAAAAAAAAAAAAAAAAgQhMWH/xAAXAQEBAQEAAAAAAAAAAAAAAAAFAgME/8QAGhEAAwADAQAAAAAAAAAAAAAAAAEDBSExYf/aAAwDAQACEQMRAD8AR5fThUwyOH8BaXelqYnPD64SuaociC2loTnw/9k='

describe('JPEG', () => {
  test.each([
    ['grey', grey, [1, 60, 112, 159, 220]],
    ['progressive', progressive, [1, 60, 112, 159, 220]],
    ['colour', colour, [160.1, 144, 128.4, 113, 97.2]],
  ])('%s, within rounding of Pillow', (_, content, expected) => {
    const { width, height, pixels } = readImage(base64('x.jpg', content))
    expect([width, height]).toEqual([13, 9])
    places.forEach((at, i) => expect(Math.abs(pixels[at]! - expected[i]!)).toBeLessThan(3))
  })

  test('too large, of no size or of another kind is refused from the header', () => {
    const file = base64('big.jpg', grey)
    const frame = file.bytes.findIndex((byte, i) => byte === 0xff && file.bytes[i + 1] === 0xc0)
    const view = new DataView(file.bytes.buffer)
    view.setUint8(frame + 1, 0xc3)
    expect(complaint(file)).toContain('save it as PNG')
    view.setUint8(frame + 1, 0xc0)
    view.setUint16(frame + 5, 20_000)
    view.setUint16(frame + 7, 20_000)
    expect(complaint(file)).toMatch(/20,000 x 20,000 pixels.*64 megapixels/)
    view.setUint16(frame + 5, 0)
    expect(complaint(file)).toContain('20,000 x 0')
  })

  test('cut short or damaged', () => {
    const { bytes } = base64('x.jpg', progressive)
    for (let end = 3; end < bytes.length; end++) expect(complaint({ name: 'x.jpg', bytes: bytes.slice(0, end) })).toContain('cut short')
  })

  test('random damage gives an image or one sentence, and prints nothing', () => {
    const spies = [vi.spyOn(console, 'log'), vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')]
    const contents = fc.constantFrom(grey, progressive, colour)
    fc.assert(
      fc.property(contents, fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { minLength: 1, maxLength: 4 }), (content, changes) => {
        const file = base64('x.jpg', content)
        for (const [at, byte] of changes) if (at > 2 && at < file.bytes.length) file.bytes[at] = byte
        try {
          readImage(file)
        } catch (error) {
          expect(error).toBeInstanceOf(InputError)
        }
      }),
      { numRuns: 300 },
    )
    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  })
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

import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { InputError } from './input-error'
import type { NamedFile } from './named-file'
import { complaint, readImage } from './picture.test-support'

const base64 = (name: string, content: string): NamedFile => ({ name, bytes: Uint8Array.from(Buffer.from(content, 'base64')) })

// Made by Pillow 9.4: a 13 x 9 ramp, 20 y + 5 x, at quality 60; its own decoder's values at five places, (row, column).
const places = [0, 12, 4 * 13 + 6, 8 * 13, 8 * 13 + 12]
const grey =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//wAALCAAJAA0BAREA/8QAFQABAQAAAAAAAAAAAAAAAAAABQb/xAAcEAABBAMBAAAAAAAAAAAAAAAAAwQGIjEyoUH/2gAIAQEAAD8AGaxvFOCyMbppwoWvgujof//Z'
const progressive =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//wgALCAAJAA0BAREA/8QAFQABAQAAAAAAAAAAAAAAAAAABAX/2gAIAQEAAAABEuiv/8QAFxABAAMAAAAAAAAAAAAAAAAAAAECBP/aAAgBAQABBQKuZGZVD//EABQQAQAAAAAAAAAAAAAAAAAAACD/2gAIAQEABj8CH//EABgQAAIDAAAAAAAAAAAAAAAAAAAxECFh/9oACAEBAAE/IcipRU//2gAIAQEAAAAQ3//EABkQAAEFAAAAAAAAAAAAAAAAAAAQMUHB8f/aAAgBAQABPxBiphkEf//Z'
const colour =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAJAA0DAREAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAwT/xAAZEAACAwEAAAAAAAAAAAAAAAAAAgQhMWH/xAAXAQEBAQEAAAAAAAAAAAAAAAAFAgME/8QAGhEAAwADAQAAAAAAAAAAAAAAAAEDBSExYf/aAAwDAQACEQMRAD8AR5fThUwyOH8BaXelqYnPD64SuaociC2loTnw/9k='

test.each([
  ['grey', grey, [1, 60, 112, 159, 220]],
  ['progressive', progressive, [1, 60, 112, 159, 220]],
  ['colour', colour, [160.1, 144, 128.4, 113, 97.2]],
])('%s, within rounding of Pillow', (_, content, expected) => {
  const { width, height, pixels } = readImage(base64('x.jpg', content))
  expect([width, height]).toEqual([13, 9])
  places.forEach((at, i) => expect(Math.abs(pixels[at]! - expected[i]!)).toBeLessThan(3))
})

test('a file that is too large, empty or of another kind is refused from its header', () => {
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

import { expect, it } from 'vitest'
import { rgbOf, viridis, viridisStops } from '../image/palette'
import {
  paintBox,
  paintChannels,
  paintConfidence,
  paintDisagreement,
  paintGrey,
  paintKnown,
  paintMask,
  strikeUnknown,
  tintLabels,
} from './painters'

const pixels = (n: number) => ({ data: new Uint8ClampedArray(n * 4) })
const at = (to: { data: Uint8ClampedArray }, i: number) => [...to.data.subarray(i * 4, i * 4 + 4)]
const bytes = (...values: number[]) => Uint8Array.from(values)
const palette = [rgbOf('#000000'), rgbOf('#ff0000')]

it('reads colours', () => {
  expect(rgbOf('#0072b2')).toEqual([0, 114, 178])
  expect(() => rgbOf('red')).toThrow('"red"')
  expect(() => rgbOf('#12345')).toThrow('"#12345"')
})

it('paints every pixel opaque', () => {
  const to = pixels(3)
  paintGrey(to, bytes(0, 128, 255))
  expect([0, 1, 2].map((i) => at(to, i))).toEqual([
    [0, 0, 0, 255],
    [128, 128, 128, 255],
    [255, 255, 255, 255],
  ])
})

it('colours the classes and leaves background and unknown classes grey', () => {
  const to = pixels(3)
  paintGrey(to, bytes(100, 100, 100))
  tintLabels(to, bytes(0, 1, 7), palette, 0.5)
  expect(at(to, 0)).toEqual([100, 100, 100, 255])
  expect(at(to, 1)).toEqual([178, 50, 50, 255])
  expect(at(to, 2)).toEqual([100, 100, 100, 255])
})

it('darkens what is unknown and nothing else', () => {
  const struck = strikeUnknown(Uint8Array.from([200, 200, 200, 200]), Uint8Array.from([0, 255, 1, 255]), 2)
  expect([struck[0], struck[2]]).toEqual([200, 200])
  expect(struck[1]).toBeLessThan(160)
  expect(struck[3]).toBeLessThan(160)
})

it('strikes through what is unknown, and shows a mask without any colour', () => {
  const known = pixels(2)
  paintKnown(known, bytes(200, 200), bytes(1, 0), 2)
  expect(at(known, 0)[0]).toBe(200)
  expect(at(known, 1)[0]).toBeLessThan(160)
  const mask = pixels(4)
  paintMask(mask, bytes(0, 255, 0, 255), bytes(1, 1, 0, 0), 2)
  const greys = [0, 1, 2, 3].map((i) => at(mask, i))
  expect(greys.every(([r, g, b]) => r === g && g === b)).toBe(true)
  // Whatever the image, what is in the mask is far lighter than what is not.
  expect(Math.min(greys[0]![0]!, greys[1]![0]!)).toBeGreaterThan(Math.max(greys[2]![0]!, greys[3]![0]!) + 80)
})

it('colours where the models differ, and darkens the rest', () => {
  const to = pixels(2)
  paintDisagreement(to, bytes(200, 200), bytes(1, 0), [0, 0, 255])
  expect(at(to, 0)).toEqual([80, 80, 233, 255])
  expect(at(to, 1)).toEqual([50, 50, 50, 255])
})

it('shows confidence in viridis, whose lightness only grows', () => {
  const to = pixels(2)
  paintConfidence(to, bytes(0, 255))
  expect(at(to, 0)).toEqual([...viridisStops[0]!, 255])
  expect(at(to, 1)).toEqual([...viridisStops.at(-1)!, 255])
  const luminance = Array.from(
    { length: 256 },
    (_, v) => 0.2126 * viridis[v * 3]! + 0.7152 * viridis[v * 3 + 1]! + 0.0722 * viridis[v * 3 + 2]!,
  )
  expect(luminance.every((l, i) => i === 0 || l >= luminance[i - 1]! - 0.6)).toBe(true)
})

it('frames a box in white and black, and leaves what is inside and outside', () => {
  const to = pixels(64)
  paintGrey(to, new Uint8Array(64).fill(128))
  paintBox(to, { x: 2, y: 1, width: 4, height: 5 }, 8)
  const rows = Array.from({ length: 8 }, (_, y) => Array.from({ length: 8 }, (_, x) => at(to, y * 8 + x)[0]))
  expect(rows.map((row) => row.map((v) => (v === 128 ? '.' : v === 255 ? 'w' : 'b')).join(''))).toEqual([
    '........',
    '..wwbb..',
    '..w..w..',
    '..b..w..',
    '..b..b..',
    '..wwbb..',
    '........',
    '........',
  ])
})

it('shows every channel of every level, the dropped ones dark', () => {
  const side = 128
  const levels = [bytes(0, 1, 0, 0), Uint8Array.from({ length: 64 }, (_, c) => c % 2), Uint8Array.from({ length: 512 }, () => 1)]
  const to = { data: new Uint8ClampedArray(side * side * 4) }
  paintChannels(to, levels, side)
  const rows = Array.from({ length: side }, (_, y) => Array.from({ length: side }, (_, x) => at(to, y * side + x)[0]!))
  /** The cells of a line of pixels: shades that are not those between cells, each once. */
  const cells = (row: number[]) => row.filter((v, x) => v !== 25 && row[x - 1] !== v)
  const lines = rows.map(cells).filter((line, y, all) => line.length > 0 && (y === 0 || all[y - 1]!.length === 0))
  expect(lines).toHaveLength(1 + 2 + 16)
  expect(lines[0]).toEqual([225, 85, 225, 225])
  const alternating = Array.from({ length: 32 }, (_, c) => (c % 2 ? 85 : 225))
  expect(lines.slice(1, 3)).toEqual([alternating, alternating])
  for (const line of lines.slice(3)) expect(line).toEqual(new Array<number>(32).fill(85))
})

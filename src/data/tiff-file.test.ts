import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromBytes } from './given-file'
import { readJpeg } from './jpeg-file'
import { arrangementOf } from './tiff-axes'
import { readTiff } from './tiff-file'
import { join, makeTiff, pack } from './volumes.test-support'

const read = (bytes: Uint8Array<ArrayBuffer>, name = 'a.tif') => readTiff(fromBytes(name, bytes))
const reversed = (bytes: Uint8Array) => bytes.map((byte) => parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2))

test.each([
  ['plain', {}],
  ['big-endian', { big: true }],
  ['deflated, with predictor', { deflate: true, predictor: true }],
])('bits stored lowest first, %s', async (_, options) => {
  const page = [
    [1, 2, 300],
    [40_000, 5, 6],
  ]
  const { samples } = await read(makeTiff([page], 'u2', { ...options, tags: { 266: 2 }, strip: reversed }))
  expect([...samples]).toEqual(page.flat())
})

test('single bits stored lowest first', async () => {
  const tags = { 256: 10, 258: 1, 266: 2 }
  const { samples } = await read(makeTiff([[[0b11010000, 0b01000000]]], 'u1', { tags, strip: reversed }))
  expect([...samples]).toEqual([1, 1, 0, 1, 0, 0, 0, 0, 0, 1])
})

// Made by Pillow 9.4, as in jpeg-file.test.ts: 13 x 9 pixels, chroma at half the size.
const photo = new Uint8Array(
  Buffer.from(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAJAA0DAREAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAwT/xAAZEAACAwEAAAAAAAAAAAAAAAAAAgQhMWH/xAAXAQEBAQEAAAAAAAAAAAAAAAAFAgME/8QAGhEAAwADAQAAAAAAAAAAAAAAAAEDBSExYf/aAAwDAQACEQMRAD8AR5fThUwyOH8BaXelqYnPD64SuaociC2loTnw/9k=',
    'base64',
  ),
)

/** A JPEG's tables and the rest, stored separately as in TIFF. */
function apart(jpeg: Uint8Array) {
  const [tables, rest]: Uint8Array[][] = [[], []]
  let at = 2
  for (; jpeg[at + 1] !== 0xda; at += 2 + jpeg[at + 2]! * 256 + jpeg[at + 3]!) {
    const segment = jpeg.subarray(at, at + 2 + jpeg[at + 2]! * 256 + jpeg[at + 3]!)
    ;([0xdb, 0xc4].includes(segment[1]!) ? tables! : rest!).push(segment)
  }
  const start = Uint8Array.of(0xff, 0xd8)
  return { tables: join(start, ...tables!, Uint8Array.of(0xff, 0xd9)), strip: join(start, ...rest!, jpeg.subarray(at)) }
}

describe('three or four grey samples of a pixel', () => {
  const rows = [
    [1, 2, 3, 4, 11, 12, 13, 14],
    [21, 22, 23, 24, 31, 32, 33, 34],
  ]
  const tags = { 256: 2, 258: [8, 8, 8, 8], 277: 4, 338: [0, 0, 0] } as const
  const pages = [rows, rows.map((row) => row.map((v) => v + 100))]

  test('are channels, as frames', async () => {
    // RGB whose writer called it grey has none of them.
    const colour = await read(makeTiff([rows.map((row) => row.slice(0, 6))], 'u1', { tags: { 256: 2, 258: [8, 8, 8], 277: 3, 262: 1 } }))
    expect(colour).toMatchObject({ size: [2, 2, 1, 1], channels: 3 })
    for (const photometric of [0, 1]) {
      const volume = await read(makeTiff(pages, 'u1', { tags: { ...tags, 262: photometric } }))
      expect(volume).toMatchObject({ size: [2, 2, 2, 4], frameMeans: 'channel', channels: 1, alpha: false, inverted: photometric === 0 })
      const first = [1, 11, 21, 31, 101, 111, 121, 131]
      expect([...volume.samples]).toEqual([0, 1, 2, 3].flatMap((channel) => first.map((v) => v + channel)))
      expect(volume.notes).toEqual(['One of the 4 channels is used, the first unless you choose another; they are listed as frames.'])
    }
    const three = { 256: 2, 258: [16, 16, 16], 262: 1, 277: 3, 338: 0 } as const
    const { size, samples } = await read(makeTiff([[[1, 2, 3, 4, 5, 6]]], 'u2', { tags: three }))
    expect([size, [...samples]]).toEqual([
      [2, 1, 1, 3],
      [1, 4, 2, 5, 3, 6],
    ])
  })

  test('are refused where pages are channels too', async () => {
    const description = 'ImageJ=1.53t\nimages=2\nchannels=2\n'
    await expect(read(makeTiff(pages, 'u1', { tags: { ...tags, 262: 1, 270: description } }))).rejects.toThrow(
      'has 4 channels for each pixel',
    )
  })

  test('are colours where the file says so', async () => {
    expect(await read(makeTiff(pages, 'u1', { tags: { ...tags, 262: 2, 338: 2 } }))).toMatchObject({
      channels: 4,
      alpha: true,
      frameMeans: 'time',
    })
  })
})

test('JPEG in YCbCr becomes red, green and blue, with its tables inside or separate', async () => {
  const { rgb } = readJpeg({ name: 'a.jpg', bytes: photo })
  const tags = { 256: 13, 257: 9, 258: [8, 8, 8] as const, 259: 7, 277: 3, 278: 9 }
  const { tables, strip } = apart(photo)
  for (const [own, stored] of [[{}, photo] as const, [{ 347: tables }, strip] as const]) {
    const file = (photometric: number) =>
      makeTiff([[[0]]], 'u1', { tags: { ...tags, ...own, 262: photometric, 279: stored.length }, strip: () => stored })
    const { samples, channels } = await read(file(6))
    expect([channels, samples.length]).toEqual([3, rgb.length])
    expect(rgb.reduce((worst, v, i) => Math.max(worst, Math.abs(v - samples[i]!)), 0)).toBeLessThanOrEqual(2)
    // If the file says it is already red, green and blue, nothing is converted: libtiff relies on this alone too.
    expect(Math.abs((await read(file(2))).samples[1]! - 128)).toBeGreaterThan(10)
  }
})

test('TIFF has orientations too', async () => {
  const pages = [[[1, 2, 3]], [[4, 5, 6]]]
  const { size, samples, turned } = await read(makeTiff(pages, 'u1', { tags: { 274: 3 } }))
  expect([size, [...samples], turned]).toEqual([[3, 1, 2, 1], [3, 2, 1, 6, 5, 4], 3])
})

/** Pages of one pixel, each its number. */
const numbered = (count: number) => Array.from({ length: count }, (_, i) => [[i]])
const lines = (...more: string[]) => ['ImageJ=1.53t', ...more].join('\n')

test('Fiji: channels run fastest and become frames, micrometres become millimetres', async () => {
  const description = lines(
    'images=6',
    'channels=2',
    'slices=3',
    'hyperstack=true',
    'mode=composite',
    'unit=\\u00B5m',
    'spacing=1.5',
    'loop=false',
  )
  const tags = { 270: description, 282: [5, 1], 283: [10, 2] } as const
  const volume = await read(makeTiff(numbered(6), 'u2', { tags }))
  expect(volume).toMatchObject({ size: [1, 1, 3, 2], frameMeans: 'channel' })
  expect([...volume.samples]).toEqual([0, 2, 4, 1, 3, 5])
  expect(volume.spacing!.map((mm) => Number(mm.toPrecision(9)))).toEqual([0.0002, 0.0002, 0.0015])
  expect(volume.notes).toEqual(['It has 2 channels, read as frames: the first is used unless you choose another.'])
})

test.each<[string, string[], number, number[], number[], RegExp | null]>([
  ['times of one slice are images', ['images=3', 'frames=3'], 3, [3, 1], [0, 1, 2], /times of one slice/],
  ['channels of one slice are frames', ['images=3', 'channels=3'], 3, [1, 3], [0, 1, 2], /3 channels/],
  ['slices at times', ['images=6', 'slices=3', 'frames=2'], 6, [3, 2], [0, 1, 2, 3, 4, 5], null],
  ['all of them', ['images=8', 'channels=2', 'slices=2', 'frames=2'], 8, [2, 4], [0, 2, 1, 3, 4, 6, 5, 7], /for each time in turn/],
  ['a copy of some of the pages', ['images=6', 'slices=6'], 2, [2, 1], [0, 1], /says 6 images, but it holds 2/],
  ['invalid numbers', ['images=x', 'slices=-3', 'channels=', '=', 'unit'], 2, [2, 1], [0, 1], null],
])('ImageJ: %s', (_, own, pages, size, order, note) => {
  const told = arrangementOf(lines(...own), pages, 1, [NaN, NaN])
  expect([told.slices, told.frames]).toEqual(size)
  expect(told.pages).toEqual(order)
  expect(told.spacing).toBeNull()
  if (note) expect(told.notes.join()).toMatch(note)
  else expect(told.notes).toEqual([])
})

test('ImageJ: pixels are not a length, and signed numbers are kept as a straight line', () => {
  expect(arrangementOf(lines('unit=pixel'), 1, 1, [1, 1]).spacing).toBeNull()
  expect(arrangementOf(lines('unit=inch'), 1, 1, [100, 50]).spacing).toEqual([0.254, 0.508, 25.4])
  expect(arrangementOf(lines('unit=mm', 'spacing=-3'), 1, 1, [2, 2]).spacing).toEqual([0.5, 0.5, 3])
  expect(arrangementOf(lines('cf=0', 'c0=-32768.0', 'c1=1.0'), 1, 1, [1, 1])).toMatchObject({ slope: 1, intercept: -32768, notes: [] })
  expect(arrangementOf(lines('cf=20', 'c0=1', 'c1=2'), 1, 1, [1, 1])).toMatchObject({
    slope: 1,
    notes: [expect.stringContaining('not a straight line')],
  })
})

test.each([false, true])('images that follow the one in the directory, big-endian %s', async (big) => {
  const all = [0, 1, 2, 3, 4, 5].map((v) => 1000 * v)
  const options = { big, tags: { 256: 2, 257: 1, 270: lines('images=3', 'slices=3'), 279: 4 }, strip: () => pack(all, 'u2', !big) }
  const { size, samples } = await read(makeTiff([[[0, 0]]], 'u2', options))
  expect([size, [...samples]]).toEqual([[2, 1, 3, 1], all])
  // If cut short, only the first is read, with a note.
  const bytes = makeTiff([[[0, 0]]], 'u2', options)
  const cut = await read(bytes.slice(0, -2))
  expect([cut.size, cut.notes]).toEqual([[2, 1, 1, 1], ['Its ImageJ description says 3 images, but it holds 1.']])
})

test('OME: any order of slices, channels and times, and names of channels', () => {
  const ome = (order: string, z: number, c: number, t: number) =>
    `<OME><Image><Pixels DimensionOrder="${order}" SizeX="1" SizeY="1" SizeZ="${z}" SizeC="${c}" SizeT="${t}" PhysicalSizeX="0.5" PhysicalSizeY="500" PhysicalSizeYUnit="nm">` +
    '<Channel ID="0" Name="DAPI"/><Channel ID="1" Name="GFP" SamplesPerPixel="1"><LightPath/></Channel></Pixels></Image></OME>'
  expect(arrangementOf(ome('XYZCT', 3, 2, 1), 6, 1, [NaN, NaN])).toMatchObject({
    pages: [0, 1, 2, 3, 4, 5],
    slices: 3,
    frames: 2,
    channels: true,
  })
  const told = arrangementOf(ome('XYCZT', 3, 2, 1), 6, 1, [NaN, NaN])
  expect(told).toMatchObject({
    pages: [0, 2, 4, 1, 3, 5],
    slices: 3,
    frames: 2,
    notes: [expect.stringContaining('2 channels (DAPI, GFP)')],
  })
  told.spacing!.forEach((mm, i) => expect(mm).toBeCloseTo([0.0005, 0.0005, 1][i]!, 9))
  expect(arrangementOf(ome('XYTZC', 2, 1, 2), 4, 1, [NaN, NaN])).toMatchObject({
    pages: [0, 2, 1, 3],
    slices: 2,
    frames: 2,
    channels: false,
  })
  // Red, green and blue are inside the pixels.
  expect(arrangementOf(ome('XYCZT', 4, 3, 1), 4, 3, [NaN, NaN])).toMatchObject({ slices: 4, frames: 1, notes: [] })
  expect(arrangementOf(ome('XYCZT', 1, 2, 1), 2, 1, [NaN, NaN])).toMatchObject({ slices: 2, frames: 1 })
})

test('slices are as far apart as the description says; times and channels of one slice are not', () => {
  const ome = (z: number, t: number, step: string) =>
    `<OME><Image><Pixels DimensionOrder="XYZCT" SizeZ="${z}" SizeC="1" SizeT="${t}" PhysicalSizeX="0.5" PhysicalSizeY="0.5" ${step}/></Image></OME>`
  const imageJ = (...own: string[]) => lines('unit=mm', ...own)
  const knows = (description: string) => arrangementOf(description, 3, 1, [2, 2]).stepKnown
  expect([ome(3, 1, 'PhysicalSizeZ="2"'), ome(3, 1, ''), ome(1, 3, 'PhysicalSizeZ="2"')].map(knows)).toEqual([true, false, false])
  // ImageJ leaves out a spacing of 1.
  expect([imageJ('slices=3'), imageJ('slices=3', 'zunit=pixel'), imageJ('frames=3')].map(knows)).toEqual([true, false, false])
})

const cases = '../shared/data/cases'
test.skipIf(!existsSync(cases))('files of tifffile and Pillow', async () => {
  const load = (name: string) => read(new Uint8Array(readFileSync(`${cases}/${name}`)), name)
  const { size, samples, spacing } = await load('imagej-channels.tif')
  expect([size, spacing!.map((mm) => Number(mm.toPrecision(9)))]).toEqual([
    [20, 24, 3, 2],
    [0.0002, 0.0002, 0.0015],
  ])
  expect([0, 1, 2, 3, 4, 5].map((page) => Math.min(...samples.subarray(page * 480, page * 480 + 480)))).toEqual([
    1000, 1100, 1200, 10, 11, 12,
  ])
  expect((await load('imagej-one-directory.tif')).size).toEqual([20, 24, 3, 1])
  const photo = await load('ycbcr-jpeg.tif')
  const colours = [photo.samples.subarray(0, 3), photo.samples.subarray(3 * (32 * 64 + 32), 3 * (32 * 64 + 32) + 3)].map((one) => [...one])
  const expected = [
    [199, 61, 139],
    [40, 179, 60],
  ]
  expect(colours.flat().every((v, i) => Math.abs(v - expected.flat()[i]!) <= 2)).toBe(true)
})

// Found by fuzzing: pages "of different sizes", of which one was the whole of ImageJ's description.
test.each([
  ['a text', 256, 'twenty'],
  ['a fraction of a pixel', 257, [3, 2]],
  ['a text for the rows of a strip', 278, '2'],
] as const)('a side that is %s is damage', async (_, tag, value) => {
  await expect(read(makeTiff([[[1, 2]]], 'u1', { tags: { [tag]: value } }))).rejects.toThrow('is no number; save it again.')
})

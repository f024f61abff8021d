import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat } from '../lib/concat'
import { readDicom } from './dicom'
import type { Element } from './dicom-elements'
import { isDicom } from './dicom-mark'
import { planesOfVolume } from './dicom-stack'
import { makeDicom } from './dicom.test-support'
import { fromBytes, type GivenFile } from './given-file'
import './itk-pipeline.test-support'
import { InputError } from './input-error'
import { orientationOf, type Volume } from './volume'

const shared = new URL('../../../shared/data/', import.meta.url).pathname
const formats = join(shared, 'formats')
const given = (path: string, name = basename(path)): GivenFile => fromBytes(name, new Uint8Array(readFileSync(path)))
const read = async (...files: GivenFile[]) => {
  const { volumes, problems } = await readDicom(files)
  expect(problems.map(({ message }) => message)).toEqual([])
  return volumes
}
const one = async (...files: GivenFile[]): Promise<Volume> => {
  const volumes = await read(...files)
  expect(volumes.length).toBe(1)
  return volumes[0]!
}
const i16 = (...values: number[]) => Int16Array.from(values)

describe('what is DICOM', () => {
  test('is recognised by its mark, its name or its first element', () => {
    const marked = new Uint8Array(200)
    marked.set([68, 73, 67, 77], 128)
    expect(isDicom(marked, 'IM0001')).toBe(true)
    expect(isDicom(new Uint8Array(200), 'a.IMA')).toBe(true)
    expect(isDicom(Uint8Array.of(8, 0, 5, 0, 67, 83, 10, 0), 'IM0001')).toBe(true)
    expect(isDicom(Uint8Array.of(8, 0, 0, 0, 4, 0, 0, 0), 'IM0001')).toBe(true)
    expect(isDicom(Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10), 'a.png')).toBe(false)
    expect(isDicom(new Uint8Array(0), 'a')).toBe(false)
  })
})

describe('a series', () => {
  const slice = (z: number, values: number[], own: Partial<Parameters<typeof makeDicom>[0]> = {}) =>
    makeDicom({ position: [10, 20, z], pixels: i16(...values), ...own })
  const six = (first: number) => [0, 1, 2, 3, 4, 5].map((i) => first + i)

  test('is sorted by position, whatever the names, and lies where the file says', async () => {
    const volume = await one(
      slice(5, six(200), { name: 'a/s/1.dcm' }),
      slice(-5, six(-3), { name: 'a/s/2.dcm' }),
      slice(0, six(100), { name: 'a/s/3.dcm' }),
    )
    expect([...volume.samples]).toEqual([...six(-3), ...six(100), ...six(200)])
    expect(volume).toMatchObject({ name: 's', patient: 'P1', size: [3, 2, 3, 1], spacing: [1.5, 2, 5], modality: 'MR', notes: [] })
    // By hand: index (1, 1, 1) is 1.5 mm to the patient's left and 2 mm to the back of (10, 20), 5 mm up from -5.
    const [x, y, z] = volume.affine!.map((row) => row[0] + row[1] + row[2] + row[3])
    expect([x, y, z]).toEqual([-11.5, -22, 0])
    expect(volume.origin.format === 'dicom' && volume.origin.files.map(({ name }) => name)).toEqual(['a/s/2.dcm', 'a/s/3.dcm', 'a/s/1.dcm'])
  })

  test('with two times at each position has two frames, by trigger time and then number', async () => {
    const at = (z: number, time: number, first: number) => slice(z, six(first), { more: [['00181060', 'DS', String(time)]] })
    const volume = await one(at(0, 30.5, 100), at(5, 8, 200), at(5, 31, 300), at(0, 9, 400))
    expect(volume.size).toEqual([3, 2, 2, 2])
    expect([...volume.samples]).toEqual([...six(400), ...six(200), ...six(100), ...six(300)])
  })

  test('with unequal numbers of pictures at its positions becomes slices, with a note', async () => {
    const volume = await one(slice(0, six(0)), slice(5, six(1)), slice(5, six(2)))
    expect(volume).toMatchObject({ size: [3, 2, 3, 1], affine: null })
    expect(volume.notes[0]).toContain('a slice of its own')
  })

  test('with a gap says how many slices are missing', async () => {
    const volume = await one(...[0, 5, 10, 25, 30].map((z) => slice(z, six(z))))
    expect(volume.notes).toEqual(['Slices are 5 mm apart but 2 are missing; a spacing of 7.5 mm is used.'])
    expect((await one(...[0, 5, 11, 15].map((z) => slice(z, six(z))))).notes).toEqual([
      'Slices are unevenly spaced, 4 mm to 6 mm; a spacing of 5 mm is used.',
    ])
  })

  test('is separated from others by series, by orientation and by size', async () => {
    const files = [
      slice(0, six(0)),
      slice(5, six(1)),
      slice(0, six(2), { series: '1.9' }),
      slice(0, six(3), { more: [['00200037', 'DS', '0\\1\\0\\0\\0\\-1']] }),
      makeDicom({ rows: 1, columns: 2, pixels: i16(1, 2) }),
    ]
    const volumes = await read(...files)
    expect(volumes.map(({ size }) => size.join(' ')).sort()).toEqual(['2 1 1 1', '3 2 1 1', '3 2 1 1', '3 2 2 1'])
    expect(new Set(volumes.map(({ name }) => name)).size).toBe(4)
  })

  test('given twice is read once; the same picture encoded differently is another volume', async () => {
    const files = [slice(0, six(0), { instance: '1.1' }), slice(5, six(1))]
    const volume = await one(...files, ...files)
    expect(volume.size).toEqual([3, 2, 2, 1])
    expect(volume.notes).toEqual(['2 files are copies of others and were left out.'])
    expect((await read(...files, slice(0, six(9), { instance: '1.1' }))).length).toBe(2)
  })

  test('with a different slope for each slice is converted to values; with one slope it is kept as stored', async () => {
    const scaled = (z: number, slope: number) =>
      slice(z, six(0), {
        more: [
          ['00281052', 'DS', '-10'],
          ['00281053', 'DS', String(slope)],
        ],
      })
    const mixed = await one(scaled(0, 0.5), scaled(5, 2))
    expect([...mixed.samples]).toEqual([...six(0).map((v) => v / 2 - 10), ...six(0).map((v) => 2 * v - 10)])
    expect(mixed).toMatchObject({ slope: 1, intercept: 0 })
    expect(await one(scaled(0, 2), scaled(5, 2))).toMatchObject({ slope: 2, intercept: -10, samples: i16(...six(0), ...six(0)) })
  })

  test('one bad file among good ones is named, and the others load', async () => {
    const bytes = await slice(5, six(1)).read()
    const { volumes, problems } = await readDicom([
      slice(0, six(0)),
      fromBytes('scan/cut.dcm', bytes.slice(0, -3)),
      fromBytes('scan/other.dcm', new TextEncoder().encode('hello')),
      slice(5, six(1)),
    ])
    expect(volumes.map(({ size }) => size)).toEqual([[3, 2, 2, 1]])
    expect(problems.map(({ file }) => file)).toEqual(['scan/cut.dcm', 'scan/other.dcm'])
    expect(problems[0]!.message).toContain('cut short')
  })
})

describe('pixels', () => {
  test('MONOCHROME1 is inverted, the window is kept', async () => {
    const more = [['00280004', 'CS', 'MONOCHROME1'] as const, ['00281050', 'DS', '40\\50'] as const, ['00281051', 'DS', '400\\10'] as const]
    expect(await one(makeDicom({ pixels: i16(1, 2, 3, 4, 5, 6), more }))).toMatchObject({
      inverted: true,
      window: { center: 40, width: 400 },
    })
  })

  test('bits above those stored are cut off, the sign kept', async () => {
    const pixels = Uint16Array.of(0x0fff, 0xf001, 0x0800, 0x07ff, 0, 1)
    expect([...(await one(makeDicom({ bits: [16, 12, 1], pixels }))).samples]).toEqual([-1, 1, -2048, 2047, 0, 1])
    expect([...(await one(makeDicom({ bits: [16, 12, 0], pixels }))).samples]).toEqual([4095, 1, 2048, 2047, 0, 1])
  })

  test('a palette gives indices and colours', async () => {
    const table = (value: number) => Uint8Array.of(0, value, 0, value + 1, 0, value + 2)
    const more = [
      ['00280004', 'CS', 'PALETTE COLOR'] as const,
      ...[1, 2, 3].flatMap((n) => [[`0028110${n}`, 'US', [3, 1, 16]] as const, [`0028120${n}`, 'OW', table(10 * n)] as const]),
    ]
    const volume = await one(makeDicom({ bits: [8, 8, 0], pixels: Uint8Array.of(0, 1, 2, 3, 3, 1), more }))
    expect([...volume.samples]).toEqual([0, 1, 2, 3, 3, 1])
    // The first entry is for value 1 and all below.
    expect(volume.palette).toEqual([
      [10, 20, 30],
      [10, 20, 30],
      [11, 21, 31],
      [12, 22, 32],
    ])
  })

  test.each([
    ['RGB', 0, [255, 0, 0, 0, 255, 0]],
    ['RGB', 1, [255, 0, 0, 255, 0, 0]],
    ['YBR_FULL', 0, [76, 85, 255, 150, 44, 21]],
    ['YBR_FULL_422', 0, [76, 150, 128, 128]],
  ])('%s, planar %i, becomes red, green, blue; slope and window do not count', async (photometric, planar, bytes) => {
    const volume = await one(
      makeDicom({
        rows: 1,
        columns: 2,
        bits: [8, 8, 0],
        pixels: Uint8Array.from(bytes),
        more: [
          ['00280002', 'US', [3]],
          ['00280004', 'CS', photometric],
          ['00280006', 'US', [planar]],
          ['00281050', 'DS', '40'],
          ['00281051', 'DS', '400'],
          ['00281053', 'DS', '7'],
        ],
      }),
    )
    expect(volume).toMatchObject({ channels: 3, slope: 1, window: null, size: [2, 1, 1, 1] })
    const expected = photometric.endsWith('422') ? [76, 76, 76, 150, 150, 150] : [255, 0, 0, 0, 255, 0]
    expected.forEach((v, i) => expect(Math.abs(volume.samples[i]! - v)).toBeLessThanOrEqual(1))
  })

  test('frames of a multi-frame file are slices if each has a position, in order of position', async () => {
    const place = (z: number) => [['00209113', 'SQ', [[['00200032', 'DS', `0\\0\\${z}`]]]] as const]
    const shared = [
      ['00209116', 'SQ', [[['00200037', 'DS', '1\\0\\0\\0\\1\\0']]]] as const,
      ['00289110', 'SQ', [[['00280030', 'DS', '3\\3']]]] as const,
      ['00289145', 'SQ', [[['00281052', 'DS', '-5'] as const, ['00281053', 'DS', '2'] as const]]] as const,
    ]
    const volume = await one(
      makeDicom({
        position: null,
        rows: 1,
        columns: 2,
        pixels: i16(1, 2, 3, 4, 5, 6),
        more: [
          ['00280008', 'IS', '3'],
          ['52009229', 'SQ', [shared]],
          ['52009230', 'SQ', [place(4), place(0), place(8)]],
        ],
      }),
    )
    expect(volume).toMatchObject({ size: [2, 1, 3, 1], spacing: [3, 3, 4], slope: 2, intercept: -5 })
    expect([...volume.samples]).toEqual([3, 4, 1, 2, 5, 6])
  })

  test('frames of several orientations make a volume for each', async () => {
    const frame = (position: string, cosines: string) => [
      ['00209113', 'SQ', [[['00200032', 'DS', position]]]] as const,
      ['00209116', 'SQ', [[['00200037', 'DS', cosines]]]] as const,
    ]
    const [axial, sagittal] = ['1\\0\\0\\0\\1\\0', '0\\1\\0\\0\\0\\-1']
    const shared = ['00289110', 'SQ', [[['00280030', 'DS', '3\\3']]]] as const
    const volumes = await read(
      makeDicom({
        name: 'a/scout.dcm',
        position: null,
        rows: 1,
        columns: 2,
        pixels: i16(1, 2, 3, 4, 5, 6),
        more: [
          ['00280008', 'IS', '3'],
          ['52009229', 'SQ', [[shared]]],
          ['52009230', 'SQ', [frame('0\\0\\5', axial!), frame('7\\0\\0', sagittal!), frame('0\\0\\0', axial!)]],
        ],
      }),
    )
    expect(volumes.map(({ name, size }) => [name, size])).toEqual([
      ['a/scout axial.dcm', [2, 1, 2, 1]],
      ['a/scout sagittal.dcm', [2, 1, 1, 1]],
    ])
    expect(volumes.map(({ samples }) => [...samples])).toEqual([
      [5, 6, 1, 2],
      [3, 4],
    ])
    expect(volumes[1]!.affine!.map((row) => row[3])).toEqual([-7, 0, 0])
    // A writer knows which frames they are.
    expect((await planesOfVolume(volumes[0]!)).map(({ frame }) => frame)).toEqual([2, 0])
    expect((await planesOfVolume(volumes[1]!)).map(({ frame }) => frame)).toEqual([1])
  })

  test('slices without a position are as far apart as they are thick, if that is said', async () => {
    for (const [more, step, known] of [
      [[['00180050', 'DS', '4']], 4, true],
      [[['00180088', 'DS', '5']], 5, true],
      [[], 1, false],
      [[['00180050', 'DS', '0']], 1, false],
    ] as [Element[], number, boolean][]) {
      const file = makeDicom({ position: null, rows: 1, columns: 2, pixels: i16(1, 2, 3, 4), more: [['00280008', 'IS', '2'], ...more] })
      const { size, spacing, stepKnown } = await one(file)
      expect([size[2], spacing, stepKnown]).toEqual([2, [1.5, 2, step], known])
    }
  })

  test('frames without a position are times if the file has a frame rate, else slices', async () => {
    const frames = (more: [string, string, string][]) =>
      one(makeDicom({ position: null, rows: 1, columns: 2, pixels: i16(1, 2, 3, 4), more: [['00280008', 'IS', '2'], ...more] }))
    expect((await frames([['00181063', 'DS', '40']])).size).toEqual([2, 1, 1, 2])
    expect((await frames([])).size).toEqual([2, 1, 2, 1])
  })
})

test('an Extended Offset Table says where frames are, in whatever order they were written', async () => {
  /** Four pixels of a byte each: one segment, a run of literals. */
  const rle = (...values: number[]) => {
    const bytes = new Uint8Array(64 + 6)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, 1, true)
    view.setUint32(4, 64, true)
    bytes.set([3, ...values], 64)
    return bytes
  }
  const table = (...numbers: number[]) => new Uint8Array(BigUint64Array.from(numbers, BigInt).buffer)
  const frames = [rle(5, 6, 7, 8), rle(9, 9, 9, 9), rle(1, 2, 3, 4)]
  const made = (...more: Element[]) =>
    makeDicom({
      ...{ rows: 1, columns: 4, bits: [8, 8, 0], position: null, pixels: new Uint8Array(0), syntax: '1.2.840.10008.1.2.5' },
      more: [['00280008', 'IS', '3'], ...more, ['7fe00010', 'OB', { fragments: frames }]],
    })
  const offsets = [2, 0, 1].map((place) => place * (8 + frames[0]!.length))
  const volume = await one(made(['7fe00001', 'OV', table(...offsets)], ['7fe00002', 'OV', table(70, 70, 70)]))
  expect([...volume.samples]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9])
  // One that is not of all frames says nothing.
  expect([...(await one(made(['7fe00001', 'OV', table(0)]))).samples]).toEqual([5, 6, 7, 8, 9, 9, 9, 9, 1, 2, 3, 4])
})

describe('compressed frames in several fragments, without an offset table', () => {
  // Made by Pillow 9.4, as in jpeg-file.test.ts: 13 x 9 pixels, grey.
  const jpeg = new Uint8Array(
    Buffer.from(
      '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//wAALCAAJAA0BAREA/8QAFQABAQAAAAAAAAAAAAAAAAAABQb/xAAcEAABBAMBAAAAAAAAAAAAAAAAAwQGIjEyoUH/2gAIAQEAAD8AGaxvFOCyMbppwoWvgujof//Z',
      'base64',
    ),
  )
  const item = (bytes: Uint8Array) => {
    const head = new Uint8Array(8)
    head.set([0xfe, 0xff, 0x00, 0xe0])
    new DataView(head.buffer).setUint32(4, bytes.length, true)
    return [head, bytes]
  }
  /** Each frame as three fragments, the last filled to an even length. */
  const file = (frames: readonly Uint8Array[]) => {
    const pieces = frames.flatMap((frame) => {
      const filled = concat([frame, new Uint8Array(frame.length % 2)])
      return [filled.subarray(0, 20), filled.subarray(20, 100), filled.subarray(100)]
    })
    const pixels = concat([new Uint8Array(0), ...pieces].flatMap(item).concat(Uint8Array.of(0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0)))
    const own = { rows: 9, columns: 13, bits: [8, 8, 0] as const, position: null, syntax: '1.2.840.10008.1.2.4.50' }
    const made = makeDicom({ ...own, pixels, more: [['00280008', 'IS', String(frames.length)]] })
    return made.read().then((bytes) => {
      bytes.set([255, 255, 255, 255], bytes.length - pixels.length - 4)
      return fromBytes('fragments.dcm', bytes)
    })
  }

  test.each([1, 2, 3])('%i frames', async (count) => {
    const volume = await one(await file(Array.from({ length: count }, (_, i) => (i % 2 === 0 ? jpeg : concat([jpeg, new Uint8Array(1)])))))
    expect(volume.size).toEqual([13, 9, count, 1])
    // Its first row is a ramp from 1 to 60, and its last ends with 220.
    for (let z = 0; z < count; z++)
      for (const [at, value] of [[0, 1] as const, [12, 60] as const, [116, 220] as const])
        expect(Math.abs(volume.samples[z * 117 + at]! - value)).toBeLessThan(3)
  })
})

describe("Siemens' mosaics", () => {
  // Tiles of 2 x 1 pixels: slices 1 2, 3 4 and 5 6, and an empty tile.
  const pixels = i16(1, 2, 3, 4, 5, 6, 0, 0)
  const mosaic = (more: readonly Element[] = [['0019100a', 'US', [3]]], own: Partial<Parameters<typeof makeDicom>[0]> = {}) =>
    makeDicom({
      rows: 2,
      columns: 4,
      position: [10, 20, 30],
      pixels,
      more: [['00080008', 'CS', 'ORIGINAL\\PRIMARY\\M\\MOSAIC'], ['00180088', 'DS', '5'], ...more],
      ...own,
    })

  /** A number or a vector as in Siemens' private header, which begins with the number of images. */
  function csa(normal: number[]): Element[] {
    const bytes = new Uint8Array(2000)
    const view = new DataView(bytes.buffer)
    const put = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at)
    put(0, 'SV10')
    view.setUint32(8, 2, true)
    let at = 16
    for (const [name, values] of [['NumberOfImagesInMosaic', [3]] as const, ['SliceNormalVector', normal] as const]) {
      put(at, name)
      // Six items, as Siemens writes them, of which the last ones are empty.
      view.setUint32(at + 76, 6, true)
      at += 84
      for (let i = 0; i < 6; i++) {
        const text = values[i] === undefined ? '' : values[i]!.toFixed(8)
        view.setUint32(at + 4, text.length, true)
        put(at + 16, text)
        at += 16 + 4 * Math.ceil(text.length / 4)
      }
    }
    return [
      ['00290010', 'LO', 'SIEMENS CSA HEADER'],
      ['00291010', 'OB', bytes.subarray(0, at)],
    ]
  }

  test('are split, each tile in its place', async () => {
    const volume = await one(mosaic())
    expect(volume).toMatchObject({ size: [2, 1, 3, 1], spacing: [1.5, 2, 5], notes: [expect.stringContaining('mosaic of 3 slices')] })
    expect([...volume.samples]).toEqual([1, 2, 3, 4, 5, 6])
    // By hand: half of the mosaic's two extra columns and one extra row, 1.5 and 2 mm each; RAS+ changes two signs.
    expect(volume.affine!.map((row) => row[3])).toEqual([-(10 + 1.5), -(20 + 1), 30])
    expect(volume.affine!.map((row) => row[2])).toEqual([0, 0, 5])
  })

  test('the private header says how many there are and in which direction', async () => {
    expect([...(await one(mosaic(csa([0, 0, 1])))).samples]).toEqual([1, 2, 3, 4, 5, 6])
    const down = await one(mosaic(csa([0, 0, -1])))
    expect([...down.samples]).toEqual([5, 6, 3, 4, 1, 2])
    expect(down.affine!.map((row) => row[3])).toEqual([-11.5, -21, 20])
  })

  test('of several times are a time series, for which no DICOM SEG is written', async () => {
    const at = (time: number, add: number) =>
      mosaic(
        [
          ['0019100a', 'US', [3]],
          ['00200013', 'IS', String(time)],
        ],
        { pixels: pixels.map((v) => v + add) },
      )
    const volume = await one(at(2, 10), at(1, 0))
    expect(volume.size).toEqual([2, 1, 3, 2])
    expect([...volume.samples]).toEqual([1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16])
    expect(volume.origin).toMatchObject({ format: 'dicom', mosaic: true })
  })

  test('that do not say how many slices they have are reported by name', async () => {
    const { volumes, problems } = await readDicom([mosaic([])])
    expect(volumes).toEqual([])
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^"scan.*Siemens mosaic that does not say .*dcm2niix\.$/),
    ])
  })
})

describe('hostile files', () => {
  test.each([
    ['rows of nothing', { rows: 0 }, 'holds no image'],
    ['more pixels than there are', { rows: 60000, columns: 100 }, 'cut short'],
    ['more than 1 GiB', { rows: 65535, columns: 65535 }, 'more than 1 GiB'],
  ])('%s give a sentence', async (_, own, sentence) => {
    const { volumes, problems } = await readDicom([makeDicom({ pixels: i16(1, 2, 3), ...own })])
    expect(volumes).toEqual([])
    expect(problems.length).toBe(1)
    expect(problems[0]).toBeInstanceOf(InputError)
    expect(problems[0]!.message).toContain(sentence)
    expect(problems[0]!.message).toMatch(/^"scan\/.*dcm" .*\.$/)
  })

  const names = existsSync(formats) ? readdirSync(formats).filter((name) => name.endsWith('.dcm')) : []
  test.skipIf(names.length === 0)('cut short or flipped at random: a volume or one sentence', async () => {
    const damage = fc.record({
      name: fc.constantFrom(...names),
      keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
      flips: fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255)), { maxLength: 30 }),
      early: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(damage, async ({ name, keep, flips, early }) => {
        const bytes = new Uint8Array(readFileSync(join(formats, name)))
        for (const [at, value] of flips) bytes[Math.floor(at * (early ? Math.min(2000, bytes.length) : bytes.length))] = value
        const { volumes, problems } = await readDicom([fromBytes(name, bytes.slice(0, Math.floor(keep * bytes.length)))])
        expect(volumes.length + problems.length).toBe(1)
        for (const { message } of problems) expect(message).toMatch(/^"[\w.-]+" .{20,}\.$/)
        for (const { samples, size, channels } of volumes) expect(samples.length).toBe(size.reduce((a, b) => a * b, channels))
      }),
      { numRuns: 25, seed: 4 },
    )
    // The decoder still works.
    expect((await one(given(join(formats, 'MR_small_RLE.dcm')))).size).toEqual([64, 64, 1, 1])
  })
})

describe.skipIf(!existsSync(formats))('real data', () => {
  test('a file that starts in the middle of something gives a sentence', async () => {
    const { volumes, problems } = await readDicom([given(join(formats, 'no_meta.dcm'))])
    expect(volumes).toEqual([])
    expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('is not DICOM')])
  })

  test('a file that only lacks its preamble, or preamble and first group, is read', async () => {
    const bytes = new Uint8Array(readFileSync(join(formats, 'CT_small.dcm')))
    const whole = await one(given(join(formats, 'CT_small.dcm')))
    const start = 132 + 12 + new DataView(bytes.buffer).getUint32(140, true)
    for (const from of [132, start]) expect((await one(fromBytes('a.dcm', bytes.slice(from)))).samples).toEqual(whole.samples)
  })

  test('a cine: nine places, two phases each, oblique', async () => {
    const folder = join(shared, 'sunnybrook/dicom/SCD0000101')
    const volume = await one(...readdirSync(folder).map((name) => given(join(folder, name), `SCD0000101/${name}`)))
    expect(volume).toMatchObject({ name: 'SCD0000101', patient: 'SCD0000101', size: [256, 256, 9, 2], notes: [] })
    expect(volume.spacing!.map((mm) => Number(mm.toFixed(4)))).toEqual([1.3672, 1.3672, 10])
    const files = volume.origin.format === 'dicom' ? volume.origin.files.map(({ name }) => Number(/(\d+)\.dcm/.exec(name)![1])) : []
    // Position decreases as the number grows; the earlier phase comes first.
    expect(files.slice(0, 9)).toEqual([208, 188, 168, 148, 128, 108, 88, 68, 48])
    expect(files.slice(9)).toEqual([219, 199, 179, 159, 139, 119, 99, 79, 59])
  })

  test('sixty slices of 512 x 512 load', async () => {
    const bytes = new Uint8Array(readFileSync(join(formats, 'ct3slice_seg/01.dcm')))
    const at = Buffer.from(bytes).indexOf('-126.690002')
    const uid = Buffer.from(bytes).lastIndexOf('23431.1', at)
    const files = Array.from({ length: 60 }, (_, z) => {
      const own = bytes.slice()
      own.set(new TextEncoder().encode(String(100 + z).padEnd(11)), at)
      own.set(new TextEncoder().encode(String(20000 + z)), uid)
      return fromBytes(`ct/${z}.dcm`, own)
    })
    const volume = await one(...files)
    expect(volume).toMatchObject({ size: [512, 512, 60, 1], spacing: [0.810547, 0.810547, 1] })
  })
})

const cases = join(shared, 'cases')
describe.skipIf(!existsSync(cases))('small files of pydicom', () => {
  test('a mosaic of four slices', async () => {
    const volume = await one(given(join(cases, 'siemens-mosaic.dcm')))
    expect(volume).toMatchObject({ size: [16, 16, 4, 1], spacing: [3, 3, 5] })
    // The position is for 32 x 32 pixels of 3 mm about the centre of the first slice.
    expect(volume.affine!.map((row) => row[3])).toEqual([48 - 24, 48 - 24, 10])
    expect([0, 1, 2, 3].map((z) => volume.samples[z * 256])).toEqual([100, 200, 300, 400])
  })

  test('three planes in one file', async () => {
    const volumes = await read(given(join(cases, 'enhanced-three-planes.dcm')))
    expect(volumes.map(({ affine, size }) => [affine && orientationOf(affine), size])).toEqual([
      ['LPS', [24, 24, 1, 1]],
      ['PIR', [24, 24, 1, 1]],
      ['LIP', [24, 24, 1, 1]],
    ])
    expect(volumes.map(({ samples }) => samples[0])).toEqual([100, 200, 300])
  })
})

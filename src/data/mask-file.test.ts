import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkExemplar, matchValues, readMask, type Mask } from './mask-file'
import { InputError } from './input-error'
import type { NamedFile } from './named-file'
import { readPngVolume } from './png-file'
import { makePng, readNpy } from './files.test-support'
import { unknown } from '../image/raster'
import { makeVolume } from './volume'

const maskOf = (file: NamedFile) => readMask(readPngVolume(file))

/** Values with their counts, e.g. "0:5 255:3". */
const found = ({ values }: Mask) => values.map(({ value, count }) => `${value}:${count}`).join(' ')

function complaint(run: () => unknown): InputError {
  try {
    run()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    expect(error.message).toContain(`"${error.file}"`)
    return error
  }
  throw new Error('there was no complaint')
}

const [black, white, red, green] = [
  [0, 0, 0],
  [255, 255, 255],
  [255, 0, 0],
  [0, 158, 115],
] as const
const colours = (...pixels: (readonly number[])[]) => [pixels.flat()]

describe('values', () => {
  test.each([
    ['0/255', makePng('m.png', { rows: [[0, 255, 255]] }), '0:1 255:2', [0, 1, 1]],
    ['1-bit', makePng('m.png', { rows: [[1, 0, 1]], depth: 1 }), '0:1 1:2', [1, 0, 1]],
    ['16-bit', makePng('m.png', { rows: [[300, 0, 1, 300]], depth: 16 }), '0:1 1:1 300:2', [2, 0, 1, 2]],
    ['no background', makePng('m.png', { rows: [[2, 1, 2]] }), '0:0 1:1 2:2', [2, 1, 2]],
    [
      'palette',
      makePng('m.png', { rows: [[2, 0, 1]], type: 3, depth: 4, palette: [9, 9, 9, 255, 0, 0, 0, 158, 115] }),
      '0:1 1:1 2:1',
      [2, 0, 1],
    ],
    ['colour', makePng('m.png', { rows: colours(red, black, green), type: 2 }), '#000000:1 #009e73:1 #ff0000:1', [2, 0, 1]],
    ['colour without black', makePng('m.png', { rows: colours(red, white, white), type: 2 }), '#ffffff:2 #ff0000:1', [1, 0, 0]],
    ['transparent', makePng('m.png', { rows: [[255, 0, 0, 255, 255, 0, 0, 100]], type: 6 }), '#000000:1 #ff0000:1', [1, 0]],
  ])('%s', (_, file, values, labels) => {
    const mask = maskOf(file)
    expect(found(mask)).toBe(values)
    expect([...mask.labels]).toEqual(labels)
  })

  test('colours come from the file, if it has any', () => {
    const color = (file: NamedFile) => maskOf(file).values.map((v) => v.color)
    expect(color(makePng('m.png', { rows: [[0, 1]], type: 3, palette: [1, 2, 3, 255, 0, 0] }))).toEqual([
      [1, 2, 3],
      [255, 0, 0],
    ])
    expect(color(makePng('m.png', { rows: colours(black, green), type: 2 }))).toEqual([
      [0, 0, 0],
      [0, 158, 115],
    ])
    expect(color(makePng('m.png', { rows: [[0, 1]] }))).toEqual([null, null])
  })

  test('every pixel points at its own value, and the counts add up', () => {
    const pixels = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(pixels, (row) => {
        const { labels, values } = maskOf(makePng('m.png', { rows: [row] }))
        expect([...labels].map((i) => Number(values[i]!.value))).toEqual(row)
        values.forEach(({ value, count }) => expect(count).toBe(row.filter((v) => String(v) === value).length))
        expect(values[0]!.value).toBe('0')
      }),
    )
  })
})

describe('what is not a mask', () => {
  test('32 classes are read, 33 are too many, and so is a photo', () => {
    const ramp = (n: number) => [Array.from({ length: n }, (_, i) => i)]
    expect(maskOf(makePng('m.png', { rows: ramp(32) })).values.length).toBe(32)
    expect(complaint(() => maskOf(makePng('m.png', { rows: ramp(33) }))).message).toMatch(/33 different values.*32 classes.*antialiased/)
    const photo = makePng('m.png', { rows: ramp(5000), depth: 16 })
    expect(complaint(() => maskOf(photo)).message).toContain('over 4,096 different values')
  })

  test('JPEG, and numbers that are not whole', () => {
    const one = (kind: 'jpeg' | 'nifti', v: number) => makeVolume({ name: 'm', kind, size: [1, 1, 1, 1], samples: Float32Array.of(v) })
    expect(complaint(() => readMask(one('jpeg', 0))).message).toContain('changes the label values')
    expect(complaint(() => readMask(one('nifti', 0.5))).message).toMatch(/holds 0.5, but a mask has a whole number/)
    expect(complaint(() => readMask(one('nifti', NaN))).message).toContain('not numbers')
    expect(complaint(() => readMask(one('nifti', 1e12))).message).toContain('whole number')
  })
})

test('a stack is one mask, rescaled, with the names and colours of its segments', () => {
  const volume = makeVolume({
    ...{ name: 'm.seg.nrrd', kind: 'nrrd', size: [2, 1, 2, 1], samples: Int16Array.of(0, 1, 2, 2), slope: 2, intercept: 0 },
    segments: [{ value: 4, name: 'Liver', color: '#0a0b0c' }],
  })
  const { labels, values } = readMask(volume)
  expect([...labels]).toEqual([0, 1, 2, 2])
  expect(values).toEqual([
    { value: '0', count: 1, color: null, name: null },
    { value: '2', count: 1, color: null, name: null },
    { value: '4', count: 2, color: [10, 11, 12], name: 'Liver' },
  ])
})

describe('an exemplar', () => {
  const check = (rows: number[][]) => checkExemplar(maskOf(makePng('m.png', { rows })))

  test('with two labels is good', () => expect(check([[0, 1]])).toBeUndefined())

  test('empty, or of one class, is not', () => {
    expect(complaint(() => check([[0, 0]])).message).toContain('is empty')
    expect(complaint(() => check([[3, 3]])).message).toMatch(/only one class.*label 3/)
  })
})

describe('matching', () => {
  const match = (rows: number[][], table: string[], type = 0) => {
    const mask = maskOf(makePng('r.png', { rows, type }))
    const classOf = matchValues(mask, new Map(table.map((value, i) => [value, i])))
    return [...mask.labels].map((l) => classOf[l])
  }

  test('is by value, whatever the order and whichever values are missing', () => {
    expect(match([[4, 0, 2]], ['0', '2', '3', '4'])).toEqual([3, 0, 1])
    expect(match([[4, 4]], ['0', '4'])).toEqual([1, 1])
    expect(match(colours(red, red, white), ['#ffffff', '#ff0000'], 2)).toEqual([1, 1, 0])
  })

  test('takes 1, 255 and white for the same single structure', () => {
    expect(match([[0, 1]], ['0', '255'])).toEqual([0, 1])
    expect(match([[255, 0]], ['0', '1'])).toEqual([1, 0])
    expect(match(colours(white, black), ['0', '1'], 2)).toEqual([1, 0])
  })

  test('takes 255 beside small numbers for unknown', () => {
    expect(match([[0, 1, 255]], ['0', '1'])).toEqual([0, 1, unknown])
    expect(match([[0, 1, 255]], ['0', '1', '255'])).toEqual([0, 1, 2])
  })

  test('refuses a value that the exemplar lacks', () => {
    expect(complaint(() => match([[0, 7]], ['0', '1', '2'])).message).toMatch(/"r.png" holds the value 7.*0, 1, 2/)
    expect(complaint(() => match([[0, 1, 200]], ['0', '1'])).message).toContain('the value 200')
    expect(complaint(() => match([[0, 2]], ['0', '1'])).message).toContain('the value 2')
  })
})

const formats = '../shared/data/formats'
describe.skipIf(!existsSync(formats))('reference files', () => {
  const read = (name: string): NamedFile => ({ name, bytes: new Uint8Array(readFileSync(`${formats}/${name}`)) })

  test.each([
    ['indexed.png', (v: number) => v],
    ['indexed4.png', (v: number) => v],
    ['onebit.png', (v: number) => Number(v > 0)],
  ])('%s holds what numpy says', (name, expected) => {
    const { shape, data } = readNpy(read('indexed.npy').bytes)
    const { volume, labels, values } = maskOf(read(name))
    expect([volume.size[1], volume.size[0]]).toEqual(shape)
    expect([...labels].map((i) => Number(values[i]!.value))).toEqual(data.map(expected))
  })
})

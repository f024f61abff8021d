import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromBytes } from './given-file'
import { readHdf5 } from './hdf5-file'
import { InputError } from './input-error'
import { mincFile } from './minc.test-support'
import { readMinc, type MincItem } from './minc-file'

const file = () => fromBytes('a.mnc', mincFile())

test('a file of h5py: values of each slice, steps and directions, as nibabel has them', async () => {
  const { volumes, problems } = await readHdf5(file())
  expect(problems).toEqual([])
  const [volume] = volumes
  expect(volume).toMatchObject({ name: 'a.mnc', kind: 'minc', size: [4, 3, 2, 1], slope: 1, notes: [] })
  // Values beyond the valid range become its end.
  const expected = Array.from({ length: 24 }, (_, i) => (i < 12 ? i : i < 23 ? 5 * i - 100 : 400))
  expected.forEach((value, i) => expect(volume!.samples[i]).toBeCloseTo(value, 4))
  const affine = [
    [1.99000833, 0.29950025, 0, -11.14804265],
    [0.19966683, -2.9850125, 0, 10.94171582],
    [0, 0, 4, 5],
  ]
  affine.flat().forEach((value, i) => expect(volume!.affine!.flat()[i]).toBeCloseTo(value, 6))
  expect(volume!.spacing!.map((mm) => Number(mm.toFixed(9)))).toEqual([2, 3, 4])
})

/** A file as returned by jsfive. */
function made(image: Partial<MincItem>, scale: { min?: unknown; max?: unknown } = {}): MincItem {
  const group = (items: Record<string, MincItem | undefined>): MincItem => {
    const there = Object.fromEntries(Object.entries(items).filter(([, item]) => item))
    return { keys: Object.keys(there), get: (name) => there[name] ?? null, attrs: {} }
  }
  const array = (value: unknown) => (value === undefined ? undefined : { value, attrs: {} })
  const own = { attrs: { dimorder: 'zspace,yspace,xspace' }, shape: [2, 1, 2], dtype: '<u1', value: [0, 1, 2, 3], ...image }
  return group({
    'minc-2.0': group({ image: group({ 0: group({ image: own, 'image-min': array(scale.min), 'image-max': array(scale.max) }) }) }),
  })
}

describe('scaling', () => {
  test('shared by all slices keeps the stored numbers, so that labels stay whole', () => {
    const labels = readMinc('a.mnc', made({}, { min: [0, 0], max: [255, 255] }))
    expect(labels).toMatchObject({ samples: Uint8Array.of(0, 1, 2, 3), slope: 1, intercept: 0 })
    expect(readMinc('a.mnc', made({ dtype: '<i1' }, { min: -12.8, max: 12.7 }))).toMatchObject({ samples: Int8Array.of(0, 1, 2, 3) })
  })

  test('does not touch floats, and is absent if the file has none', () => {
    const floats = made(
      { dtype: '<f4', value: [0.5, 1, 2, 3], attrs: { dimorder: 'zspace,yspace,xspace', valid_range: [0, 1] } },
      { min: [0, 0], max: [9, 9] },
    )
    expect(readMinc('a.mnc', floats)).toMatchObject({ samples: Float32Array.of(0.5, 1, 2, 3), slope: 1, intercept: 0 })
    expect(readMinc('a.mnc', made({}))).toMatchObject({ samples: Uint8Array.of(0, 1, 2, 3), slope: 1 })
  })

  test('of slices of one value each', () => {
    const flat = readMinc('a.mnc', made({}, { min: [7, 8], max: [7, 8] }))
    expect([...flat.samples]).toEqual([7, 7, 8, 8])
  })
})

test('times are frames, and a picture has no position', () => {
  const timed = readMinc('a.mnc', made({ attrs: { dimorder: 'time,zspace,yspace,xspace' }, shape: [2, 2, 1, 1] }))
  expect(timed.size).toEqual([1, 1, 2, 2])
  expect(timed.affine).not.toBeNull()
  expect(readMinc('a.mnc', made({ attrs: { dimorder: 'yspace,xspace' }, shape: [2, 2] }))).toMatchObject({
    size: [2, 2, 1, 1],
    affine: null,
  })
})

test.each([
  ['colours', { attrs: { dimorder: 'yspace,xspace,vector_dimension' } }, /unsupported axes/],
  ['no order of axes', { attrs: {} }, /unsupported axes/],
  ['text', { dtype: 'S10' }, /unsupported numbers/],
  ['numbers missing', { value: [1] }, /damaged/],
  ['too many', { shape: [300, 400, 400] }, /48,000,000 numbers/],
  ['4 GB', { shape: [2 ** 10, 2 ** 11, 2 ** 11] }, /over the limit of 1 GB/],
])('%s give a sentence', (_, image, says) => {
  const refused = () => readMinc('a.mnc', made(image))
  expect(refused).toThrow(InputError)
  expect(refused).toThrow(says)
})

const given = '../shared/data/cases/minc2.mnc'
test.skipIf(!existsSync(given))('means by slice as nibabel has them', async () => {
  const [volume] = (await readHdf5(fromBytes('minc2.mnc', new Uint8Array(readFileSync(given))))).volumes
  const means = [0, 1, 2, 3, 4].map((z) => Array.from(volume!.samples.subarray(120 * z, 120 * z + 120)).reduce((a, b) => a + b) / 120)
  expect(means.map((mean) => Number(mean.toFixed(2)))).toEqual([10.42, 20.33, 30.25, 40.17, 50.08])
  expect(volume).toMatchObject({ size: [12, 10, 5, 1], spacing: [2, 3, 4] })
})

import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { fromBytes } from './given-file'
import { readHdf5 } from './hdf5-file'
import { InputError } from './input-error'
import { readMinc, type MincItem } from './minc-file'

// Made by h5py 3.7, gzipped: 2 x 3 x 4 of i2 in two compressed chunks, z y x fastest last, 0 10 20 ... 220 and 3000; valid from 0 to 1000,
// slices from 0 to 100 and -100 to 400; x along (cos 0.1, sin 0.1, 0), y along (-sin 0.1, cos 0.1, 0); steps 2, -3, 4 from -10, 12, 5.
const packed =
  'H4sIAAAAAAACA+1aQWgTQRSd2U3aTZNg0sYaRCUVwR6aupUeessKreSkQXuoIO1uNmsTSNKQBElFoSepCNqL0IMHjwVBeqynVgQp9OJNDx567E2Peqoz2ZlsZpNskzaWSuZdfmZ2/vzZ/X/+/jebF/Hp2/6BiwMAQ5KACwRAPQ4JEhNsm15XiYRErhK5IdB+WL0WJv1BMr993Oy9mRk8+tAGamffbUoJcPQi4jO3EljOkTaNp12BHZfL5PXozXEZ2OJSOabdVvEbF8122t1e/B54ePzy+LXiN0LzpZsdl8lpiwaSqUzOyJcyS/kSG8dTHdq9f+fuNI5gGncRkZ3PHsccneWBRL/ZLnjaywO//DwP8Dxg5QFaba152HGy7f0VP6FdMw8INXtT59j5VdJeCbLxOdrPjrPHO88D5hOd85rtir+9PCCPsP7n6O08QPf7ur95PVCVUVTd1vdHc1rFlidGO6wHZC+rb49jjs7ygD2PHpUHpCGWz3BwXoDxLsiOq5QKmo4SwTKRT4g8Li+AYMDUhbQtMXlARPGMfwdQt6tuZW40DvcLggDNOsGMXBEmQqami7HjA2ky7yAIobGpTNHQy4jXLOhLpUzeKNH9E4mRFShg0gsmDylPgZCsBzBy+8LGn8FvP2PRvZd7H159jIFaPUXq8ktme6u2knAbeVGs5cXfQefnR9/b0mXncdTq+pVej/QHO0SSo5hlpTKvq/vJgLamf1Xl5KZW0CV1NRnXdnUAhgvCm8r8ezWdPNDWv2yuaOc/Dz9/5rseHp/4oX3/5AcLMWmQpw8ODg4ODo4zAR+pRCHoQ/WeBEplrVh2qu8Y7Ws7lr6b6BsF0LY+UHyESUPQj9YigayRXyynG+tYqucCVv2L+1a6Vg/Pnmo9TOrgbVoXd8cfo8rJ/CHtdOoP0eaPStf8MdfCH2rNHz4Hf2A79H6d/NDIs7rhh9AJ/RDoeF8INj9YPJGsQ4TMONG2n1r1U362NU54Lemv+U00LXnRemD1OdevA4KU8SirlY3afBJZtyi4KletWxeJScHyM/Eb8CAdCX9fWyqmjCK9PoS0QnX3b/LrMZNuj1H23cgTIxHnfEgvK3J7fFK+0RvvCXwuhr9H2M/FIm3qPyW7eQQ0fQ804G2o+b5sFbccHBwcHBwcHBwcHGcH9fxfqGNQPvIlFaJf+HzlsZbNpBaKWr76L4qjz1UEJx6gvFYwf2f5cNhRX0TXoYPd1ucVD0MsM6Q8Vj6Sx/Y18Fj8K/FP/HB6zyP7XzyPv/KkJr5QMQAA'
const file = () => fromBytes('a.mnc', new Uint8Array(gunzipSync(Buffer.from(packed, 'base64'))))

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

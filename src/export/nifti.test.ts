import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'fflate'
import fc from 'fast-check'
import { NIFTI1, NIFTI2, readHeader, readImage } from 'nifti-reader-js'
import { describe, expect, test } from 'vitest'
import { makeVolume, spacingOf, type Affine, type Volume } from '../data/volume'
import { writeNifti, type NiftiImage } from './nifti'
import { findPython, needs, runPython } from '../lib/python.test-support'

type Size = NiftiImage['size']

const volumeOf = (size: Size, affine: Affine | null = null): Volume =>
  makeVolume({ name: 'v', kind: 'dicom', size, samples: new Uint8Array(size.reduce((a, b) => a * b)), affine })

/** The same volume, as if read from these bytes of a NIfTI. */
const fromNifti = (bytes: Uint8Array<ArrayBuffer>, size: Size): Volume => ({
  ...volumeOf(size),
  kind: 'nifti',
  origin: { format: 'nifti', header: bytes.slice(0, new DataView(bytes.buffer).getUint8(0) === 92 ? 348 : 540) },
})

function read(bytes: Uint8Array<ArrayBuffer>) {
  const header = readHeader(bytes.buffer)
  const body = readImage(header, bytes.buffer)
  const Samples = { 2: Uint8Array, 4: Int16Array, 512: Uint16Array, 16: Float32Array }[header.datatypeCode]!
  return { header, samples: new Samples(body) }
}

/** 32-bit numbers, as NIfTI-1 has them. */
const rounded = (affine: Affine) => affine.map((row) => row.map(Math.fround))

const number = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true })
const sheared = fc
  .array(fc.tuple(number(5), number(5), number(5), number(500)), { minLength: 3, maxLength: 3 })
  .map((rows) => rows as unknown as Affine)
  .filter((affine) => spacingOf(affine).every((length) => length > 1e-3))

/** Rotations about all three axes by any angle, quarter turns among them, times spacing; every second one left-handed. */
const oblique: fc.Arbitrary<Affine> = fc
  .record({
    turns: fc.array(fc.oneof(number(Math.PI), fc.constantFrom(0, Math.PI / 2, Math.PI, -Math.PI / 2)), { minLength: 3, maxLength: 3 }),
    spacing: fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 3, maxLength: 3 }),
    offset: fc.array(number(500), { minLength: 3, maxLength: 3 }),
    mirror: fc.boolean(),
  })
  .map(({ turns, spacing, offset, mirror }) => {
    let m = [0, 1, 2].map((r) => [0, 1, 2].map((c) => (r === c ? spacing[c]! * (mirror && c === 2 ? -1 : 1) : 0)))
    turns.forEach((angle, axis) => {
      const [a, b] = [0, 1, 2].filter((one) => one !== axis) as [number, number]
      const [from, to] = [m[a]!, m[b]!]
      m = m.map((row, r) =>
        row.map((value, c) =>
          r === axis
            ? value
            : r === a
              ? Math.cos(angle) * from[c]! - Math.sin(angle) * to[c]!
              : Math.sin(angle) * from[c]! + Math.cos(angle) * to[c]!,
        ),
      )
    })
    return m.map((row, r) => [...row, offset[r]!]) as never
  })

const side = fc.integer({ min: 1, max: 6 })
const image = fc.tuple(side, side, side, fc.integer({ min: 1, max: 3 })).chain((size) => {
  const length = size.reduce((a, b) => a * b)
  const exact = { minLength: length, maxLength: length }
  return fc.record({
    size: fc.constant(size),
    samples: fc
      .oneof(fc.uint8Array(exact), fc.int16Array(exact), fc.uint16Array(exact), fc.float32Array(exact))
      .map((samples) => samples as NiftiImage['samples']),
    intent: fc.constantFrom('label' as const, 'none' as const),
    description: fc.string({ unit: 'grapheme', maxLength: 100 }),
  })
})

test('what is written is read: samples, sides, affine, and the qform where there is one', () => {
  fc.assert(
    fc.property(image, fc.oneof(sheared, oblique), (own, affine) => {
      const { header, samples } = read(writeNifti({ ...own, source: volumeOf(own.size, affine) }))
      expect(samples).toEqual(own.samples.slice())
      const [columns, rows, slices, frames] = own.size
      expect(header.dims.slice(0, 5)).toEqual([frames > 1 ? 4 : 3, columns, rows, slices, frames])
      expect(header.affine).toEqual([...rounded(affine), [0, 0, 0, 1]])
      expect([header.sform_code, header.scl_slope, header.scl_inter]).toEqual([1, 1, 0])
      expect(header.intent_code).toBe(own.intent === 'label' ? 1002 : 0)
      if (header.qform_code > 0) expectNear(header.getQformMat(), affine)
    }),
  )
})

test('every rotation has a qform, a sheared affine has none', () => {
  const qform = (affine: Affine) => read(writeNifti({ ...small, source: volumeOf(small.size, affine) })).header
  fc.assert(
    fc.property(oblique, (affine) => {
      const header = qform(affine)
      expect(header.qform_code).toBe(1)
      expectNear(header.getQformMat(), affine)
    }),
  )
  expect(
    qform([
      [1, 0.1, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
    ]).qform_code,
  ).toBe(0)
  expect(
    qform([
      [0, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
    ]).qform_code,
  ).toBe(0)
})

/**
 * Within the format's precision for spacings up to 10 mm: its quaternion is single precision without a, and near half a turn a is the
 * root of a rounding error, 4e-4.
 */
function expectNear(found: number[][], affine: Affine) {
  for (let r = 0; r < 3; r++) for (let c = 0; c < 4; c++) expect(Math.abs(found[r]![c]! - affine[r]![c]!)).toBeLessThan(c < 3 ? 1e-2 : 1e-4)
}

const small: Omit<NiftiImage, 'source'> = {
  size: [2, 3, 1, 1],
  samples: Uint8Array.of(0, 1, 2, 2, 1, 0),
  intent: 'label',
  description: 'd',
}

test('without geometry: the identity, or the spacing alone, and the description says so', () => {
  const { header } = read(writeNifti({ ...small, source: volumeOf(small.size) }))
  expect(header.affine).toEqual([
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ])
  expect([header.pixDims.slice(0, 5), header.xyzt_units]).toEqual([[1, 1, 1, 1, 1], 0])
  expect(header.description).toMatch(/^No geometry; d\0*$/)
  const spaced = read(writeNifti({ ...small, source: { ...volumeOf(small.size), spacing: [0.5, 0.25, 2] } })).header
  expect(spaced.affine.map((row: number[], i: number) => row[i])).toEqual([0.5, 0.25, 2, 1])
  expect(spaced.description).toMatch(/^No geometry/)
})

test('a description is cut between characters', () => {
  const { header } = read(writeNifti({ ...small, description: '€'.repeat(60), source: volumeOf(small.size, identity) }))
  expect(header.description.replace(/\0/g, '').length).toBe(78)
})

const identity: Affine = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
]

test('a side over 32,767 makes it NIfTI-2', () => {
  const size: Size = [40_000, 1, 1, 1]
  const samples = new Uint8Array(40_000).fill(7, 39_999)
  const back = read(writeNifti({ ...small, size, samples, source: volumeOf(size, identity) }))
  expect(back.header).toBeInstanceOf(NIFTI2)
  expect(back.header.dims[1]).toBe(40_000)
  expect(back.samples).toEqual(samples)
})

test('samples that do not fit the size are refused', () => {
  expect(() => writeNifti({ ...small, size: [2, 2, 1, 1], source: volumeOf([2, 2, 1, 1]) })).toThrow('2 x 2 x 1 x 1 cannot have 6 samples')
})

describe('a NIfTI source', () => {
  /** A header of 348 bytes in which every field has another value, in either byte order. */
  function header1(little: boolean): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(352)
    const view = new DataView(bytes.buffer)
    view.setInt32(0, 348, little)
    ;[4, 2, 3, 1, 2, 0, 9, 9].forEach((value, i) => view.setInt16(40 + 2 * i, value, little))
    ;[-1, 0.5, 0.25, 3, 0.033, 0, 0, 0].forEach((value, i) => view.setFloat32(76 + 4 * i, value, little))
    bytes[123] = 2 + 8
    view.setFloat32(112, 2, little) // slope of the source: not ours
    view.setFloat32(136, 0.125, little)
    bytes.set(new TextEncoder().encode('Mrs Smith'), 148)
    bytes.set(new TextEncoder().encode('Mrs Smith'), 14) // db_name
    view.setInt16(252, 3, little)
    view.setInt16(254, 4, little)
    ;[0.1, 0.2, 0.3, 11, 12, 13].forEach((value, i) => view.setFloat32(256 + 4 * i, value, little))
    ;[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12.1].forEach((value, i) => view.setFloat32(280 + 4 * i, value, little))
    bytes.set(new TextEncoder().encode('n+1'), 344)
    return bytes
  }
  const size: Size = [2, 3, 1, 2]
  const samples = Uint8Array.from({ length: 12 }, (_, i) => i)

  test.each([true, false])('passes on its placement bit for bit and nothing else (little-endian %s)', (little) => {
    const source = header1(little)
    const bytes = writeNifti({ ...small, size, samples, source: fromNiftiBytes(source, size, little) })
    const { header, samples: back } = read(bytes)
    const before = readHeader(source.buffer)
    expect(header).toBeInstanceOf(NIFTI1)
    expect(back).toEqual(samples)
    for (const field of [
      'affine',
      'pixDims',
      'qform_code',
      'sform_code',
      'quatern_b',
      'quatern_c',
      'quatern_d',
      'qoffset_x',
      'qoffset_y',
      'qoffset_z',
      'xyzt_units',
      'toffset',
    ] as const)
      expect(header[field], field).toEqual(before[field])
    expect(header.dims).toEqual([4, 2, 3, 1, 2, 1, 1, 1])
    expect([header.scl_slope, header.littleEndian, header.vox_offset]).toEqual([1, true, 352])
    expect(new TextDecoder('latin1').decode(bytes)).not.toContain('Smith')
  })

  const fromNiftiBytes = (bytes: Uint8Array<ArrayBuffer>, own: Size, little: boolean): Volume =>
    little ? fromNifti(bytes, own) : { ...volumeOf(own), kind: 'nifti', origin: { format: 'nifti', header: bytes.slice(0, 348) } }

  test('with one frame more than is written keeps its position', () => {
    const { header } = read(writeNifti({ ...small, size: [2, 3, 1, 1], source: fromNifti(header1(true), size) }))
    expect([header.dims.slice(0, 5), header.sform_code]).toEqual([[3, 2, 3, 1, 1], 4])
  })

  test('with other sides gives no placement: the volume’s affine counts', () => {
    const source = { ...fromNifti(header1(true), size), affine: identity }
    const { header } = read(writeNifti({ ...small, size: [3, 2, 1, 1], source }))
    expect([header.dims.slice(0, 5), header.sform_code]).toEqual([[3, 3, 2, 1, 1], 1])
  })

  test('written again gives the same bytes', () => {
    fc.assert(
      fc.property(image, sheared, (own, affine) => {
        const once = writeNifti({ ...own, source: volumeOf(own.size, affine) })
        expect(writeNifti({ ...own, source: fromNifti(once, own.size) })).toEqual(once)
      }),
    )
  })
})

/** What nibabel should find in a file written here. */
interface Case {
  bytes: Uint8Array
  dtype: string
  shape: readonly number[]
  intent: number
  values: number[]
  /** The affine, or a file that it should match. */
  affine?: number[][]
  like?: string
}

const code = `
import json, sys, nibabel as nib, numpy as np
for case in json.load(sys.stdin):
    im = nib.load(case['file']); h = im.header; what = case['file']
    if 'like' in case:
        other = nib.load(case['like'])
        assert type(im) is type(other), what
        assert (im.affine == other.affine).all(), what
        for key in ('qform_code', 'sform_code', 'pixdim', 'xyzt_units', 'srow_x', 'quatern_b', 'quatern_c', 'quatern_d', 'qoffset_x'):
            assert (h[key] == other.header[key]).all(), (what, key)
        assert other.shape == im.shape, what
    else:
        assert (im.affine[:3] == np.array(case['affine'])).all(), what
        assert h['sform_code'] == 1, what
        if h['qform_code'] == 1: assert np.abs(im.get_qform()[:3] - case['affine']).max() < 1e-2, what
    assert im.get_data_dtype() == case['dtype'], what
    assert list(im.shape) == case['shape'], (what, im.shape)
    assert h['intent_code'] == case['intent'], what
    assert h['magic'].item() in (b'n+1', b'n+2'), what
    assert (np.asarray(im.dataobj).ravel(order='F') == np.array(case['values'], case['dtype'])).all(), what
    print('ok')`

const python = findPython('nibabel', 'numpy')
const formats = join(import.meta.dirname, '../../../shared/data/formats')

/** One Python for all cases; it fails at the first difference and at any warning. */
function expectNibabelToFind(cases: Case[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'nifti-'))
  try {
    const input = cases.map(({ bytes, ...rest }, i) => {
      const file = join(folder, `${i}.nii`)
      writeFileSync(file, bytes)
      return { file, ...rest }
    })
    const { status, output } = runPython(python!, ['-W', 'error', '-c', code], JSON.stringify(input))
    expect({ status, output }).toEqual({ status: 0, output: 'ok\n'.repeat(cases.length) })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe.skipIf(!python)(needs('NIfTI read by nibabel', python, 'nibabel and numpy'), () => {
  test('affine, codes, dtype, shape and values are as intended', () => {
    const affines = fc.sample(fc.oneof(oblique, sheared), { numRuns: 40, seed: 1 })
    const cases = affines.map((affine, i): Case => {
      const size: Size = [2, 3, 4, 1 + (i % 3)]
      const numbers = Array.from({ length: size.reduce((a, b) => a * b) }, (_, n) => n * 3 + 0.25)
      const [samples, dtype] = (
        [
          [Uint8Array.from(numbers), 'uint8'],
          [Int16Array.from(numbers, (n) => -n), 'int16'],
          [Uint16Array.from(numbers, (n) => 900 * n), 'uint16'],
          [Float32Array.from(numbers), 'float32'],
        ] as const
      )[i % 4]!
      const bytes = writeNifti({ size, samples, source: volumeOf(size, affine), intent: 'none', description: 'map' })
      return { bytes, affine: rounded(affine), dtype, shape: size[3] > 1 ? size : size.slice(0, 3), intent: 0, values: [...samples] }
    })
    expectNibabelToFind(cases)
  })

  test.skipIf(!existsSync(formats))('labels for other programs’ files lie where those files lie', () => {
    const cases = ['v.nii.gz', 'v2.nii', 'v_scl.nii.gz'].map((name): Case => {
      const raw = readFileSync(join(formats, name))
      const file = Uint8Array.from(name.endsWith('.gz') ? gunzipSync(raw) : raw)
      const { dims } = readHeader(file.buffer)
      const size: Size = [dims[1]!, dims[2]!, dims[3]!, 1]
      const samples = Uint8Array.from({ length: size.reduce((a, b) => a * b) }, (_, i) => (i * i) % 5)
      const bytes = writeNifti({ size, samples, source: fromNifti(file, size), intent: 'label', description: 'labels' })
      return { bytes, like: join(formats, name), dtype: 'uint8', shape: size.slice(0, 3), intent: 1002, values: [...samples] }
    })
    expectNibabelToFind(cases)
  })
})

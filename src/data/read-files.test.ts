import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { gzipSync, zipSync } from 'fflate'
import { describe, expect, test, vi } from 'vitest'
import { fromBytes, type GivenFile } from './given-file'
import { InputError } from './input-error'
import { readFiles } from './read-files'
import { makePng } from './files.test-support'
import { join, makeNifti, makeNpy, makeTiff, pack, readTestNpy, testTypes, type TestType } from './volumes.test-support'
import type { Volume } from './volume'

const ascii = (text: string) => Array.from(text, (c) => c.charCodeAt(0))

const given = (name: string, bytes: Uint8Array<ArrayBuffer>) => fromBytes(name, bytes)

/** The one volume of a file; fails with the sentence if there is none. */
async function readOne(file: GivenFile, ...more: GivenFile[]): Promise<Volume> {
  const { volumes, problems } = await readFiles([file, ...more])
  expect(problems.map(({ message }) => message)).toEqual([])
  expect(volumes).toHaveLength(1)
  return volumes[0]!
}

/** The complaint on reading a file, in one sentence that names it. */
async function complaint(file: GivenFile): Promise<string> {
  const { volumes, problems } = await readFiles([file])
  expect(volumes).toEqual([])
  expect(problems).toHaveLength(1)
  isSentence(problems[0]!, file.name)
  return problems[0]!.message
}

function isSentence(problem: InputError, name: string) {
  expect(problem).toBeInstanceOf(InputError)
  expect(problem.message).toContain(`"${name}`)
  expect(problem.message).toMatch(/^[^\n]*[^.]\.$/)
}

const range: Record<TestType, fc.Arbitrary<number>> = {
  u1: fc.nat(255),
  i1: fc.integer({ min: -128, max: 127 }),
  u2: fc.nat(65535),
  i2: fc.integer({ min: -32768, max: 32767 }),
  u4: fc.nat(2 ** 32 - 1),
  i4: fc.integer(),
  f4: fc.float(),
  f8: fc.double(),
}

/** An array of the given axes with its type. */
const arrays = (axes: fc.Arbitrary<number>) =>
  fc
    .record({
      type: fc.constantFrom(...testTypes),
      big: fc.boolean(),
      shape: axes.chain((n) => fc.array(fc.integer({ min: 1, max: 6 }), { minLength: n, maxLength: n })),
    })
    .chain((one) => {
      const length = one.shape.reduce((a, b) => a * b)
      return fc.array(range[one.type], { minLength: length, maxLength: length }).map((values) => ({ ...one, values }))
    })

describe('npy', () => {
  test('any type, order and number of axes', () =>
    fc.assert(
      fc.asyncProperty(arrays(fc.integer({ min: 2, max: 4 })), fc.boolean(), async ({ type, big, shape, values }, gzipped) => {
        const colour = type === 'u1' && shape.length > 2 && [3, 4].includes(shape.at(-1)!)
        const bytes = makeNpy(shape, values, type, { big })
        const volume = await readOne(given('a.npy', gzipped ? (gzipSync(bytes) as Uint8Array<ArrayBuffer>) : bytes))
        expect([...volume.samples]).toEqual(values)
        const axes = colour ? shape.slice(0, -1) : shape
        expect(volume.size).toEqual([...axes].reverse().concat(1, 1).slice(0, 4))
        expect([volume.channels, volume.alpha]).toEqual(colour ? [shape.at(-1), shape.at(-1) === 4] : [1, false])
        expect(volume.notes.some((note) => note.includes('axes'))).toBe(shape.length > 2)
      }),
      { numRuns: 100 },
    ))

  test('Fortran order', () =>
    fc.assert(
      fc.asyncProperty(arrays(fc.constant(3)), async ({ big, shape, values }) => {
        // Stored value of index (i, j, k) is at i + j n0 + k n0 n1.
        const [n0, n1, n2] = shape as [number, number, number]
        const stored = values.map((_, i) => i % 1000)
        const { samples } = await readOne(given('a.npy', makeNpy(shape, stored, 'i2', { big, fortran: true })))
        for (let i = 0; i < n0; i++)
          for (let j = 0; j < n1; j++)
            for (let k = 0; k < n2; k++) expect(samples[(i * n1 + j) * n2 + k]).toBe(stored[i + j * n0 + k * n0 * n1])
      }),
      { numRuns: 30 },
    ))

  const raw = (descr: string, shape: string, data: Uint8Array) => {
    const bytes = makeNpy([1], [0], 'u1')
    const header = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`.padEnd(116) + '\n'
    return given('a.npy', join(bytes.subarray(0, 8), pack([header.length], 'u2'), new TextEncoder().encode(header), data))
  }

  test('bool, half precision and 64 bits', async () => {
    expect([...(await readOne(raw("'|b1'", '(1, 3)', Uint8Array.of(0, 1, 255)))).samples]).toEqual([0, 1, 1])
    const half = [0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x3555]
    const { samples } = await readOne(raw("'>f2'", '(2, 3)', pack(half, 'u2', false)))
    expect(samples).toEqual(Float32Array.of(1, -2, 2 ** -24, 65504, Infinity, 0.333251953125))
    const wide = (...values: bigint[]) => new Uint8Array(BigInt64Array.from(values).buffer)
    expect((await readOne(raw("'<i8'", '(1, 2)', wide(-5n, 7n)))).samples).toEqual(Int32Array.of(-5, 7))
    expect((await readOne(raw("'<i8'", '(1, 2)', wide(2n ** 40n, 7n)))).samples).toEqual(Float64Array.of(2 ** 40, 7))
    expect(await complaint(raw("'<i8'", '(1, 2)', wide(2n ** 60n, 7n)))).toContain('64 bits')
  })

  test.each([
    ["'<c8'", '(2, 2)', 'plain numbers'],
    ["[('x', '<f4')]", '(2, 2)', 'plain numbers'],
    ["'|u1'", '(4,)', '1 axis'],
    ["'|u1'", '()', '0 axes'],
    ["'|u1'", '(1, 1, 1, 2, 2)', '5 axes'],
    ["'|u1'", '(0, 2)', '0 x 1 voxels'.replace('0 x 1', '2 x 0 x 1')],
    ["'<f8'", '(1000, 10000, 1000)', 'over the limit of 1 GB'],
    ["'|u1'", '(30000, 30000)', '64 megapixels'],
    ["'<f4'", '(2, 2)', 'cut short'],
    ["'<f4'", '-2, 2', 'damaged header'],
  ])('%s %s is refused', async (descr, shape, says) => {
    expect(await complaint(raw(descr, shape, new Uint8Array(4)))).toContain(says)
  })
})

describe('npz', () => {
  test('each array of numbers is a volume', async () => {
    const bytes = zipSync({
      'image.npy': makeNpy([2, 3], [1, 2, 3, 4, 5, 6], 'i2'),
      'b/label.npy': makeNpy([1, 1], [9], 'u1'),
      'names.npy': makeNpy([3], [1, 2, 3], 'u1'),
    })
    const { volumes, problems } = await readFiles([given('f/a.npz', bytes as Uint8Array<ArrayBuffer>)])
    expect(problems).toEqual([])
    expect(volumes.map(({ name, kind, samples }) => [name, kind, [...samples]])).toEqual([
      ['f/a.npz/image', 'npz', [1, 2, 3, 4, 5, 6]],
      ['f/a.npz/b/label', 'npz', [9]],
    ])
  })

  test('nothing to see', async () => {
    const bytes = zipSync({ 'names.npy': makeNpy([3], [1, 2, 3], 'u1') }) as Uint8Array<ArrayBuffer>
    expect(await complaint(given('a.npz', bytes))).toContain('no array')
  })
})

const sform = [
  [-2, 0.1, 0, 10],
  [0, 3, 0.25, -5],
  [0, 0, -4, 7],
]

describe('NIfTI', () => {
  test('any type, version and byte order, plain and gzipped', () => {
    const options = fc.record({ version: fc.constantFrom(1 as const, 2 as const), big: fc.boolean() })
    return fc.assert(
      fc.asyncProperty(arrays(fc.integer({ min: 1, max: 4 })), options, fc.boolean(), async ({ type, shape, values }, options, gzipped) => {
        const bytes = makeNifti(shape, values, type, { ...options, sform, slope: 2, intercept: -1024 })
        const volume = await readOne(given('v.nii', gzipped ? (gzipSync(bytes) as Uint8Array<ArrayBuffer>) : bytes))
        expect(volume.size).toEqual([...shape, 1, 1, 1].slice(0, 4))
        expect([...volume.samples]).toEqual(values)
        expect([volume.slope, volume.intercept, volume.kind]).toEqual([2, -1024, 'nifti'])
        const flat = volume.affine!.flat()
        sform.flat().forEach((value, i) => expect(flat[i]).toBeCloseTo(value, 6))
        expect(volume.spacing![1]).toBeCloseTo(Math.hypot(0.1, 3), 6)
        const length = options.version === 1 ? 348 : 540
        expect(volume.origin).toEqual({ format: 'nifti', header: bytes.slice(0, length) })
      }),
      { numRuns: 60 },
    )
  })

  test('the sform is preferred even if the code of the qform is larger; without either there is no affine', async () => {
    const bytes = makeNifti([1, 1, 1], [1], 'u1', { sform })
    new DataView(bytes.buffer).setInt16(252, 2, true)
    expect((await readOne(given('v.nii', bytes))).affine![0][0]).toBe(-2)
    new DataView(bytes.buffer).setInt16(254, 0, true)
    // A quaternion of zeros is not a rotation.
    expect((await readOne(given('v.nii', bytes))).affine).toEqual([
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
    ])
    new DataView(bytes.buffer).setInt16(252, 0, true)
    const { affine, spacing, notes } = await readOne(given('v.nii', bytes))
    expect([affine, spacing]).toEqual([null, [1, 1, 1]])
    expect(notes).toEqual(['The file does not say how the volume lies in the patient.'])
  })

  test('a slope of 0 or NaN is ignored', async () => {
    for (const slope of [0, NaN]) {
      const volume = await readOne(given('v.nii', makeNifti([1, 1], [3], 'i2', { slope, intercept: 5 })))
      expect([volume.slope, volume.intercept]).toEqual([1, 0])
    }
  })

  test('micrometres and colour', async () => {
    const bytes = makeNifti([1, 1, 1], [1], 'u1', { sform })
    bytes[123] = 3
    expect((await readOne(given('v.nii', bytes))).spacing![2]).toBeCloseTo(0.001 * Math.hypot(0.25, 4), 9)
    const rgb = makeNifti([2, 1], [1, 2, 3, 4, 5, 6], 'u1')
    new DataView(rgb.buffer).setInt16(70, 128, true)
    const { channels, samples } = await readOne(given('v.nii', rgb))
    expect([channels, [...samples]]).toEqual([3, [1, 2, 3, 4, 5, 6]])
  })

  test('a pair of files', async () => {
    const header = given('a/v.hdr', makeNifti([2, 1], [], 'i2', { paired: true }))
    const image = given('a/v.img', pack([5, -6], 'i2'))
    expect([...(await readOne(image, header)).samples]).toEqual([5, -6])
    expect(await complaint(header)).toContain('.img')
    expect(await complaint(given('v.img', pack([5, -6], 'i2')))).toContain('not an image format')
  })

  test('more axes than four only if they are 1', async () => {
    expect((await readOne(given('v.nii', makeNifti([2, 1, 1, 1, 1], [1, 2], 'u1')))).size).toEqual([2, 1, 1, 1])
    expect((await readOne(given('v.nii', makeNifti([1, 1, 1, 1, 2], [1, 2], 'u1')))).size).toEqual([1, 1, 1, 2])
    expect(await complaint(given('v.nii', makeNifti([1, 1, 1, 2, 2], [1, 2, 3, 4], 'u1')))).toContain('5 axes')
  })

  test('complex numbers are refused', async () => {
    const bytes = makeNifti([1, 1], [1], 'f8')
    new DataView(bytes.buffer).setInt16(70, 32, true)
    expect(await complaint(given('v.nii', bytes))).toContain('datatype 32')
  })

  test('4 GB are refused from the header, whatever the file holds, and nothing large is read', async () => {
    for (const gzipped of [false, true]) {
      const bytes = makeNifti([1024, 1024, 1024], [], 'f4')
      const content = gzipped ? (gzipSync(join(bytes, new Uint8Array(1000))) as Uint8Array<ArrayBuffer>) : bytes
      let most = 0
      const file = { ...given('v.nii', content), size: 2 ** 32 }
      file.read = (from = 0, to = file.size) => {
        most = Math.max(most, to - from)
        return Promise.resolve(content.slice(from, to))
      }
      expect(await complaint(file)).toMatch(/1,024 x 1,024 x 1,024 voxels, 4 GB, over the limit of 1 GB/)
      expect(most).toBeLessThan(100_000)
    }
  })
})

describe('gzip', () => {
  const zipped = (...args: Parameters<typeof makeNifti>) => gzipSync(makeNifti(...args)) as Uint8Array<ArrayBuffer>

  test('a bomb stops at what the header promised', async () => {
    // 60 MB of zeros in 60 kB.
    const zeros = gzipSync(join(makeNifti([2, 1], [1, 2], 'u1'), new Uint8Array(60_000_000))) as Uint8Array<ArrayBuffer>
    let bytesRead = 0
    const file = given('v.nii.gz', zeros)
    const read = file.read
    file.read = async (from, to) => {
      const bytes = await read(from, to)
      bytesRead += bytes.length
      return bytes
    }
    expect([...(await readOne(file)).samples]).toEqual([1, 2])
    // The beginning, then one piece for it and for the voxels.
    expect(bytesRead).toBeLessThan(3 * 2 ** 14)
    expect(zeros.length).toBeGreaterThan(3 * 2 ** 14)
  })

  test('a lying header, a wrong checksum and several members', async () => {
    expect(await complaint(given('v.nii.gz', zipped([50, 50], [1, 2], 'u1')))).toMatch(/cut short: .* 2\.8 kB but ends after 0\.3 kB/)
    const bytes = zipped([2, 2], [1, 2, 3, 4], 'u1')
    bytes[bytes.length - 7]! ^= 1
    expect(await complaint(given('v.nii.gz', bytes))).toContain('checksum')
    const whole = makeNifti([2, 2], [1, 2, 3, 4], 'u1')
    const members = [whole.subarray(0, 100), whole.subarray(100, 354), whole.subarray(354)].map((part) => gzipSync(part))
    expect([...(await readOne(given('v.nii.gz', join(...members)))).samples]).toEqual([1, 2, 3, 4])
  })

  test('something else inside', async () => {
    expect(await complaint(given('x.tar.gz', gzipSync(new Uint8Array(10)) as Uint8Array<ArrayBuffer>))).toContain('something other than')
  })
})

describe('TIFF', () => {
  const pages = fc
    .record({ width: fc.integer({ min: 1, max: 7 }), height: fc.integer({ min: 1, max: 5 }), count: fc.integer({ min: 1, max: 3 }) })
    .chain(({ width, height, count }) => {
      const row = fc.array(fc.nat(65535), { minLength: width, maxLength: width })
      return fc.array(fc.array(row, { minLength: height, maxLength: height }), { minLength: count, maxLength: count })
    })

  test('either byte order, deflated and with predictor, of one or more pages', () =>
    fc.assert(
      fc.asyncProperty(
        pages,
        fc.constantFrom('u1' as const, 'u2' as const),
        fc.record({ big: fc.boolean(), deflate: fc.boolean() }),
        fc.boolean(),
        async (pages, type, options, predictor) => {
          const cut = pages.map((rows) => rows.map((row) => row.map((v) => (type === 'u1' ? v >> 8 : v))))
          const bytes = makeTiff(cut, type, { ...options, predictor: options.deflate && predictor })
          const volume = await readOne(given('a.tif', bytes))
          expect(volume.size).toEqual([cut[0]![0]!.length, cut[0]!.length, cut.length, 1])
          expect([...volume.samples]).toEqual(cut.flat(2))
        },
      ),
      { numRuns: 60 },
    ))

  const page = [[1, 2, 3]]
  test.each([
    ['wider than the strip', { 256: 2000 }, /damaged or cut short/],
    ['over the limit', { 256: 30_000, 257: 30_000 }, /64 megapixels/],
    ['without pixels', { 256: 0 }, /0 x 1/],
    ['strip beyond the end', { 273: 1_000_000 }, /damaged or cut short/],
    ['strip of 4 GB', { 279: 2 ** 32 - 2 }, /damaged or cut short/],
    ['fax', { 259: 4 }, /CCITT fax/],
    ['CMYK', { 262: 5 }, /CMYK/],
    ['12 bits and JPEG', { 258: 12, 259: 7 }, /12-bit JPEG/],
    ['an invalid JPEG', { 259: 7 }, /JPEG block/],
    ['a million missing strips', { 257: 1_000_000, 278: 1 }, /parts of the image are missing/],
    ['64 bits', { 258: 64 }, /64 bits/],
    ['5 channels', { 277: 5 }, /5 channels/],
  ])('%s is refused', async (_, tags: Record<number, number>, says) => {
    expect(await complaint(given('a.tif', makeTiff([page], 'u1', { tags })))).toMatch(says)
  })

  test('pages of different sizes, and pages in a circle, are refused', async () => {
    expect(await complaint(given('a.tif', makeTiff([page, [[1, 2]]], 'u1')))).toContain('3 x 1 and 2 x 1')
    const bytes = makeTiff([page, page], 'u1')
    const first = new DataView(bytes.buffer).getUint32(8 + 2 + 9 * 12, true)
    // The second page points at itself.
    new DataView(bytes.buffer).setUint32(first + 2 + 9 * 12, first, true)
    expect(await complaint(given('a.tif', bytes))).toContain('circle')
  })

  test('a block that unpacks to more than its strip is cut there', async () => {
    const bomb = makeTiff([Array.from({ length: 4000 }, () => new Array<number>(1000).fill(7))], 'u1', {
      deflate: true,
      tags: { 257: 1, 278: 1 },
    })
    expect([...(await readOne(given('a.tif', bomb))).samples.subarray(0, 3)]).toEqual([7, 7, 7])
  })

  test('thumbnails are left out, MINISWHITE is reported', async () => {
    expect((await readOne(given('a.tif', makeTiff([page], 'u1', { tags: { 262: 0 } })))).inverted).toBe(true)
    expect(await complaint(given('a.tif', makeTiff([page], 'u1', { tags: { 254: 1 } })))).toContain('without an image')
  })
})

describe('many files', () => {
  const png = (name: string, value = 1) => given(name, makePng(name, { rows: [[value]] }).bytes)
  const zip = (name: string, files: Record<string, Uint8Array>) => given(name, zipSync(files) as Uint8Array<ArrayBuffer>)
  /** Where a zip lists its first file; its unpacked size stands 24 bytes on. */
  const directoryOf = (bytes: Uint8Array) =>
    bytes.findIndex((_, i) => bytes[i] === 0x50 && bytes[i + 1] === 0x4b && bytes[i + 2] === 1 && bytes[i + 3] === 2)
  const onePng = makePng('x', { rows: [[1]] }).bytes

  test('one bad file among good ones, junk skipped, progress', async () => {
    const seen: [number, number][] = []
    const junk = ['.DS_Store', 'a/Thumbs.db', '__MACOSX/a/._1.png', 'desktop.ini', 'DICOMDIR', 'a/._2.png'].map((name) =>
      given(name, Uint8Array.of(1, 2)),
    )
    const { volumes, problems } = await readFiles(
      [png('a/1.png'), given('a/2.png', onePng.slice(0, 40)), ...junk, png('a/3.png')],
      (...counts) => seen.push(counts),
    )
    expect(volumes.map(({ name }) => name)).toEqual(['a/1.png', 'a/3.png'])
    expect(problems.map(({ file }) => file)).toEqual(['a/2.png'])
    expect(seen).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ])
  })

  test('names in zips', async () => {
    const names = async (...files: GivenFile[]) => (await readFiles(files)).volumes.map(({ name }) => name)
    const masks = zip('masks.zip', {
      'p/1.png': onePng,
      'p/': new Uint8Array(0),
      '__MACOSX/p/._1.png': Uint8Array.of(1),
      'p/.DS_Store': Uint8Array.of(1),
    })
    expect(await names(masks)).toEqual(['p/1.png'])
    expect(await names(masks, png('1.png'))).toEqual(['masks.zip/p/1.png', '1.png'])
    expect(await names(zip('all.zip', { 'masks.zip': await masks.read(), 'a\\b.png': onePng }))).toEqual(['masks.zip/p/1.png', 'a/b.png'])
  })

  test('zips in zips in zips, and empty, damaged and lying zips', async () => {
    const inner = zipSync({ '1.png': onePng })
    const deep = zip('d.zip', { 'c.zip': zipSync({ 'b.zip': inner }) })
    expect((await readFiles([deep])).problems[0]!.message).toContain('zip in a zip in a zip')
    expect(await complaint(zip('e.zip', {}))).toContain('empty zip')
    expect(await complaint(given('t.zip', inner.slice(0, 60) as Uint8Array<ArrayBuffer>))).toContain('cut short')
    // The central directory says that the file is of 2 GB, or of 100 MB.
    for (const [size, says] of [
      [2 ** 31, 'over the limit of 1 GB'],
      [1e8, 'is damaged'],
    ] as const) {
      const bytes = zipSync({ '1.png': onePng }) as Uint8Array<ArrayBuffer>
      new DataView(bytes.buffer).setUint32(directoryOf(bytes) + 24, size, true)
      const { volumes, problems } = await readFiles([given('l.zip', bytes)])
      expect([volumes, problems.map(({ message }) => message)]).toEqual([[], [expect.stringContaining(says)]])
    }
  })

  test('a list of files that continues beyond its end', async () => {
    const bytes = zipSync({ '1.png': onePng }) as Uint8Array<ArrayBuffer>
    new DataView(bytes.buffer).setUint16(bytes.length - 14, 65535, true)
    expect(await complaint(given('l.zip', bytes))).toContain('damaged')
  })

  test('the good files of a zip with a damaged one', async () => {
    const bytes = zipSync({
      'a.png': onePng,
      'b.npy': makeNpy([9, 9], new Array<number>(81).fill(3), 'f8'),
      'c.png': onePng,
    }) as Uint8Array<ArrayBuffer>
    // The first byte of the deflated data: an impossible kind of block.
    const at = bytes.findIndex((_, i) => String.fromCharCode(...bytes.subarray(i, i + 5)) === 'b.npy') + 5
    bytes[at] = 0xff
    const { volumes, problems } = await readFiles([given('z.zip', bytes)])
    expect([volumes.map(({ name }) => name), problems.map(({ file }) => file)]).toEqual([['a.png', 'c.png'], ['b.npy']])
  })

  test('a bomb of zips shares one budget', async () => {
    // Both say that they hold 600 MB, so the second is not even tried.
    const says600 = () => {
      const bytes = zipSync({ '1.png': onePng }) as Uint8Array<ArrayBuffer>
      new DataView(bytes.buffer).setUint32(directoryOf(bytes) + 24, 600_000_000, true)
      return bytes
    }
    const { volumes, problems } = await readFiles([zip('b.zip', { '1.zip': says600(), '2.zip': says600() })])
    expect([volumes, problems.map(({ message }) => /over the limit|damaged/.exec(message)![0])]).toEqual([
      [],
      ['damaged', 'over the limit'],
    ])
  })

  test('values that are not finite are kept and noted', async () => {
    const { samples, notes } = await readOne(given('v.nii', makeNifti([2, 2], [1, NaN, Infinity, -1], 'f4', { sform })))
    expect([[...samples], notes]).toEqual([[1, NaN, Infinity, -1], ['2 values are not finite (NaN or infinite).']])
  })

  test.each([
    ['a.png', [], 'is empty'],
    ['notes.txt', [104, 105, 10], 'looks like text'],
    ['a.gif', [71, 73, 70, 56, 57, 97, 0], 'looks like a GIF; save it as PNG'],
    ['a.bmp', [...ascii('BM'), 0, 1, 2], 'looks like a BMP; save it as PNG'],
    ['a.webp', [...ascii('RIFF'), 0, 1, 0, 0, ...ascii('WEBPVP8 ')], 'looks like a WebP image; save it as PNG'],
    ['a.mat', ascii('MATLAB 5.0 MAT-file, Platform: GLNXA64'), 'looks like a MATLAB file; save the array as .npy'],
    ['b.mat', [...ascii('MATLAB 7.3 MAT-file, Platform: GLNXA64'), 0], 'looks like a MATLAB file; save the array as .npy'],
    ['a.mnc', [...ascii('CDF'), 1], 'looks like MINC 1 or another netCDF file; convert it with mincconvert'],
    ['a.raw', [1, 2, 3], 'holds bare numbers; give its header'],
    ['a.bin', [1, 2, 3], 'not an image format that can be read here; save'],
  ])('%s is refused with a sentence that identifies it', async (name, bytes, says) => {
    expect(await complaint(given(name, Uint8Array.from(bytes)))).toContain(says)
  })
})

const formats = '../shared/data/formats'
const load = (name: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(`${formats}/${name}`))
const reference = (name: string) => readTestNpy(load(name))

describe.skipIf(!existsSync(formats))('reference files', () => {
  // The reference of the JPEG is the image before compression; Pillow's decoding is 9 off as well, and ours is within 1 of Pillow's.
  const tiffs = [
    'u8',
    'u8_lzw',
    'u8_packbits',
    'u8_zlib',
    'u8_zstd',
    'u8_jpeg',
    'u16',
    'u16_be',
    'u16_bigtiff',
    'u16_lzw_pred',
    'u16_stack',
    'u16_tiled',
    'f32',
    'rgb',
    'miniswhite',
  ]
  test.each([
    ...tiffs.map((name) => [`${name}.tif`, `${name}.tif.npy`, name === 'u8_jpeg' ? 9 : 0] as const),
    ['u16_ome.ome.tif', 'u16_stack.tif.npy', 0],
    ['gray16.png', 'gray16.npy', 0],
    ['indexed.png', 'indexed.npy', 0],
    ['indexed4.png', 'indexed.npy', 0],
    ['fortran.npy', 'f32.tif.npy', 0],
  ] as const)('%s', async (name, npy, within) => {
    const { shape, data } = reference(npy)
    const { size, channels, samples, inverted } = await readOne(given(name, load(name)))
    const [columns, rows, slices] = size
    expect([...(slices > 1 ? [slices] : []), rows, columns, ...(channels > 1 ? [channels] : [])]).toEqual(shape)
    expect(samples.length).toBe(data.length)
    expect(data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - samples[i]!)), 0)).toBeLessThanOrEqual(within)
    expect(inverted).toBe(name === 'miniswhite.tif')
  })

  test('onebit.png', async () => {
    expect([...(await readOne(given('onebit.png', load('onebit.png')))).samples]).toEqual(
      reference('indexed.npy').data.map((v) => (v > 0 ? 1 : 0)),
    )
  })

  test('the palette of indexed.png', async () => {
    expect((await readOne(given('indexed.png', load('indexed.png')))).palette.slice(0, 3)).toEqual([
      [0, 0, 0],
      [255, 0, 0],
      [0, 255, 0],
    ])
  })

  test.each(['v.nii.gz', 'v2.nii', 'v_scl.nii.gz'])('%s', async (name) => {
    const { shape, data } = reference('v.npy')
    const { size, samples, slope, intercept, affine } = await readOne(given(name, load(name)))
    expect(size).toEqual([...shape, 1])
    const [nx, ny, nz] = shape as [number, number, number]
    let differing = 0
    for (let x = 0; x < nx; x++)
      for (let y = 0; y < ny; y++)
        for (let z = 0; z < nz; z++) {
          const value = data[(x * ny + y) * nz + z]!
          if (samples[x + nx * (y + ny * z)]! * slope + intercept !== (name === 'v_scl.nii.gz' ? 2 * value - 1024 : value)) differing++
        }
    expect(differing).toBe(0)
    const expected = JSON.parse(new TextDecoder().decode(load('aff.json'))) as number[][]
    affine!.flat().forEach((value, i) => expect(value).toBeCloseTo(expected.flat()[i]!, 5))
  })

  test.each(['a.npz', 'ac.npz', 'a.h5'])('%s', async (name) => {
    const { volumes, problems } = await readFiles([given(name, load(name))])
    expect(problems).toEqual([])
    const [image, label] = ['image', 'label'].map((key) => volumes.find((volume) => volume.name === `${name}/${key}`)!)
    expect([...image!.samples]).toEqual(reference('f32.tif.npy').data)
    expect([...label!.samples]).toEqual(reference('indexed.npy').data)
  })
})

/** Small files of every format that is decoded here. */
function samplesOfAll(): [string, Uint8Array<ArrayBuffer>][] {
  const values = Array.from({ length: 60 }, (_, i) => i)
  const rows = [0, 1, 2].map((y) => [0, 1, 2, 3].map((x) => y * 50 + x))
  const nifti = makeNifti([5, 4, 3], values, 'i2', { sform, slope: 2 })
  const npy = makeNpy([3, 4, 5], values, 'f4')
  const own: [string, Uint8Array][] = [
    ['a.png', makePng('a.png', { rows }).bytes],
    ['a.tif', makeTiff([rows, rows], 'u2')],
    ['be.tif', makeTiff([rows], 'u2', { big: true, deflate: true, predictor: true })],
    ['a.nii', nifti],
    ['a.nii.gz', gzipSync(nifti)],
    ['two.nii', makeNifti([5, 4, 3], values, 'f8', { version: 2, big: true })],
    ['a.npy', npy],
    ['a.npz', zipSync({ 'x.npy': npy, 'y.npy': makeNpy([2, 2], [1, 2, 3, 4], 'u1') })],
    ['a.zip', zipSync({ 'x.nii': nifti, 'y.npy': npy })],
  ]
  const shared = [
    'u8_lzw.tif',
    'u8_packbits.tif',
    'u8_zstd.tif',
    'u8_jpeg.tif',
    'u16_tiled.tif',
    'u16_bigtiff.tif',
    'u16_ome.ome.tif',
    'a.h5',
    'indexed4.png',
    'v.nii.gz',
  ]
  const real = existsSync(formats) ? shared.map((name): [string, Uint8Array] => [name, load(name)]) : []
  return [...own, ...real].map(([name, bytes]) => [name, new Uint8Array(bytes)])
}

describe('hostile', () => {
  /** Either one sentence for each problem or consistent volumes, and nothing printed. */
  async function survives(file: GivenFile) {
    const spies = (['log', 'warn', 'error', 'info'] as const).map((method) => vi.spyOn(console, method))
    const { volumes, problems } = await readFiles([file])
    expect(volumes.length + problems.length).toBeGreaterThan(0)
    for (const problem of problems) {
      expect(problem).toBeInstanceOf(InputError)
      expect(problem.message).toMatch(/^[^\n]*[^.]\.$/)
      // Our own errors, and the machine's about memory, are not sentences.
      expect(problem.message).not.toMatch(/undefined|not a function|RangeError|cannot be read \(/)
    }
    for (const { size, channels, samples } of volumes) expect(samples.length).toBe(size.reduce((a, b) => a * b) * channels)
    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  }

  test.each(samplesOfAll())('%s cut short at many places', async (name, bytes) => {
    const ends = new Set([
      ...Array.from({ length: 40 }, (_, i) => i),
      ...Array.from({ length: 60 }, (_, i) => Math.floor((bytes.length * i) / 60)),
      bytes.length - 1,
    ])
    for (const end of ends) if (end < bytes.length) await survives(given(name, bytes.slice(0, end)))
  })

  test.each(samplesOfAll())('%s with damaged bytes', (name, bytes) => {
    // Half of the damage is near the start, where the headers are.
    const place = fc.oneof(fc.nat(Math.min(600, bytes.length - 1)), fc.nat(bytes.length - 1))
    const value = fc.oneof(fc.nat(255), fc.constantFrom(0, 255, 128, 127))
    return fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(place, value), { minLength: 1, maxLength: 6 }), async (changes) => {
        const broken = bytes.slice()
        for (const [at, byte] of changes) broken[at] = byte
        await survives(given(name, broken))
      }),
      { numRuns: 120 },
    )
  })

  test('zeros, noise and the right magic before nothing', async () => {
    for (const [name, bytes] of samplesOfAll()) {
      await survives(given(name, new Uint8Array(5000)))
      await survives(given(name, join(bytes.slice(0, 16), new Uint8Array(3000))))
      await survives(given(name, join(bytes.slice(0, 400), new Uint8Array(3000).fill(255))))
    }
  })

  test('a file that can no longer be read', async () => {
    const file = given('a.png', new Uint8Array(5))
    file.read = () => Promise.reject(new Error('gone'))
    expect(await complaint(file)).toBe('"a.png" cannot be read (gone); give it again.')
  })
})

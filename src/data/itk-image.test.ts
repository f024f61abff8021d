import { deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromBytes, type GivenFile } from './given-file'
import { readItkImage } from './itk-image'
import './itk-pipeline.test-support'
import { InputError } from './input-error'

const bytesOf = (samples: Int16Array | Uint16Array | Uint8Array) => new Uint8Array(samples.buffer)
const joined = (text: string, data: Uint8Array) => {
  const head = new TextEncoder().encode(text)
  const out = new Uint8Array(head.length + data.length)
  out.set(head)
  out.set(data, head.length)
  return out
}
const counting = (n: number) => Array.from({ length: n }, (_, i) => i)

function nrrd(fields: string[], data: Uint8Array, name = 'a.nrrd'): GivenFile {
  return fromBytes(name, joined(['NRRD0005', ...fields, 'endian: little', '', ''].join('\n'), data))
}
const lps = ['space: left-posterior-superior', 'space directions: (0.5,0,0) (0,0.5,0) (0,0,2)', 'space origin: (1,2,3)']
const small = ['type: short', 'dimension: 3', 'sizes: 3 2 2']

const metaImage = (fields: string[], data: Uint8Array) =>
  fromBytes('a.mha', joined(['ObjectType = Image', 'BinaryData = True', ...fields, 'ElementDataFile = LOCAL', ''].join('\n'), data))

// Found by fuzzing: a spacing of 0 mm made areas of nothing.
test.each(['0 1 2', '\u00001 1 2', 'NaN 1 2'])('a spacing of %j is ignored, and said', async (spacing) => {
  const fields = ['NDims = 3', 'DimSize = 3 2 2', 'ElementType = MET_SHORT', `ElementSpacing = ${spacing}`, 'Offset = 0 0 0']
  const { affine, spacing: read, notes } = await readItkImage(metaImage(fields, bytesOf(new Int16Array(12))))
  expect({ affine, read }).toEqual({ affine: null, read: null })
  expect(notes).toEqual(['The file has a spacing or a position that cannot be, which is ignored.'])
})

// Found by fuzzing: ITK looped without end.
test.each([['-1'], ['3', '-1'], ['4'], ['2'], ['x']])('an MHA of %j axes with three sizes is damaged', async (...axes) => {
  const fields = [...axes.map((n) => `NDims = ${n}`), 'DimSize = 3 2 2', 'ElementType = MET_SHORT']
  await expect(readItkImage(metaImage(fields, bytesOf(new Int16Array(12))))).rejects.toThrow('is a damaged NRRD or MetaImage file')
})

describe('NRRD', () => {
  test.each(['raw', 'gzip'])('%s, with its place', async (encoding) => {
    const samples = Int16Array.from(counting(12), (v) => v - 5)
    const data = encoding === 'raw' ? bytesOf(samples) : gzipSync(bytesOf(samples))
    const volume = await readItkImage(nrrd([...small, ...lps, `encoding: ${encoding}`], data))
    expect(volume).toMatchObject({ kind: 'nrrd', name: 'a.nrrd', size: [3, 2, 2, 1], samples, spacing: [0.5, 0.5, 2], notes: [] })
    expect(volume.affine).toEqual([
      [-0.5, 0, 0, -1],
      [0, -0.5, 0, -2],
      [0, 0, 2, 3],
    ])
  })

  test('other spaces are converted to the same one, shear is kept', async () => {
    const ras = ['space: right-anterior-superior', 'space directions: (0.5,0,0) (0.2,0.5,0) (0,0,2)', 'space origin: (1,2,3)']
    const volume = await readItkImage(nrrd([...small, ...ras, 'encoding: raw'], bytesOf(new Int16Array(12))))
    const expected = [0.5, 0.2, 0, 1, 0, 0.5, 0, 2, 0, 0, 2, 3]
    volume.affine!.flat().forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 12))
  })

  test('without a position has none', async () => {
    const volume = await readItkImage(nrrd(['type: short', 'dimension: 2', 'sizes: 3 2', 'encoding: raw'], bytesOf(new Int16Array(6))))
    expect(volume).toMatchObject({ size: [3, 2, 1, 1], affine: null, spacing: null })
  })

  test('a list at each voxel, first or last, becomes frames', async () => {
    const fields = (sizes: string, kinds: string) => ['type: ushort', 'dimension: 4', `sizes: ${sizes}`, `kinds: ${kinds}`, 'encoding: raw']
    const first = await readItkImage(nrrd(fields('2 3 2 1', 'list domain domain domain'), bytesOf(Uint16Array.from(counting(12)))))
    expect(first).toMatchObject({ size: [3, 2, 1, 2], samples: Uint16Array.of(0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11) })
    const last = await readItkImage(nrrd(fields('3 2 1 2', 'domain domain domain list'), bytesOf(Uint16Array.from(counting(12)))))
    expect(last).toMatchObject({ size: [3, 2, 1, 2], samples: Uint16Array.from(counting(12)) })
  })

  test('colour is colour', async () => {
    const fields = ['type: uchar', 'dimension: 3', 'sizes: 3 2 2', 'kinds: RGB-color domain domain', 'encoding: raw']
    const volume = await readItkImage(nrrd(fields, Uint8Array.from(counting(12))))
    expect(volume).toMatchObject({ size: [2, 2, 1, 1], channels: 3, alpha: false, samples: Uint8Array.from(counting(12)) })
  })

  test.each([
    ['2', 2],
    ['-1', 0],
    ['x', 0],
  ])('a mask of frame %j of its source', async (said, frame) => {
    const file = nrrd([...small, ...lps, 'encoding: raw', `SourceFrame:=${said}`], bytesOf(new Int16Array(12)))
    expect((await readItkImage(file)).firstFrame).toBe(frame)
  })

  test('layers of a .seg.nrrd become one label map', async () => {
    const segment = (i: number, layer: number, value: number) => [
      `Segment${i}_Name:=S${i}`,
      `Segment${i}_Layer:=${layer}`,
      `Segment${i}_LabelValue:=${value}`,
      `Segment${i}_Color:=1 0 0.5`,
    ]
    const fields = ['type: uchar', 'dimension: 4', 'sizes: 2 2 2 1', 'kinds: list domain domain domain', 'encoding: raw']
    // Two layers at each of four voxels; both use the value 1.
    const data = Uint8Array.of(0, 0, 1, 0, 0, 1, 2, 1)
    const volume = await readItkImage(nrrd([...fields, ...segment(0, 0, 1), ...segment(1, 1, 1), ...segment(2, 0, 2)], data, 'a.seg.nrrd'))
    expect(volume.segments).toEqual([1, 2, 3].map((value) => ({ value, name: `S${value - 1}`, color: '#ff0080' })))
    expect(volume).toMatchObject({ size: [2, 2, 1, 1], samples: Uint8Array.of(0, 1, 2, 3) })
    expect(volume.notes[0]).toContain('layers')
  })
})

describe('MetaImage', () => {
  test('with its place, four axes, and colour', async () => {
    const turned = [
      'NDims = 3',
      'DimSize = 3 2 2',
      'TransformMatrix = 0 1 0 -1 0 0 0 0 1',
      'Offset = 1 2 3',
      'ElementSpacing = 1 2 4',
      'ElementType = MET_SHORT',
    ]
    const volume = await readItkImage(metaImage(turned, bytesOf(Int16Array.from(counting(12)))))
    expect(volume).toMatchObject({ kind: 'mha', size: [3, 2, 2, 1], spacing: [1, 2, 4], samples: Int16Array.from(counting(12)) })
    // Each row of the file's matrix is the direction of an axis; x and y change their sign.
    expect(volume.affine).toEqual([
      [0, 2, 0, -1],
      [-1, 0, 0, -2],
      [0, 0, 4, 3],
    ])
    const four = ['NDims = 4', 'DimSize = 3 2 1 2', 'ElementType = MET_USHORT']
    expect(await readItkImage(metaImage(four, bytesOf(Uint16Array.from(counting(12)))))).toMatchObject({ size: [3, 2, 1, 2], affine: null })
    const colour = ['NDims = 2', 'DimSize = 2 2', 'ElementNumberOfChannels = 3', 'ElementType = MET_UCHAR']
    expect(await readItkImage(metaImage(colour, Uint8Array.from(counting(12))))).toMatchObject({ size: [2, 2, 1, 1], channels: 3 })
  })
})

test('MetaImage with the line ends of Windows: in one file, compressed, and with its samples beside it', async () => {
  // Samples that begin as another line end would.
  const samples = Int16Array.from(counting(12), (v) => v + 0x0d0a)
  const fields = [
    'ObjectType = Image',
    'NDims = 3',
    'DimSize = 3 2 2',
    'ElementType = MET_SHORT',
    'Offset = 1 2 3',
    'ElementSpacing = 1 2 4',
  ]
  const text = (...more: string[]) => [...fields, ...more, ''].join('\r\n')
  const packed = new Uint8Array(deflateSync(bytesOf(samples)))
  for (const [file, other] of [
    [fromBytes('a.mha', joined(text('ElementDataFile = LOCAL'), bytesOf(samples)))],
    [fromBytes('a.mha', joined(text('CompressedData = True', 'ElementDataFile = LOCAL'), packed))],
    [fromBytes('a.mhd', new TextEncoder().encode(text('ElementDataFile = a.raw'))), fromBytes('a.raw', joined('', bytesOf(samples)))],
  ] as const)
    expect(await readItkImage(file, other)).toMatchObject({ size: [3, 2, 2, 1], samples, spacing: [1, 2, 4] })
})

test('compressed MetaImage, whether or not it states the compressed size', async () => {
  const samples = Int16Array.from(counting(12), (v) => v - 5)
  const packed = new Uint8Array(deflateSync(bytesOf(samples)))
  const fields = ['NDims = 3', 'DimSize = 3 2 2', 'ElementType = MET_SHORT', 'CompressedData = True']
  for (const more of [[], [`CompressedDataSize = ${packed.length}`]])
    expect(await readItkImage(metaImage([...fields, ...more], packed))).toMatchObject({ size: [3, 2, 2, 1], samples })
})

describe('hostile files', () => {
  const refused = async (file: GivenFile) => {
    const error: unknown = await readItkImage(file).then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(InputError)
    return (error as InputError).message
  }

  test('more than 1 GiB, samples elsewhere, unknown samples and nonsense give sentences', async () => {
    const raw = 'encoding: raw'
    expect(await refused(nrrd(['type: short', 'dimension: 3', 'sizes: 9999 9999 99', raw], new Uint8Array(8)))).toContain('more than 1 GiB')
    expect(await refused(nrrd([...small, raw, 'data file: b.raw'], new Uint8Array(0)))).toContain('in another file ("b.raw")')
    expect(await refused(nrrd(['type: block', 'dimension: 1', 'sizes: 3', raw], new Uint8Array(3)))).toContain('type "block"')
    expect(await refused(nrrd([...small, raw], new Uint8Array(5)))).toContain('damaged')
    expect(await refused(nrrd([...small, 'encoding: gzip'], new Uint8Array(10)))).toContain('damaged')
    expect(await refused(nrrd(['type: short', 'dimension: 3', 'sizes: 3 -2 2', raw], new Uint8Array(24)))).toContain('damaged')
    expect(await refused(fromBytes('a.nrrd', new Uint8Array(0)))).toContain('damaged')
    expect(await refused(fromBytes('a.mha', new TextEncoder().encode('NDims = 3\nElementDataFile = a.raw\n')))).toContain('in another file')
  })

  test('cut short or flipped at random: a volume or one sentence', async () => {
    const whole = await nrrd([...small, ...lps, 'encoding: gzip'], gzipSync(bytesOf(Int16Array.from(counting(12))))).read()
    const damage = fc.record({
      keep: fc.nat(whole.length),
      flips: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 10 }),
    })
    await fc.assert(
      fc.asyncProperty(damage, async ({ keep, flips }) => {
        const bytes = whole.slice()
        for (const [at, value] of flips) bytes[at] = value
        for (const file of [fromBytes('a.nrrd', bytes), fromBytes('a.nrrd', bytes.slice(0, keep))])
          await readItkImage(file).then(
            ({ samples, size }) => expect(samples.length % (size[0] * size[1])).toBe(0),
            (error: InputError) => expect(error.message).toMatch(/^"a.nrrd" .{20,}\.$/),
          )
      }),
      { numRuns: 40, seed: 3 },
    )
  })
})

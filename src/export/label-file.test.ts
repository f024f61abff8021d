import { gunzipSync } from 'fflate'
import fc from 'fast-check'
import { readHeader, readImage } from 'nifti-reader-js'
import { describe, expect, test, vi } from 'vitest'
import { readPng, readPngVolume } from '../data/png-file'
import { turnUpright } from '../data/upright'
import { makeVolume, type Affine, type Volume } from '../data/volume'
import type { ExportedClass } from './finished-run'
import { sourceBase, writeLabels, writeMaps, type LabelOptions } from './label-file'
import { writeNifti } from './nifti'

/** What other writers were asked to write, instead of their bytes: frame and labels. */
vi.mock('./dicom-seg', () => ({
  writeDicomSeg: (_: Volume, labels: Uint8Array, frame: number, __: unknown, { keepIdentifiers }: LabelOptions) =>
    Promise.resolve(Uint8Array.of(frame, Number(keepIdentifiers), ...labels)),
}))
vi.mock('./seg-nrrd', () => ({ writeSegNrrd: (_: Volume, labels: Uint8Array, frame: number) => Uint8Array.of(frame, ...labels) }))

const affine: Affine = [
  [2, 0, 0, 5],
  [0, 2, 0, 6],
  [0, 0, 3, 7],
]

function volume(name: string, kind: Volume['kind'], size: Volume['size'], more: Partial<Volume> = {}): Volume {
  return makeVolume({ name, kind, size, samples: new Uint8Array(size.reduce((a, b) => a * b)), ...more })
}

const nifti = (name: string, size: Volume['size']): Volume => {
  const made = volume(name, 'nifti', size, { affine })
  const file = writeNifti({ size, samples: new Uint8Array(made.samples.length), source: made, intent: 'none', description: '' })
  return { ...made, origin: { format: 'nifti', header: file.slice(0, 348) } }
}

const classes: ExportedClass[] = [
  { name: 'background', color: '#000000', value: '0' },
  { name: 'LV', color: '#ff0000', value: '85' },
  { name: 'Myo', color: '#00ff00', value: '255' },
]
const labelsOf = ({ size }: Volume) => Uint8Array.from({ length: size.reduce((a, b) => a * b) }, (_, i) => i % 3)
const options: LabelOptions = { format: 'source', keepIdentifiers: false }
const write = (source: Volume, more: Partial<LabelOptions> = {}, table = classes) =>
  writeLabels(source, labelsOf(source), table, { ...options, ...more })

function readNifti(bytes: Uint8Array<ArrayBuffer>) {
  const plain = bytes[0] === 31 ? new Uint8Array(gunzipSync(bytes)) : bytes
  const header = readHeader(plain.buffer)
  const Samples = { 2: Uint8Array, 4: Int16Array, 16: Float32Array }[header.datatypeCode]!
  return { header, samples: [...new Samples(readImage(header, plain.buffer))] }
}

const picture = volume('a/p1.b.png', 'png', [3, 2, 1, 1])
const stack = volume('stack.ome.tif', 'tiff', [3, 2, 2, 1])
const plain = nifti('x/p1.nii', [3, 2, 2, 2])
const packed = nifti('x/p1.nii.gz', [3, 2, 2, 2])
const series = volume('p1/1.2.840', 'dicom', [3, 2, 2, 1], { affine, origin: { format: 'dicom', files: [] } })
const cine = volume('cine', 'dicom', [3, 2, 2, 3], { affine, origin: { format: 'dicom', files: [] } })
const capture = volume('capture.dcm', 'dicom', [3, 2, 1, 1], { origin: { format: 'dicom', files: [] } })
const nrrd = volume('n.nrrd', 'nrrd', [3, 2, 2, 1], { affine })

test.each<[string, Volume, LabelOptions['format'], string[]]>([
  ['a picture', picture, 'source', ['p1.b.png']],
  ['a picture, NIfTI asked for', picture, 'nifti', ['p1.b.nii.gz']],
  ['a picture, seg.nrrd asked for', picture, 'seg-nrrd', ['p1.b.seg.nrrd']],
  ['a photo', { ...picture, name: 'p1.jpeg', kind: 'jpeg' }, 'source', ['p1.png']],
  ['a stack without geometry', stack, 'source', ['stack.nii.gz']],
  ['a stack, PNG asked for', stack, 'png', ['stack.nii.gz']],
  ['a NIfTI', plain, 'source', ['p1.nii']],
  ['a NIfTI, compressed', packed, 'source', ['p1.nii.gz']],
  ['a NIfTI, seg.nrrd asked for', packed, 'seg-nrrd', ['p1-frame-1.seg.nrrd', 'p1-frame-2.seg.nrrd']],
  ['a series', series, 'source', ['1.2.840.dcm']],
  ['a series, NIfTI asked for', series, 'nifti', ['1.2.840.nii.gz']],
  ['a cine', cine, 'source', ['cine-frame-1.dcm', 'cine-frame-2.dcm', 'cine-frame-3.dcm']],
  ['a mosaic', { ...series, name: 'dwi', origin: { format: 'dicom', files: [], mosaic: true } }, 'source', ['dwi.nii.gz']],
  ['a DICOM without geometry', capture, 'source', ['capture.png']],
  ['an NRRD', nrrd, 'source', ['n.seg.nrrd']],
  ['an MHA', { ...nrrd, name: 'n.mha', kind: 'mha' }, 'source', ['n.seg.nrrd']],
  ['one slice with a position, PNG asked for', volume('one.dcm', 'dicom', [3, 2, 1, 1], { affine }), 'png', ['one.png']],
])('%s', async (_, source, format, names) => {
  expect((await write(source, { format })).map(({ name }) => name)).toEqual(names)
})

describe('what is in the file', () => {
  test('a PNG has the index and the colour of each class', async () => {
    const [file] = await write(picture)
    const png = readPng(file!)
    expect([...png.samples]).toEqual([...labelsOf(picture)])
    expect(png.palette).toEqual([
      [0, 0, 0],
      [255, 0, 0],
      [0, 255, 0],
    ])
  })

  test('a PNG lies on a photo as stored, and records its orientation', async () => {
    const upright = turnUpright(volume('p1.jpg', 'jpeg', [3, 2, 1, 1]), 6)
    const labels = Uint8Array.of(0, 1, 2, 2, 1, 1)
    const [file] = await writeLabels(upright, labels, classes, options)
    const [map] = writeMaps(
      upright,
      Float32Array.from(labels, (label) => label / 2),
      'probability',
      'a',
    )
    // Upright 01 22 11, whose right column is the first row as stored.
    for (const { name, bytes } of [file!, map!]) {
      const png = readPng({ name, bytes })
      expect([png.width, png.height, png.orientation]).toEqual([3, 2, 6])
      expect([...png.samples].map((v) => (png.depth === 16 ? Math.round(v / 32767.5) : v))).toEqual([1, 2, 1, 0, 2, 1])
      expect(readPngVolume({ name, bytes })).toMatchObject({ size: [2, 3, 1, 1], turned: 6 })
    }
    expect([...readPngVolume(file!).samples]).toEqual([...labels])
  })

  test('a NIfTI has the values of the exemplar mask, in the place of its source', async () => {
    for (const source of [plain, packed]) {
      const [file] = await write(source)
      const { header, samples } = readNifti(file!.bytes)
      expect(samples).toEqual([...labelsOf(source)].map((label) => [0, 85, 255][label]))
      expect(header.affine.slice(0, 3)).toEqual(affine)
      expect([header.datatypeCode, header.intent_code]).toEqual([2, 1002])
      expect(header.description).toContain('0 if not predicted')
    }
  })

  test.each<[string, string[], number, number[]]>([
    ['large values take 16 bits', ['0', '1001', '2035'], 4, [0, 1001, 2035]],
    ['colours are not numbers: the index', ['#000000', '#ff0000', '#00ff00'], 2, [0, 1, 2]],
    ['one drawn in addition to the file, with the same number: the index', ['0', '2', '2'], 2, [0, 1, 2]],
    ['one value beyond 16 bits: the index of all', ['0', '40000', '7'], 2, [0, 1, 2]],
    ['not whole numbers: the index', ['0', '1.5', '-3'], 2, [0, 1, 2]],
  ])('%s', async (_, values, datatype, expected) => {
    const table = classes.map((one, i) => ({ ...one, value: values[i]! }))
    const [file] = await write(stack, {}, table)
    const { header, samples } = readNifti(file!.bytes)
    expect(header.datatypeCode).toBe(datatype)
    expect(samples).toEqual([...labelsOf(stack)].map((label) => expected[label]))
    expect(header.description).toMatch(/^No geometry/)
  })

  test('each requested frame of a cine goes to its own file', async () => {
    const labels = labelsOf(cine)
    const part = (frame: number) => [...labels.subarray(frame * 12, frame * 12 + 12)]
    expect((await write(cine)).map(({ bytes }) => [...bytes])).toEqual([0, 1, 2].map((frame) => [frame, 0, ...part(frame)]))
    const some = await write(cine, { frames: [2], keepIdentifiers: true, base: 'other' })
    expect(some.map(({ name, bytes }) => [name, ...bytes])).toEqual([['other-frame-3.dcm', 2, 1, ...part(2)]])
    const nrrds = await write(cine, { frames: [1], format: 'seg-nrrd' })
    expect(nrrds.map(({ name, bytes }) => [name, ...bytes])).toEqual([['cine-frame-2.seg.nrrd', 1, ...part(1)]])
  })

  test('labels of another size are refused', async () => {
    await expect(writeLabels(stack, new Uint8Array(6), classes, options)).rejects.toThrow('3 x 2 x 2 x 1 voxels cannot be 6 values')
  })

  test('equal labels are equal files', async () => {
    const now = vi.spyOn(Date, 'now')
    now.mockReturnValue(1e12)
    const first = await write(packed)
    now.mockReturnValue(2e12)
    expect(await write(packed)).toEqual(first)
    now.mockRestore()
  })
})

describe('maps', () => {
  const mapOf = ({ size }: Volume) => Float32Array.from({ length: size.reduce((a, b) => a * b) }, (_, i) => (i % 4) / 3)

  test('for a picture are PNGs of 16 bits', () => {
    const [file] = writeMaps(picture, mapOf(picture), 'probability', 'left/right LV')
    expect(file!.name).toBe('p1.b-probability-left_right_LV.png')
    const png = readPng(file!)
    expect([png.depth, ...png.samples]).toEqual([16, 0, 21845, 43690, 65535, 0, 21845])
  })

  test.each([
    [stack, 'stack-disagreement.nii.gz'],
    [plain, 'p1-disagreement.nii'],
    [series, '1.2.840-disagreement.nii.gz'],
    [nrrd, 'n-disagreement.nii.gz'],
  ])('for everything else are float NIfTI', (source, name) => {
    const [file] = writeMaps(source, mapOf(source), 'disagreement')
    expect(file!.name).toBe(name)
    const { header, samples } = readNifti(file!.bytes)
    expect([header.datatypeCode, header.intent_code]).toEqual([16, 0])
    expect(samples).toEqual([...mapOf(source)])
    if (source.affine) expect(header.affine.slice(0, 3)).toEqual(affine)
  })
})

describe('base names', () => {
  test.each([
    ['a/b/p1.nii.gz', 'p1'],
    ['p1.NII', 'p1'],
    ['x.ome.tif', 'x'],
    ['x.seg.nrrd', 'x'],
    ['study\\1.2.840.113', '1.2.840.113'],
    ['v1.2.png', 'v1.2'],
    ['q:?.png', 'q__'],
    ['..', 'image'],
    ['.png', 'image'],
    ['', 'image'],
    ['CON.png', 'CON_'],
    ['nul.a.nii.gz', 'nul_.a'],
    ['COM¹.png', 'COM¹_'],
    ['conin$.png', 'conin$_'],
    ['aux .b.png', 'aux_ .b'],
    ['/etc/passwd', 'passwd'],
    ['C:\\x.png', 'x'],
    ['C:x.png', 'C_x'],
    ['//host/share/x.png', 'x'],
    ['console.png', 'console'],
    ['a. .png', 'a'],
    [`${'ä'.repeat(126)}.png`, 'ä'.repeat(80)],
  ])('%s', (name, base) => expect(sourceBase(name)).toBe(base))

  test('never lead out of the folder', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ minLength: 100, unit: 'grapheme' }),
          fc.constantFrom('../..', '..\\.png', '.. .png', 'COM1.x.png'),
        ),
        (name) => {
          const base = sourceBase(name)
          expect(base).toMatch(/^[^/\\:*?"<>|]*[^/\\:*?"<>|. ]$/)
          expect(base).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i)
          expect(Buffer.byteLength(base)).toBeLessThanOrEqual(160)
        },
      ),
    )
  })
})

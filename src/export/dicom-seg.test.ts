import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DataSet } from 'dicom-parser'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDicom } from '../data/dicom'
import { segmentationOn } from '../data/dicom-seg'
import type { Element } from '../data/dicom-elements'
import { readElements } from '../data/dicom-header'
import { segFields } from '../data/dicom-identifiers'
import { makeDicom } from '../data/dicom.test-support'
import { fromBytes } from '../data/given-file'
import '../data/itk-pipeline.test-support'
import type { Volume } from '../data/volume'
import { writeDicomSeg } from './dicom-seg'
import { findPython, needs, runPython } from '../lib/python.test-support'

const shared = new URL('../../../shared/data/', import.meta.url).pathname
const classes = [
  { name: 'background', color: '#000000' },
  { name: 'Myokard (Größe)', color: '#ff0080' },
  { name: 'nothing', color: '#00ff00' },
  { name: 'LV', color: '#0072b2' },
]
const options = { keepIdentifiers: false, description: 'LV and myocardium' }

async function read(...files: Parameters<typeof readDicom>[0]): Promise<Volume> {
  const { volumes, problems } = await readDicom(files)
  expect(problems).toEqual([])
  expect(volumes.length).toBe(1)
  return volumes[0]!
}
const readFolder = (folder: string, keep: (name: string) => boolean = () => true) =>
  read(
    ...readdirSync(folder)
      .filter(keep)
      .map((name) => fromBytes(`s/${name}`, new Uint8Array(readFileSync(join(folder, name))))),
  )
/** Vitest compares half a million numbers one by one; this is fast. */
const same = (a: ArrayLike<number>, b: Uint8Array) => Buffer.compare(Uint8Array.from(a), b) === 0
const cine = join(shared, 'sunnybrook/dicom/SCD0000101')
const liver = join(shared, 'formats/ct3slice_seg')

/** Two rectangles on all slices but the second, of classes 1 and 3. */
function rectangles([columns, rows, slices]: Volume['size']): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: columns * rows * slices }, (_, i) => {
    const [x, y, z] = [i % columns, Math.floor(i / columns) % rows, Math.floor(i / columns / rows)]
    return z === 1 || x < 30 || x >= 70 + z || y < 20 || y >= 40 ? 0 : y < 33 ? 1 : 3
  })
}

test('on one of several orientations in a file, refers to its frames and lies in its plane', async () => {
  const frame = (position: string, cosines: string): Element[] => [
    ['00209113', 'SQ', [[['00200032', 'DS', position]]]],
    ['00209116', 'SQ', [[['00200037', 'DS', cosines]]]],
  ]
  const [axial, coronal] = ['1\\0\\0\\0\\1\\0', '1\\0\\0\\0\\0\\-1']
  const file = makeDicom({
    position: null,
    rows: 2,
    columns: 2,
    pixels: new Int16Array(12),
    more: [
      ['00200052', 'UI', '1.2.5'],
      ['00280008', 'IS', '3'],
      ['52009229', 'SQ', [[['00289110', 'SQ', [[['00280030', 'DS', '3\\3']]]]]]],
      ['52009230', 'SQ', [frame('0\\0\\5', axial!), frame('0\\7\\0', coronal!), frame('0\\0\\0', axial!)]],
    ],
  })
  const { volumes, problems } = await readDicom([file])
  expect(problems).toEqual([])
  const [across, along] = volumes as [Volume, Volume]
  const [first, second] = [Uint8Array.of(0, 1, 0, 0, 3, 0, 0, 1), Uint8Array.of(3, 0, 0, 3)]
  const onFirst = await read(fromBytes('first.dcm', await writeDicomSeg(across, first, 0, classes, options)))
  const onSecond = await read(fromBytes('second.dcm', await writeDicomSeg(along, second, 0, classes, options)))
  expect((await segmentationOn(onFirst, across)).map(({ labels }) => [...labels])).toEqual([[...first]])
  expect((await segmentationOn(onSecond, along)).map(({ labels }) => [...labels])).toEqual([[...second]])
  expect(await segmentationOn(onFirst, along)).toEqual([])
  expect(await segmentationOn(onSecond, across)).toEqual([])
  onSecond.affine!.flat().forEach((v, i) => expect(v).toBeCloseTo(along.affine!.flat()[i]!, 6))
})

describe.skipIf(!existsSync(cine))('on a cine', () => {
  test('comes back on its frame, with names, colours and numbers, including a segment without pixels', async () => {
    const source = await readFolder(cine)
    const labels = rectangles(source.size)
    for (const frame of [0, 1]) {
      const seg = await read(fromBytes('seg.dcm', await writeDicomSeg(source, labels, frame, classes, options)))
      expect(seg).toMatchObject({ kind: 'dicom-seg', size: [256, 256, 9, 1], patient: 'SCD0000101', notes: [] })
      expect(seg.segments).toEqual(classes.slice(1).map(({ name, color }, i) => ({ value: i + 1, name, color })))
      expect(same(seg.samples, labels)).toBe(true)
      seg.affine!.flat().forEach((v, i) => expect(v).toBeCloseTo(source.affine!.flat()[i]!, 6))
      const placed = await segmentationOn(seg, source)
      expect(placed.map((one) => [one.frame, same(one.labels, labels)])).toEqual([[frame, true]])
    }
  })

  test('without any label, or with a single slice of them, still lies on its series', async () => {
    const source = await readFolder(cine)
    const labels = new Uint8Array(256 * 256 * 9)
    const write = async () => read(fromBytes('seg.dcm', await writeDicomSeg(source, labels, 1, classes, options)))
    const lies = async (seg: Volume) => (await segmentationOn(seg, source)).map((one) => [one.frame, same(one.labels, labels)])
    expect(await lies(await write())).toEqual([[1, true]])
    labels.fill(3, 256 * 256 * 4 + 1000, 256 * 256 * 4 + 2000)
    const single = await write()
    expect(single.size).toEqual([256, 256, 1, 1])
    expect(await lies(single)).toEqual([[1, true]])
  })

  test('belongs to no other patient', async () => {
    const source = await readFolder(cine)
    const seg = await read(fromBytes('seg.dcm', await writeDicomSeg(source, rectangles(source.size), 0, classes, options)))
    expect(await segmentationOn(seg, await readFolder(join(shared, 'sunnybrook/dicom/SCD0000201')))).toEqual([])
  })
})

test('labels on unevenly spaced slices come back on the same ones', async () => {
  const slice = (z: number, instance: string) => makeDicom({ position: [0, 0, z], instance, pixels: Int16Array.from([1, 2, 3, 4, 5, 6]) })
  const source = await read(...[0, 3, 7, 20].map((z, i) => slice(z, `1.7.${i}`)))
  const label = fc.uint8Array({ minLength: 24, maxLength: 24, max: 3 }).map((values) => Uint8Array.from(values))
  await fc.assert(
    fc.asyncProperty(label, async (labels) => {
      const seg = await read(fromBytes('seg.dcm', await writeDicomSeg(source, labels, 0, classes, options)))
      expect(await segmentationOn(seg, source)).toEqual([{ frame: 0, labels }])
    }),
    { numRuns: 30 },
  )
})

test('frames of a multi-frame source are named by number', async () => {
  const place = (z: number) => [['00209113', 'SQ', [[['00200032', 'DS', `0\\0\\${z}`]]]] as const]
  const source = await read(
    makeDicom({
      pixels: new Int16Array(18),
      more: [
        ['00280008', 'IS', '3'],
        ['52009230', 'SQ', [place(4), place(0), place(8)]],
      ],
    }),
  )
  const labels = Uint8Array.from({ length: 18 }, (_, i) => (i < 6 ? 1 : i < 12 ? 0 : 3))
  const bytes = await writeDicomSeg(source, labels, 0, classes, options)
  expect(await segmentationOn(await read(fromBytes('seg.dcm', bytes)), source)).toEqual([{ frame: 0, labels }])
  // The lowest slice is the file's second frame.
  expect(Buffer.from(bytes).includes(Buffer.from([0x08, 0x00, 0x60, 0x11, 0x49, 0x53, 2, 0, 0x32, 0x20]))).toBe(true)
})

test('a source without a position gives labels by picture', async () => {
  const source = await read(makeDicom({ position: null, pixels: Int16Array.from([1, 2, 3, 4, 5, 6]) }))
  const labels = Uint8Array.of(0, 1, 3, 0, 1, 3)
  const seg = await read(fromBytes('seg.dcm', await writeDicomSeg(source, labels, 0, classes, options)))
  expect(seg.affine).toBe(null)
  expect(await segmentationOn(seg, source)).toEqual([{ frame: 0, labels }])
})

/** A source with every field of the table that names a person, each with a value of its own. */
async function telling(): Promise<Volume> {
  const uid = (n: number) => `1.2.826.0.1.${n}`
  const own: Element[] = [
    ['00080005', 'CS', 'ISO_IR 192'],
    ['00080018', 'UI', uid(1)],
    ['00080020', 'DA', '20110102'],
    ['00080022', 'DA', '20110103'],
    ['00080030', 'TM', '111213'],
    ['00080050', 'SH', 'ACC77'],
    ['00080080', 'LO', 'General Hospital'],
    ['00080090', 'PN', 'Referrer^R'],
    ['00081030', 'LO', 'study of Jane'],
    ['0008103e', 'LO', 'series of Jane'],
    ['00081070', 'PN', 'Operator^O'],
    ['00090010', 'LO', 'PRIVATE MAKER'],
    ['00091001', 'LO', 'private of Jane'],
    ['00100010', 'PN', 'Doe^Jane'],
    ['00100020', 'LO', 'PID4711'],
    ['00100030', 'DA', '19501231'],
    ['00100040', 'CS', 'F'],
    ['00101010', 'AS', '061Y'],
    ['00101040', 'LO', 'Street 1'],
    ['00104000', 'LT', 'comment on Jane'],
    ['0020000d', 'UI', uid(2)],
    ['0020000e', 'UI', uid(3)],
    ['00200010', 'SH', 'STUDY9'],
    ['00200052', 'UI', uid(4)],
    ['00201040', 'LO', 'INDICATOR'],
    ['00204000', 'LT', 'image of Jane'],
    ['00321032', 'PN', 'Requester^Q'],
    [
      '00400275',
      'SQ',
      [
        [
          ['00400007', 'LO', 'because of Jane'],
          ['00401001', 'SH', 'REQ5'],
        ],
      ],
    ],
  ]
  return read(makeDicom({ pixels: Int16Array.from([1, 2, 3, 4, 5, 6]), instance: uid(1), series: uid(3), more: own }))
}

const asText = async (source: Volume, keepIdentifiers: boolean, labels = Uint8Array.of(0, 1, 3, 0, 1, 3)) =>
  Buffer.from(await writeDicomSeg(source, labels, 0, classes, { ...options, keepIdentifiers })).toString('latin1')

test('what identifies the patient stays out unless it is kept, and then only what the table says', async () => {
  const source = await telling()
  expect(source.identifiers.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["Patient's Name", 'Patient ID', 'Institution Name', "Operators' Name", 'Study Description', 'Private fields']),
  )
  const renamed = { ...source, patient: 'case-001' }
  const [without, kept] = [await asText(renamed, false), await asText(renamed, true)]
  for (const { tag, name, value } of source.identifiers) {
    // An age or a sex is found in many places by chance.
    if (value.length < 4) continue
    const fate = segFields.get(tag)
    expect(without.includes(value), `${name} without`).toBe(fate === 'always')
    expect(kept.includes(value), `${name} kept`).toBe(fate !== undefined)
  }
  const { data } = await readElements(fromBytes('seg.dcm', Uint8Array.from(Buffer.from(without, 'latin1'))))
  const of = (tag: string) => data.string(tag) ?? ''
  expect([of('x00100010'), of('x00100020'), of('x00100030'), of('x00100040')]).toEqual(['case-001', 'case-001', '', ''])
  expect([of('x00120062'), of('x00280303')]).toEqual(['YES', 'REMOVED'])
  for (const file of [without, kept]) expect(file).toContain('Research use only')
  expect(without).not.toContain('Jane')
  expect(kept).not.toMatch(/of Jane|on Jane/)
})

test('without identifiers it still lies on its series', async () => {
  const source = await telling()
  const labels = Uint8Array.of(0, 1, 3, 0, 1, 3)
  const seg = await read(fromBytes('seg.dcm', await writeDicomSeg({ ...source, patient: 'case-001' }, labels, 0, classes, options)))
  expect(await segmentationOn(seg, source)).toEqual([{ frame: 0, labels }])
})

test('renamed, it bears none of its images’ UIDs, but the same others wherever one of them stood', async () => {
  const source = { ...(await telling()), patient: 'case-001' }
  const write = async (labels: Uint8Array, keepIdentifiers = false) => {
    const bytes = await writeDicomSeg(source, labels, 0, classes, { ...options, keepIdentifiers, rename: true })
    const { data } = await readElements(fromBytes('seg.dcm', bytes))
    const series = data.elements['x00081115']!.items![0]!.dataSet!
    const first = (set: DataSet, ...tags: string[]) => tags.reduce((set, tag) => set.elements[tag]!.items![0]!.dataSet!, set)
    const uids = [
      ...[data.string('x0020000d'), series.string('x0020000e'), data.string('x00200052')],
      first(series, 'x0008114a').string('x00081155'),
      first(data, 'x52009230', 'x00089124', 'x00082112').string('x00081155'),
    ]
    return { text: Buffer.from(bytes).toString('latin1'), uids, own: data.string('x00080018')! }
  }
  const [one, other, kept] = [
    await write(Uint8Array.of(0, 1, 3, 0, 1, 3)),
    await write(Uint8Array.of(1, 1, 1, 0, 1, 3)),
    await write(new Uint8Array(6), true),
  ]
  for (const { tag, name, value } of source.identifiers)
    if (segFields.has(tag)) expect(one.text.includes(value) && value.length > 3, name).toBe(false)
  expect(other.uids).toEqual(one.uids)
  expect(one.uids[3]).toBe(one.uids[4])
  expect(new Set([...one.uids, one.own, other.own]).size).toBe(6)
  for (const uid of one.uids) expect(uid).toMatch(/^2\.25\.[1-9]\d{0,38}$/)
  expect(one.text).toContain('Exemplar Lab replaces the UIDs that refer to the images')
  expect(kept.uids).toEqual([2, 3, 4, 1, 1].map((n) => `1.2.826.0.1.${n}`))
})

test('equal labels give equal files, others different ones', async () => {
  const source = await telling()
  const without = await asText(source, false)
  expect(await asText(source, false)).toBe(without)
  const uid = (file: string) => /2\.25\.(?!103905)\d+/.exec(file)![0]
  expect(uid(await asText(source, false, Uint8Array.of(1, 1, 3, 0, 1, 3)))).not.toBe(uid(without))
  expect(uid(await asText({ ...source, patient: 'case-002' }, false))).not.toBe(uid(without))
})

test('labels that do not fit are refused', async () => {
  const source = await read(makeDicom({ pixels: Int16Array.from([1, 2, 3, 4, 5, 6]) }))
  await expect(writeDicomSeg(source, new Uint8Array(5), 0, classes, options)).rejects.toThrow('5 labels do not fit')
  await expect(writeDicomSeg(source, new Uint8Array(6).fill(4), 0, classes, options)).rejects.toThrow('Label 4')
  await expect(writeDicomSeg(source, new Uint8Array(6), 1, classes, options)).rejects.toThrow('no frame 1')
})

const python = findPython('pydicom', 'numpy')
describe.skipIf(!python || !existsSync(cine))(needs('DICOM SEG read by pydicom', python, 'pydicom'), () => {
  test('has the right frame of reference, sources, places, pixels, and no name', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'seg-'))
    try {
      const source = await readFolder(cine)
      const labels = rectangles(source.size)
      const renamed = { ...source, patient: 'case-007' }
      writeFileSync(join(folder, 'seg.dcm'), await writeDicomSeg(renamed, labels, 1, classes, options))
      writeFileSync(join(folder, 'labels'), labels)
      const code = `
import sys, glob, warnings, numpy as np, pydicom
warnings.simplefilter('ignore')
seg = pydicom.dcmread(sys.argv[1] + '/seg.dcm')
labels = np.fromfile(sys.argv[1] + '/labels', np.uint8).reshape(9, 256, 256)
source = {d.SOPInstanceUID: d for d in map(pydicom.dcmread, glob.glob(sys.argv[2] + '/*.dcm'))}
late = sorted([d for d in source.values() if d.TriggerTime > 500], key=lambda d: -d.InstanceNumber)
assert seg.SOPClassUID == '1.2.840.10008.5.1.4.1.1.66.4' and seg.file_meta.MediaStorageSOPInstanceUID == seg.SOPInstanceUID
assert seg.PatientName == 'case-007' and seg.PatientID == 'case-007' and seg.PatientIdentityRemoved == 'YES' and seg.PatientBirthDate == ''
for tag in ('StudyInstanceUID', 'FrameOfReferenceUID'): assert seg[tag].value == late[0][tag].value
assert seg.SeriesInstanceUID != late[0].SeriesInstanceUID
assert seg.ReferencedSeriesSequence[0].SeriesInstanceUID == late[0].SeriesInstanceUID
assert [r.ReferencedSOPInstanceUID for r in seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence] == [d.SOPInstanceUID for d in late]
assert [s.SegmentNumber for s in seg.SegmentSequence] == [1, 2, 3]
assert [s.SegmentLabel for s in seg.SegmentSequence] == ['Myokard (Größe)', 'nothing', 'LV']
# dcmqi 7.6 writes [35969, 54626, 33941] for #ff0080.
assert max(abs(a - b) for a, b in zip(seg.SegmentSequence[0].RecommendedDisplayCIELabValue, [35969, 54626, 33941])) < 10
shared = seg.SharedFunctionalGroupsSequence[0]
assert np.allclose(shared.PlaneOrientationSequence[0].ImageOrientationPatient, late[0].ImageOrientationPatient, atol=1e-6)
assert list(shared.PixelMeasuresSequence[0].PixelSpacing) == list(late[0].PixelSpacing)
pixels = seg.pixel_array
assert pixels.shape == (16, 256, 256) == (int(seg.NumberOfFrames), seg.Rows, seg.Columns)
found = np.zeros_like(labels)
for group, mask in zip(seg.PerFrameFunctionalGroupsSequence, pixels):
    picture = source[group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID]
    assert np.allclose(group.PlanePositionSequence[0].ImagePositionPatient, picture.ImagePositionPatient, atol=1e-6)
    found[late.index(picture)][mask > 0] = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
assert np.array_equal(found, labels)
# All elements can be read, and every value is as its type wants, but for the source's own UIDs.
str(seg)`
      expect(runPython(python!, ['-c', code, folder, cine])).toEqual({ status: 0, output: '' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
  test('of the liver, by dcmqi, is on the slices that pydicom says', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'seg-'))
    try {
      const code = `
import sys, warnings, numpy as np, pydicom
warnings.simplefilter('ignore')
seg = pydicom.dcmread(sys.argv[1] + '/liver.dcm')
slices = sorted((pydicom.dcmread(sys.argv[1] + '/0%d.dcm' % i) for i in (1, 2, 3)), key=lambda d: d.ImagePositionPatient[2])
order = [d.SOPInstanceUID for d in slices]
labels = np.zeros((3, 512, 512), np.uint8)
for group, mask in zip(seg.PerFrameFunctionalGroupsSequence, seg.pixel_array):
    labels[order.index(group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID)] = mask
labels.tofile(sys.argv[2] + '/labels')`
      expect(runPython(python!, ['-c', code, liver, folder])).toEqual({ status: 0, output: '' })
      const source = await readFolder(liver, (name) => name !== 'liver.dcm')
      const seg = await readFolder(liver, (name) => name === 'liver.dcm')
      expect(seg.segments).toEqual([{ value: 1, name: 'Liver', color: '#dd8265' }])
      const placed = await segmentationOn(seg, source)
      const labels = readFileSync(join(folder, 'labels'))
      expect(placed.map((one) => [one.frame, same(one.labels, labels)])).toEqual([[0, true]])
      expect(same(seg.samples, labels)).toBe(true)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

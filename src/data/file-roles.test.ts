import { expect, test } from 'vitest'
import { assignRoles } from './dropped-files'
import { baseName, pairName, patientOf } from './file-roles'
import { readPngVolume } from './png-file'
import { makePng } from './files.test-support'
import { makeVolume, type Volume } from './volume'

test.each([
  ['a/b.c/p01_s2.png', 'p01_s2', 'p01'],
  ['x.png', 'x', 'x'],
  ['C:\\scans\\x_1.nii.gz', 'x_1', 'x'],
  ['b/c.seg.nrrd', 'c', 'c'],
  ['.hidden', '.hidden', '.hidden'],
  ['plain', 'plain', 'plain'],
  ['data/patient1/images/image.png', 'image', 'patient1'],
  ['image.png', 'image', 'image'],
  ['pile/patient7/slice_2.png', 'slice_2', 'patient7'],
  ['pile/patient7/images/frame_2.png', 'frame_2', 'patient7'],
  ['slice_2.png', 'slice_2', 'slice'],
  ['pile/im0079.png', 'im0079', 'im0079'],
])('%s is called %s, of patient %s', (name, base, patient) => {
  expect(baseName(name)).toBe(base)
  expect(patientOf(name)).toBe(patient)
})

test.each([
  ['p1.png', 'masks/p1.png'],
  ['image_003.png', 'mask-003.png'],
  ['p1_s2.png', 'p1_s2_seg.png'],
  ['heart.png', 'heartMask.png'],
])('%s and %s are a pair', (image, mask) => expect(pairName(image)).toBe(pairName(mask)))

const png = (...file: Parameters<typeof makePng>) => readPngVolume(makePng(...file))
const picture = (name: string) => png(name, { rows: [Array.from({ length: 100 }, (_, i) => i * 2)] })
const mask = (name: string, ...values: number[]) => png(name, { rows: [[...new Array<number>(20).fill(0), ...values]] })
const roles = (...volumes: Volume[]) => Object.fromEntries(assignRoles(volumes).sorted.map(({ volume, role }) => [volume.name, role]))

test('folders tell masks from images, and the richest mask makes the exemplar', () => {
  expect(
    roles(
      picture('images/a_1.png'),
      mask('masks/a_1.png', 1),
      picture('images/b_1.png'),
      mask('masks/b_1.png', 1, 2),
      picture('unlabeled/c_1.png'),
    ),
  ).toEqual({
    'images/a_1.png': 'unlabeled',
    'masks/a_1.png': 'reference',
    'images/b_1.png': 'exemplar-image',
    'masks/b_1.png': 'exemplar-mask',
    'unlabeled/c_1.png': 'unlabeled',
  })
})

test('without folders the content tells', () => {
  const [first, second] = [picture('a.png'), mask('a.png', 1)]
  expect(assignRoles([second, first, picture('b.png')]).sorted.map(({ role }) => role)).toEqual([
    'exemplar-mask',
    'exemplar-image',
    'unlabeled',
  ])
  const indexed = png('q.png', { rows: [[1, 1, 1, 0]], type: 3, palette: [0, 0, 0, 255, 0, 0] })
  expect(assignRoles([picture('q.png'), indexed]).sorted.map(({ role }) => role)).toEqual(['exemplar-image', 'exemplar-mask'])
})

test('patients whose files are named alike are told apart by folder', () => {
  expect(roles(picture('p1/image.png'), mask('p1/mask.png', 1), picture('p2/image.png'), mask('p2/mask.png', 1, 2))).toEqual({
    'p1/image.png': 'unlabeled',
    'p1/mask.png': 'reference',
    'p2/image.png': 'exemplar-image',
    'p2/mask.png': 'exemplar-mask',
  })
})

test('one image and one mask belong together whatever they are called', () => {
  expect(roles(picture('scan.png'), mask('myLabels.png', 1))).toEqual({ 'scan.png': 'exemplar-image', 'myLabels.png': 'exemplar-mask' })
})

test('a stack and the mask that lies on it belong together, whatever they are called', () => {
  const grid = (slices: number, z: number) =>
    ({
      size: [1, 1, slices, 1],
      affine: [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 3, z],
      ],
    }) as const
  const series = makeVolume({ name: 'CT', kind: 'dicom', ...grid(4, 0), samples: Int16Array.of(5, 900, 70, 8) })
  const other = makeVolume({ name: 'CT2', kind: 'dicom', ...grid(4, 500), samples: Int16Array.of(5, 900, 70, 8) })
  const segments = [{ value: 1, name: 'Liver', color: null }]
  const seg = makeVolume({ name: 'S', kind: 'dicom-seg', ...grid(2, 3), samples: Uint8Array.of(0, 1), segments })
  expect(roles(other, seg, series)).toEqual({ CT: 'exemplar-image', CT2: 'unlabeled', S: 'exemplar-mask' })
})

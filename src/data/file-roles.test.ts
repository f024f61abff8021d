import { expect, test } from 'vitest'
import { assignRoles, baseName, pairName, patientOf } from './file-roles'
import { makePng } from './test-files'

test.each([
  ['a/b.c/p01_s2.png', 'p01_s2', 'p01'],
  ['x.png', 'x', 'x'],
  ['C:\\scans\\x_1.nii.gz', 'x_1.nii', 'x'],
  ['.hidden', '.hidden', '.hidden'],
  ['plain', 'plain', 'plain'],
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

const picture = (name: string) => makePng(name, { rows: [Array.from({ length: 100 }, (_, i) => i * 2)] })
const mask = (name: string, ...values: number[]) => makePng(name, { rows: [[...new Array<number>(20).fill(0), ...values]] })
const roles = (...files: ReturnType<typeof picture>[]) => Object.fromEntries(assignRoles(files).map(({ file, role }) => [file.name, role]))

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
  expect(assignRoles([second, first, picture('b.png')]).map(({ role }) => role)).toEqual(['exemplar-mask', 'exemplar-image', 'unlabeled'])
  const indexed = makePng('q.png', { rows: [[1, 1, 1, 0]], type: 3, palette: [0, 0, 0, 255, 0, 0] })
  expect(assignRoles([picture('q.png'), indexed]).map(({ role }) => role)).toEqual(['exemplar-image', 'exemplar-mask'])
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

test('what cannot be read counts as an image', () => {
  expect(roles({ name: 'notes.txt', bytes: Uint8Array.of(65) }, picture('unlabeled/a.png'))).toEqual({
    'notes.txt': 'unlabeled',
    'unlabeled/a.png': 'unlabeled',
  })
})

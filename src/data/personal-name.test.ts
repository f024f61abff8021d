import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { layouts } from './layouts.test-support'
import { whyPersonal } from './personal-name'

test.each([
  ['DOE^JANE/IM-0001.dcm', 'has a name as DICOM writes it'],
  ['Müller^Jürgen.nii.gz', 'has a name as DICOM writes it'],
  ['Smith_Anna.png', 'has a given name'],
  ['scans/SmithAnna/1.png', 'has a given name'],
  ['García José CT.nii', 'has a given name'],
  ['mrn 12.png', 'has a word such as MRN or DOB'],
  ['x_DOB-77.png', 'has a word such as MRN or DOB'],
  ['p1_19570423.png', 'has a date'],
  ['scan 31.01.2024.nii', 'has a date'],
  ['2024-01-31/a.png', 'has a date'],
  ['P1234567.png', 'has a long number'],
  ['00123456_s1.png', 'has a long number'],
  ['1.2.840.113619.2.55/a.dcm', 'has a long number'],
])('%s %s', (name, why) => expect(whyPersonal(name)).toBe(why))

test.each([
  ...[
    'p01_s05.png',
    'case_00003/imaging.nii.gz',
    'ISIC_0012345.jpg',
    'SCD0000101/IM-0048.dcm',
    'BraTS20_Training_001_flair.nii',
    'img0001.png',
  ],
  ...[
    'patient101_frame01.nii.gz',
    'MCUCXR_0001_0.png',
    'volume-103.nii',
    'liver_mask.png',
    'Ray tracing.png',
    'heart left.png',
    'z05_t2.png',
  ],
  ...['0a7d30b252359a10fd298b638b90cb9ada3acced4e0c0e5a3692013f432ee4e9/images/x.png', '550e8400-e29b-41d4-a716-446655440000.png'],
  ...['anna.png', 'stage1_train/images.png', 'ct_train_1001_image.nii.gz'],
])('%s does not look like a person', (name) => expect(whyPersonal(name)).toBe(null))

test('no file of the layouts that are known looks like a person', () => {
  const names = Object.values(layouts).flatMap(({ image, mask, digits }) =>
    ['7', '12', '103'].flatMap((n) => [image(n.padStart(digits, '0')), mask(n.padStart(digits, '0'))]),
  )
  expect(names.length).toBeGreaterThan(50)
  expect(names.filter((name) => whyPersonal(name) !== null)).toEqual([])
})

const shared = join(import.meta.dirname, '../../../shared/data/sunnybrook')
test.skipIf(!existsSync(shared))('nor does a public data set (NOT CHECKED without the reference files)', () => {
  const names = readdirSync(shared, { recursive: true, encoding: 'utf8' })
  expect(names.filter((name) => whyPersonal(name) !== null)).toEqual([])
})

/** Masks and images as data sets are laid out, from bytes to a data set: a mask is of the image of its case, or of none. */
import fc from 'fast-check'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { makePng } from '../data/files.test-support'
import { fromBytes } from '../data/given-file'
import { layouts } from '../data/layouts.test-support'
import { makeVolume } from '../data/volume'
import { makeNifti } from '../data/volumes.test-support'
import type { FileRole } from '../data/file-roles'
import { defaults } from '../method/config'
import { emptyDataset, type Dataset } from './dataset'
import { withFiles, type RoleFile } from './given-files'
import { withVolumes } from './given-volumes'
import { hasReference, referenceOf } from './references'
import { summarise } from './summary'
import { scoredImages } from './training-data'

const size = [6, 5, 2]
const cells = 60
/** Stacks on one grid, of which only the name says the case. */
const scan = (n: number) =>
  makeNifti(
    size,
    Array.from({ length: cells }, (_, i) => n + ((i * 7) % 50)),
    'i2',
  )
const labels = makeNifti(
  size,
  Array.from({ length: cells }, (_, i) => Number(i % 6 < 2)),
  'u1',
)
const rows = (value: (x: number, y: number) => number) =>
  Array.from({ length: 8 }, (_, y) => Array.from({ length: 8 }, (_, x) => value(x, y)))
const picture = (n: number) => makePng('', { rows: rows((x, y) => n + 20 * x + 3 * y) }).bytes
const mask = (left: number) => makePng('', { rows: rows((x) => (x >= left && x < left + 3 ? 255 : 0)) }).bytes

async function dropped(files: Record<string, Uint8Array>) {
  const zip = fromBytes('drop.zip', zipSync(files) as Uint8Array<ArrayBuffer>)
  const { dataset, problems } = await withFiles(emptyDataset, [{ role: null, file: zip }], () => {})
  const names = (pictures: readonly number[]) => [...new Set(pictures.map((i) => dataset.unlabeled[i]!.source.volume.name))]
  return {
    exemplar: [dataset.exemplarSource?.volume.name, dataset.exemplarMask?.volume.name],
    images: dataset.sources.map(({ volume }) => volume.name).sort(),
    referenced: names(dataset.unlabeled.flatMap((_, i) => (hasReference(dataset, i) ? [i] : []))),
    scored: names(scoredImages(dataset)),
    problems: problems.map(({ message }) => message),
    classes: dataset.classes.map(({ name, value }) => `${name} ${value}`),
    notes: summarise(dataset, defaults).maskNotes,
  }
}

const hearts = { 'imagesTr/heart_001_0000.nii': scan(1), 'imagesTr/heart_002_0000.nii': scan(2), 'imagesTr/heart_003_0000.nii': scan(3) }

describe('on one grid', () => {
  test('one label of nnU-Net is of its own case', async () => {
    const found = await dropped({ ...hearts, 'labelsTr/heart_003.nii': labels })
    expect(found).toMatchObject({ exemplar: ['imagesTr/heart_003_0000.nii', 'labelsTr/heart_003.nii'], referenced: [], problems: [] })
  })

  test('of two labels one is the exemplar, and the other scores its own image alone', async () => {
    const found = await dropped({ ...hearts, 'labelsTr/heart_002.nii': labels, 'labelsTr/heart_003.nii': labels })
    expect(found).toMatchObject({
      exemplar: ['imagesTr/heart_002_0000.nii', 'labelsTr/heart_002.nii'],
      referenced: ['imagesTr/heart_003_0000.nii'],
      scored: ['imagesTr/heart_003_0000.nii'],
      problems: [],
    })
  })

  test('the label of another case is of none, and is named with the images that it could be of', async () => {
    const found = await dropped({ ...hearts, 'labelsTr/heart_002.nii': labels, 'labelsTr/heart_004.nii': labels })
    expect(found.exemplar[0]).toBe('imagesTr/heart_002_0000.nii')
    expect(found.referenced).toEqual([])
    expect(found.problems).toEqual([
      '"labelsTr/heart_004.nii" was not used: no image has its name; by its size it could belong to "imagesTr/heart_001_0000.nii" and "imagesTr/heart_003_0000.nii"; a mask is named like its image.',
    ])
  })

  test('the folder of KiTS says the case', async () => {
    const images = Object.fromEntries([1, 2, 3].map((n) => [`case_0000${n}/imaging.nii`, scan(n)]))
    const found = await dropped({ ...images, 'case_00002/segmentation.nii': labels })
    expect(found).toMatchObject({ exemplar: ['case_00002/imaging.nii', 'case_00002/segmentation.nii'], referenced: [], problems: [] })
  })

  test('of the sequences of BraTS somebody has to choose one', async () => {
    const sequences = [1, 2].flatMap((n) =>
      ['flair', 't1', 't1ce', 't2'].map((kind) => [`B_00${n}/B_00${n}_${kind}.nii`, scan(n)] as const),
    )
    const found = await dropped({ ...Object.fromEntries(sequences), 'B_001/B_001_seg.nii': labels })
    expect(found).toMatchObject({ exemplar: [undefined, undefined], images: [] })
    expect(found.problems).toEqual([
      'One case has 4 images, "B_001/B_001_flair.nii", "B_001/B_001_t1.nii", "B_001/B_001_t1ce.nii" and "B_001/B_001_t2.nii", and so does another; choose which modality is used: flair, t1, t1ce, t2.',
    ])
    const chosen = sequences.filter(([name]) => name.includes('t1ce'))
    expect((await dropped({ ...Object.fromEntries(chosen), 'B_001/B_001_seg.nii': labels })).exemplar[0]).toBe('B_001/B_001_t1ce.nii')
  })
})

describe('pictures', () => {
  test('masks of Cellpose are of the images that they are named after', async () => {
    const files = Object.fromEntries(
      [1, 2, 3].flatMap((n) => [
        [`well_${n}.png`, picture(n)],
        [`well_${n}_cp_masks.png`, mask(n)],
      ]),
    )
    const found = await dropped(files)
    expect(found).toMatchObject({ exemplar: ['well_1.png', 'well_1_cp_masks.png'], referenced: ['well_2.png', 'well_3.png'], problems: [] })
  })

  const lungs = (n: number, right = 4) => [
    [`CXR_png/M_${n}.png`, picture(n)] as const,
    [`ManualMask/leftMask/M_${n}.png`, mask(0)] as const,
    [`ManualMask/rightMask/M_${n}.png`, mask(right)] as const,
  ]

  test('two masks of one image are one label map with a class for each, for exemplar and references', async () => {
    const found = await dropped(Object.fromEntries([...lungs(1), ...lungs(2, 2)]))
    expect(found).toMatchObject({
      exemplar: ['CXR_png/M_1.png', 'ManualMask/leftMask/M_1.png'],
      images: ['CXR_png/M_2.png'],
      referenced: ['CXR_png/M_2.png'],
      problems: [],
    })
    expect(found.classes).toEqual(['background 0', 'left 1', 'right 2'])
    expect(found.notes).toEqual([
      '2 masks were read as one label map of left, right: "ManualMask/leftMask/M_1.png", "ManualMask/rightMask/M_1.png".',
      'So were the masks of 1 other image; in 1 of them they overlap, in 8 places.',
    ])
  })

  test('two masks of one image that cannot be one label map are said, and none of them is taken', async () => {
    const files = [1, 2].flatMap((n) => [
      [`scans/M_${n}.png`, picture(n)] as const,
      [`masks/M_${n}_1stHO.png`, mask(0)] as const,
      [`masks/M_${n}_2ndHO.png`, mask(1)] as const,
    ])
    const found = await dropped(Object.fromEntries(files))
    expect(found).toMatchObject({ exemplar: [undefined, undefined], images: ['scans/M_1.png', 'scans/M_2.png'], referenced: [] })
    expect(found.problems).toEqual([
      'Two masks for one image: "masks/M_1_1stHO.png" and "masks/M_1_2ndHO.png" belong to "scans/M_1.png", and so with 1 other image; they cannot be one label map, for their names do not say which structure each shows; give one mask for each image, with a number for each structure.',
    ])
  })

  test('masks of each lung that are given one after another, before and after their images', async () => {
    const file = (role: FileRole | null, name: string, bytes: Uint8Array): RoleFile => ({
      role,
      file: fromBytes(name, bytes as Uint8Array<ArrayBuffer>),
    })
    const given = async (before: Dataset, ...files: RoleFile[]) => withFiles(before, files, () => {})
    const left = (n: number) => file('reference', `leftMask/M_${n}.png`, mask(0))
    const right = (n: number) => file('reference', `rightMask/M_${n}.png`, mask(4))
    let { dataset } = await given(emptyDataset, file('exemplar-image', 'M_1.png', picture(1)))
    ;({ dataset } = await given(dataset, file('exemplar-mask', 'right_1.png', mask(4)), file('exemplar-mask', 'left_1.png', mask(0))))
    expect(dataset.classes.map(({ name, pixels }) => [name, pixels])).toEqual([
      ['background', 16],
      ['left', 24],
      ['right', 24],
    ])
    ;({ dataset } = await given(dataset, left(2), left(3)))
    ;({ dataset } = await given(dataset, ...[1, 2, 3].map((n) => file('unlabeled', `M_${n}.png`, picture(n)))))
    ;({ dataset } = await given(dataset, right(2), right(1), left(1)))
    expect(dataset.masks.map(({ merged }) => merged?.from)).toEqual([
      ['leftMask/M_3.png'],
      ['leftMask/M_2.png', 'rightMask/M_2.png'],
      ['leftMask/M_1.png', 'rightMask/M_1.png'],
    ])
    const truth = dataset.unlabeled.map((_, i) => [...new Set(referenceOf(dataset, i)?.labels)].sort())
    expect(truth).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [0, 1],
    ])
    const { problems } = await given(dataset, file('reference', 'heart/M_3.png', mask(2)))
    expect(problems.map(({ message }) => message)).toEqual([
      'Two masks for one image: "heart/M_3.png" and "leftMask/M_3.png" belong to "M_3.png"; they cannot be one label map, for the exemplar mask has no class that "heart/M_3.png" is named after (it has left, right); give one mask for each image, with a number for each structure.',
    ])
  })
})

test('one folder for images and references: masks are no images, and images no masks', async () => {
  const roles = (role: FileRole, names: Record<string, Uint8Array>): RoleFile[] =>
    Object.entries(names).map(([name, bytes]) => ({ role, file: fromBytes(name, bytes as Uint8Array<ArrayBuffer>) }))
  const folder = Object.fromEntries(
    [1, 2, 3].flatMap((n) => [
      [`well_${n}.png`, picture(n)],
      [`well_${n}_cp_masks.png`, mask(n)],
    ]),
  )
  const exemplar = [...roles('exemplar-image', { 'well_1.png': picture(1) }), ...roles('exemplar-mask', { 'well_1_cp_masks.png': mask(1) })]
  const { dataset, problems } = await withFiles(
    emptyDataset,
    [...exemplar, ...roles('unlabeled', folder), ...roles('reference', folder)],
    () => {},
  )
  expect(dataset.sources.map(({ volume }) => volume.name)).toEqual(['well_1.png', 'well_2.png', 'well_3.png'])
  expect(dataset.unlabeled.map((_, i) => hasReference(dataset, i))).toEqual([true, true, true])
  expect(problems.map(({ message }) => message)).toEqual([
    '"well_1_cp_masks.png" and 2 others are masks of given images by name, and no images to learn from.',
  ])
  // Masks with the very names of their images stay, in a folder of their own.
  const plain = await withFiles(
    emptyDataset,
    [...exemplar, ...roles('unlabeled', { 'well_2.png': picture(2) }), ...roles('reference', { 'well_2.png': mask(2) })],
    () => {},
  )
  expect(plain.problems).toEqual([])
  expect(plain.dataset.partners.size).toBe(1)
})

test('however many cases of one grid are dropped in whatever order, no image is scored against the mask of another', () => {
  const volume = (name: string, values: number[]) =>
    makeVolume({ name, kind: 'png', size: [4, 3, 1, 1], samples: Uint8Array.from({ length: 12 }, (_, i) => values[i % values.length]!) })
  const setting = fc.record({
    name: fc.constantFrom(...Object.keys(layouts)),
    cases: fc.uniqueArray(fc.record({ n: fc.integer({ min: 1, max: 199 }), shown: fc.nat(9), masked: fc.boolean() }), {
      minLength: 2,
      maxLength: 40,
      selector: ({ n }) => n,
    }),
    order: fc.infiniteStream(fc.nat(1000)),
  })
  fc.assert(
    fc.property(setting, ({ name, cases, order }) => {
      const { image, mask, digits } = layouts[name]!
      const numbered = cases.map((one) => ({ ...one, digits: String(one.n).padStart(digits, '0') }))
      const images = numbered.filter(({ shown }) => shown > 0)
      const masks = numbered.filter(({ masked }) => masked)
      // One image and one mask alone are a pair whatever they are called.
      fc.pre(images.length > 1)
      const given = [
        ...images.map((one) => volume(image(one.digits), [one.n, 77, 150, 201, 33])),
        ...masks.map((one) => volume(mask(one.digits), [0, 0, 1])),
      ]
      const shuffled = given.map((volume) => [order.next().value as number, volume] as const).sort(([a], [b]) => a - b)
      const { dataset } = withVolumes(
        emptyDataset,
        shuffled.map(([, volume]) => ({ role: null, volume })),
      )
      const truth = new Map(numbered.map((one) => [image(one.digits), mask(one.digits)]))
      const { exemplarSource, exemplarMask } = dataset
      if (exemplarSource) expect(exemplarMask!.volume.name).toBe(truth.get(exemplarSource.volume.name))
      const others = dataset.sources.map((source) => [source.volume.name, dataset.partners.get(source.volume)?.mask.given.name] as const)
      for (const [name, partner] of others) if (partner !== undefined) expect(partner).toBe(truth.get(name))
      const whole = images.filter(({ masked }) => masked).length
      expect(others.filter(([, partner]) => partner !== undefined).length).toBe(Math.max(0, whole - 1))
      expect(dataset.sources.length).toBe(images.length - Number(whole > 0))
    }),
    { numRuns: 120, seed: 7 },
  )
})

/** Masks as people have them: maps of 0 and 1, numbers that a header blurs, 255, a number for each object. */
import { describe, expect, test } from 'vitest'
import { fromBytes, type GivenFile } from '../data/given-file'
import { makeNifti, makeNpy, type TestType } from '../data/volumes.test-support'
import type { FileRole } from '../data/file-roles'
import { makePng } from '../data/files.test-support'
import { unknown } from '../image/raster'
import { defaults } from '../method/config'
import { annotationOf } from './annotations'
import { emptyDataset, type Dataset } from './dataset'
import { withFiles } from './given-files'
import { referenceOf } from './references'
import { summarise } from './summary'

async function given(files: [role: FileRole | null, file: GivenFile][]) {
  const { dataset, problems } = await withFiles(
    emptyDataset,
    files.map(([role, file]) => ({ role, file })),
    () => {},
  )
  const { classes, values, maskNotes, referenceNotes } = summarise(dataset, { ...defaults, size: 16 })
  return {
    dataset,
    problems: problems.map(({ message }) => message),
    classes: classes.slice(1).map(({ value, pixels }) => [value, pixels]),
    values,
    maskNotes,
    referenceNotes,
  }
}

const labelsOf = (dataset: Dataset) => dataset.exemplars.flatMap((exemplar) => [...annotationOf(dataset, exemplar)!.labels])

const [columns, rows, slices] = [9, 8, 2]
const voxels = columns * rows * slices
const scan = fromBytes('p1.nii', makeNifti([columns, rows, slices], [...Array(voxels).keys()], 'i2'))
/** Classes 0 to 3 by voxel. */
const truth = Array.from({ length: voxels }, (_, i) => (i % 5 === 4 ? 0 : i % 4))
const counts = [1, 2, 3].map((c) => [String(c), truth.filter((l) => l === c).length])
/** A map for each class of `of`, one after the other. */
const maps = (of: number[], labels = truth, top = 1) => of.flatMap((c) => labels.map((l) => (l === c ? top : 0)))
/** The same with all maps of a voxel side by side. */
const beside = (of: number[], labels = truth) => labels.flatMap((l) => of.map((c) => Number(l === c)))

describe('maps of 0 and 1', () => {
  const mask = (of: number[], top = 1) =>
    fromBytes('p1_mask.nii', makeNifti([columns, rows, slices, of.length], maps(of, truth, top), 'u1'))

  test.each([
    ['with background', mask([0, 1, 2, 3]), "The mask's 4 maps of 0 and 1 were read as background, which is the first, and 3 classes."],
    ['without', mask([1, 2, 3]), "The mask's 3 maps of 0 and 1 were read as 3 classes; what is in none is background."],
    ['of 255', mask([1, 2, 3], 255), "The mask's 3 maps of 0 and 255 were read as 3 classes; what is in none is background."],
  ])('in a volume of four axes, %s', async (_, file, note) => {
    for (const roles of [
      ['exemplar-image', 'exemplar-mask'],
      [null, null],
    ] as const) {
      const { dataset, problems, classes, maskNotes } = await given([
        [roles[0], scan],
        [roles[1], file],
      ])
      expect(problems).toEqual([])
      expect(classes).toEqual(counts)
      expect(maskNotes).toEqual([note])
      expect(labelsOf(dataset)).toEqual(truth)
    }
  })

  const plane = truth.slice(0, columns * rows)
  const stack = fromBytes('p1.npy', makeNpy([slices, rows, columns], [...Array(voxels).keys()], 'f4'))
  const picture = fromBytes('p1.npy', makeNpy([rows, columns], [...Array(columns * rows).keys()], 'f4'))
  const layouts: [string, GivenFile, number[], number[], TestType][] = [
    ['(C, H, W)', picture, [4, rows, columns], maps([0, 1, 2, 3], plane), 'u1'],
    ['(C, H, W) without background', picture, [3, rows, columns], maps([1, 2, 3], plane), 'f4'],
    ['(H, W, 3) bytes', picture, [rows, columns, 3], beside([1, 2, 3], plane), 'u1'],
    ['(H, W, 4) bytes', picture, [rows, columns, 4], beside([0, 1, 2, 3], plane), 'u1'],
    ['(H, W, 4) floats', picture, [rows, columns, 4], beside([0, 1, 2, 3], plane), 'f4'],
    ['(H, W, 5)', picture, [rows, columns, 5], beside([0, 1, 2, 3, 4], plane), 'u1'],
    ['(C, D, H, W)', stack, [4, slices, rows, columns], maps([0, 1, 2, 3]), 'u1'],
    ['(D, H, W, 3) bytes', stack, [slices, rows, columns, 3], beside([1, 2, 3]), 'u1'],
    ['(D, H, W, 5)', stack, [slices, rows, columns, 5], beside([0, 1, 2, 3, 4]), 'u1'],
  ]
  test.each(layouts)('as an array %s', async (_, image, shape, values, type) => {
    const { dataset, problems } = await given([
      ['exemplar-image', image],
      ['exemplar-mask', fromBytes('p1_mask.npy', makeNpy(shape, values, type))],
    ])
    expect(problems).toEqual([])
    expect(labelsOf(dataset)).toEqual(image === stack ? truth : plane)
  })

  test('that are equal channels of one picture become one mask', async () => {
    const heart = plane.map((l) => Number(l === 1))
    const file = fromBytes(
      'p1_mask.npy',
      makeNpy(
        [rows, columns, 3],
        heart.flatMap((v) => [v, v, v]),
        'u1',
      ),
    )
    const { dataset, problems, maskNotes } = await given([
      ['exemplar-image', picture],
      ['exemplar-mask', file],
    ])
    expect([problems, maskNotes]).toEqual([[], ["The mask's 3 channels are equal and were read as one."]])
    expect(labelsOf(dataset)).toEqual(heart)
  })

  test('are not found in colours', async () => {
    const colours = plane.flatMap((l) => [l === 1 || l === 3 ? 255 : 0, l === 2 || l === 3 ? 255 : 0, 0])
    const { problems, classes } = await given([
      ['exemplar-image', picture],
      ['exemplar-mask', fromBytes('p1_mask.npy', makeNpy([rows, columns, 3], colours, 'u1'))],
    ])
    expect(problems).toEqual([])
    expect(classes.map(([value]) => value)).toEqual(['#00ff00', '#ff0000', '#ffff00'])
  })

  test('give one sentence if they overlap, as do frames that the image lacks', async () => {
    const both = maps([1, 2]).map((v, i) => (i < 3 || i === voxels ? 1 : v))
    const overlapping = fromBytes('p1_mask.nii', makeNifti([columns, rows, slices, 2], both, 'u1'))
    const said = await given([
      ['exemplar-image', scan],
      ['exemplar-mask', overlapping],
    ])
    expect(said.problems).toEqual([
      '"p1_mask.nii" holds 2 maps of 0 and 1 that overlap in 2 places, but each place has one class; save one number for each place.',
    ])
    const numbers = fromBytes('p1_mask.nii', makeNifti([columns, rows, slices, 2], [...truth, ...truth], 'u1'))
    const frames = await given([
      ['exemplar-image', scan],
      ['exemplar-mask', numbers],
    ])
    expect(frames.problems).toEqual([expect.stringContaining('is 9 x 8 x 2 x 2 frames pixels, but its image "p1.nii" is 9 x 8 x 2')])
  })

  test('in a time series are frames', async () => {
    const cine = fromBytes('p1.nii', makeNifti([columns, rows, slices, 2], [...Array(2 * voxels).keys()], 'i2'))
    const heart = truth.map((l) => Number(l === 1))
    const disjoint = truth.map((l) => Number(l === 2))
    const { classes, maskNotes } = await given([
      ['exemplar-image', cine],
      ['exemplar-mask', fromBytes('p1_mask.nii', makeNifti([columns, rows, slices, 2], [...heart, ...disjoint], 'u1'))],
    ])
    expect([classes, maskNotes]).toEqual([[['1', (counts[0]![1] as number) + (counts[1]![1] as number)]], []])
  })

  test('are read in references too, beside their own image', async () => {
    const { dataset, problems } = await given([
      ['exemplar-image', scan],
      ['exemplar-mask', mask([0, 1, 2, 3])],
      ['unlabeled', fromBytes('p2.nii', makeNifti([columns, rows, slices], [...Array(voxels).keys()], 'i2'))],
      ['reference', fromBytes('p2_mask.nii', makeNifti([columns, rows, slices, 3], maps([1, 2, 3]), 'u1'))],
    ])
    expect(problems).toEqual([])
    const first = dataset.unlabeled.findIndex(({ source }) => source.volume.name === 'p2.nii')
    expect([...referenceOf(dataset, first)!.labels]).toEqual(truth.slice(0, columns * rows))
  })
})

test('whole numbers that a float header blurs are whole', async () => {
  // As nibabel writes labels 0 to 3 of type float64 into bytes: the slope is 3 / 255 in single precision.
  const blurred = makeNifti(
    [columns, rows, slices],
    truth.map((l) => l * 85),
    'u1',
    { slope: 3 / 255 },
  )
  const { problems, classes } = await given([
    ['exemplar-image', scan],
    ['exemplar-mask', fromBytes('m.nii', blurred)],
  ])
  expect(problems).toEqual([])
  expect(classes).toEqual(counts)
})

describe('255', () => {
  const image = makePng('a_1.png', { rows: [[10, 20, 30, 40]] })
  const other = makePng('b_1.png', { rows: [[10, 20, 30, 41]] })
  const file = ({ name, bytes }: { name: string; bytes: Uint8Array<ArrayBuffer> }, as = name) => fromBytes(as, bytes)

  test('beside small numbers is unknown until mapped otherwise; in references too', async () => {
    const { dataset, problems, classes, values, maskNotes } = await given([
      ['exemplar-image', file(image)],
      ['exemplar-mask', file(makePng('a_1_mask.png', { rows: [[0, 1, 2, 255]] }))],
      ['unlabeled', file(other)],
      ['reference', file(makePng('', { rows: [[0, 255, 2, 2]] }), 'b_1.png')],
    ])
    expect(problems).toEqual([])
    expect(classes.map(([value]) => value)).toEqual(['1', '2'])
    expect(values.at(-1)).toMatchObject({ value: '255', target: 'unknown' })
    expect(maskNotes).toEqual(['The value 255 beside small numbers counts as unknown.'])
    expect(labelsOf(dataset)).toEqual([0, 1, 2, unknown])
    expect([...referenceOf(dataset, 0)!.labels]).toEqual([0, unknown, 2, 2])
  })

  test.each([[[0, 255, 255, 0]], [[0, 128, 255, 0]], [[0, 100, 200, 255]]])('%j: it is a class', async (row) => {
    const { values } = await given([
      ['exemplar-image', file(image)],
      ['exemplar-mask', file(makePng('a_1_mask.png', { rows: [row] }))],
    ])
    expect(values.find(({ value }) => value === '255')).toMatchObject({ target: 'own' })
  })
})

describe('a number for each object', () => {
  const side = 40
  const png = (name: string, values: number[], depth = 8) =>
    fromBytes(name, makePng(name, { rows: Array.from({ length: side }, (_, y) => values.slice(y * side, (y + 1) * side)), depth }).bytes)
  const cells = (count: number) =>
    Array.from({ length: side * side }, (_, i) => {
      const [x, y] = [i % side, Math.floor(i / side)]
      const cell = Math.floor(x / 5) + 8 * Math.floor(y / 5) + 1
      return x % 5 < 4 && y % 5 < 4 && cell <= count ? cell : 0
    })
  const grey = (seed: number) => Array.from({ length: side * side }, (_, i) => (i * 7 + seed) % 256)
  const few = Array.from({ length: side * side }, (_, i) => Number(i % side < 3))

  test('is one class, with a note of the count; in references too, however few objects they have', async () => {
    const { dataset, problems, classes, maskNotes, referenceNotes } = await given([
      ['exemplar-image', png('w_1.png', grey(1))],
      ['exemplar-mask', png('w_1_mask.png', cells(40), 16)],
      ['unlabeled', png('v_1.png', grey(2))],
      ['unlabeled', png('u_1.png', grey(3))],
      ['reference', png('v_1_mask.png', cells(3))],
      ['reference', png('u_1_mask.png', few)],
    ])
    expect(problems).toEqual([])
    expect(classes).toEqual([['1', 40 * 16]])
    expect(maskNotes).toEqual(["The mask's 40 values were read as that many objects of one class."])
    expect(referenceNotes).toEqual(['Reference mask "v_1_mask.png": The mask\'s 3 values were read as that many objects of one class.'])
    const sum = (i: number) => referenceOf(dataset, i)!.labels.reduce((a, b) => a + b, 0)
    expect([sum(0), sum(1)]).toEqual([3 * 16, 3 * side])
  })

  test('is noted once for many references', async () => {
    const { referenceNotes } = await given([
      ['exemplar-image', png('w_1.png', grey(1))],
      ['exemplar-mask', png('w_1_mask.png', cells(40), 16)],
      ...[3, 4, 5].flatMap((n): [FileRole, GivenFile][] => [
        ['unlabeled', png(`v_${n}.png`, grey(n))],
        ['reference', png(`v_${n}_mask.png`, cells(n))],
      ]),
    ])
    expect(referenceNotes).toEqual([
      '3 reference masks, such as "v_3_mask.png": The mask\'s 3 values were read as that many objects of one class.',
    ])
  })

  test('is recognised by names such as those of Cellpose', async () => {
    const { classes } = await given([
      ['exemplar-image', png('w_1.png', grey(1))],
      ['exemplar-mask', png('w_1_cp_masks.png', cells(5))],
    ])
    expect(classes).toEqual([['1', 5 * 16]])
  })

  test('is refused where the exemplar has several classes', async () => {
    const { problems } = await given([
      ['exemplar-image', png('w_1.png', grey(1))],
      ['exemplar-mask', png('w_1_mask.png', cells(3))],
      ['unlabeled', png('v_1.png', grey(2))],
      ['reference', png('v_1_mask.png', cells(40))],
    ])
    expect(problems[0]).toMatch(/"v_1_mask.png" numbers 40 objects of one class, but the exemplar mask has 3 classes/)
  })

  test('is not found in a smoothed edge, a ramp or a photo', async () => {
    const disc = Array.from({ length: side * side }, (_, i) => {
      const d = Math.hypot((i % side) - 20, Math.floor(i / side) - 20)
      return Math.round(255 * Math.min(1, Math.max(0, (16 - d) / 8)))
    })
    const ramp = Array.from({ length: side * side }, (_, i) => i % side)
    for (const values of [disc, ramp, grey(5)]) {
      const { problems } = await given([
        ['exemplar-image', png('w_1.png', grey(1))],
        ['exemplar-mask', png('w_1_mask.png', values)],
      ])
      expect(problems[0]).toContain('different values, more than the 32 classes')
    }
  })
})

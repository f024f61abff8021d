/** Files that hold several arrays, from bytes to a data set: the same for a drop, for the inputs of the page and for the terminal. */
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { fromBytes, type GivenFile } from '../data/given-file'
import { makeHdf5, type TestArray } from '../data/hdf5.test-support'
import { makeNpy, type TestType } from '../data/volumes.test-support'
import type { FileRole } from '../data/file-roles'
import { annotationOf, withSlices } from './annotations'
import { emptyDataset, type Dataset } from './dataset'
import { withFiles } from './given-files'
import { hasReference, referenceOf } from './references'
import { scoredImages } from './training-data'

const side = 10
const cells = side * side
/** A square of ones in a corner. */
const squares = (count: number) => Array.from({ length: cells }, (_, i) => Number(i % side < count && i < count * side))
const grey = (patient: number) => Array.from({ length: cells }, (_, i) => patient + (i % 7) / 10)
const picture = (values: number[], type: TestType = 'f4'): TestArray => ({ shape: [side, side], values, type })

const pair = (name: string, patient: number): GivenFile =>
  fromBytes(name, makeHdf5({ image: picture(grey(patient)), label: picture(squares(patient + 2), 'u1') }))

async function given(files: { role: FileRole | null; file: GivenFile }[]): Promise<{ dataset: Dataset; problems: string[] }> {
  const { dataset, problems } = await withFiles(emptyDataset, files, () => {})
  return { dataset, problems: problems.map(({ message }) => message) }
}

const named = ({ unlabeled }: Dataset) => unlabeled.map(({ name, patient }) => [name, patient])

describe('an image and its label in each file', () => {
  const folder = 'h5-image-and-label'
  const files = [1, 2, 3].map((patient) => pair(`${folder}/patient00${patient}_frame01_slice_1.h5`, patient))
  const all = [1, 2, 3].map((patient) => [`${folder}/patient00${patient}_frame01_slice_1.h5`, `patient00${patient}`])

  test('dropped: the labels are no images, and each belongs to the image of its own file', async () => {
    const { dataset, problems } = await given(files.map((file) => ({ role: null, file })))
    expect(problems).toEqual([])
    expect(dataset.exemplarSource!.volume.name).toBe(`${folder}/patient001_frame01_slice_1.h5/image`)
    expect(dataset.exemplarMask!.volume.name).toBe(`${folder}/patient001_frame01_slice_1.h5/label`)
    expect(named(dataset)).toEqual(all.slice(1))
    expect([0, 1].map((i) => [...referenceOf(dataset, i)!.labels])).toEqual([squares(4), squares(5)])
  })

  test('through the inputs, a file is its image or its label by what is asked for', async () => {
    const { dataset, problems } = await given([
      { role: 'exemplar-image', file: files[1]! },
      { role: 'exemplar-mask', file: files[1]! },
      ...files.map((file) => ({ role: 'unlabeled' as const, file })),
      ...files.map((file) => ({ role: 'reference' as const, file })),
    ])
    expect(problems).toEqual([])
    expect([...annotationOf(dataset, dataset.exemplars[0]!)!.labels]).toEqual(squares(4))
    expect(named(dataset)).toEqual(all)
    expect(scoredImages(dataset)).toEqual([0, 2])
    expect([...referenceOf(dataset, 2)!.labels]).toEqual(squares(5))
  })

  test('by path, one array of a file', async () => {
    const { dataset, problems } = await given([
      { role: 'exemplar-image', file: { ...files[0]!, array: 'image' } },
      { role: 'exemplar-mask', file: { ...files[2]!, array: 'label' } },
      { role: 'unlabeled', file: { ...files[0]!, array: 'nothing' } },
    ])
    expect([...annotationOf(dataset, dataset.exemplars[0]!)!.labels]).toEqual(squares(5))
    expect(problems).toEqual([`"${files[0]!.name}" holds no readable array "nothing"; it has image, label.`])
  })
})

test('a reference in another file than its image is never given to an unrelated image', async () => {
  const label = fromBytes('b.h5', makeHdf5({ label: picture(squares(3), 'u1') }))
  const { dataset } = await given([
    { role: 'exemplar-image', file: pair('e.h5', 1) },
    { role: 'exemplar-mask', file: pair('e.h5', 1) },
    { role: 'unlabeled', file: pair('a.h5', 2) },
    { role: 'reference', file: label },
  ])
  expect(hasReference(dataset, 0)).toBe(false)
})

test('content decides where names say nothing, and several images of one file pair by the rest of their names', async () => {
  const npz = (arrays: Record<string, Uint8Array>) => zipSync(arrays) as Uint8Array<ArrayBuffer>
  const array = (values: number[], type: TestType) => makeNpy([side, side], values, type)
  const file = fromBytes(
    'c/two.npz',
    npz({
      'left.npy': array(grey(1), 'f4'),
      'left_mask.npy': array(squares(2), 'u1'),
      'right.npy': array(grey(2), 'f4'),
      'right_mask.npy': array(squares(3), 'u1'),
      'names.npy': makeNpy([2], [1, 2], 'u1'),
    }),
  )
  const { dataset, problems } = await given([{ role: null, file }])
  expect(problems).toEqual([])
  expect(dataset.exemplarSource!.volume.name).toBe('c/two.npz/left')
  expect([...annotationOf(dataset, dataset.exemplars[0]!)!.labels]).toEqual(squares(2))
  expect(named(dataset)).toEqual([['c/two_right.npz', 'two']])
  expect([...referenceOf(dataset, 0)!.labels]).toEqual(squares(3))

  const untold = fromBytes('d.npz', npz({ 'arr_0.npy': array(grey(1), 'f4'), 'arr_1.npy': array(squares(2), 'u1') }))
  expect((await given([{ role: null, file: untold }])).dataset.exemplarMask!.volume.name).toBe('d.npz/arr_1')
})

test('the first of several masks in a file is used, and the others are named', async () => {
  const file = fromBytes(
    's.h5',
    makeHdf5({ image: picture(grey(1)), label: picture(squares(2), 'u1'), scribble: picture(squares(1), 'u1') }),
  )
  const { dataset, problems } = await given([
    { role: 'exemplar-image', file },
    { role: 'exemplar-mask', file },
  ])
  expect(dataset.exemplarMask!.volume.array).toBe('label')
  expect(problems).toEqual(['"s.h5" holds several masks: label is used, and scribble is not; save what you mean in a file of its own.'])
})

describe('channels', () => {
  /** Channel c of pixel i is i + 1000 c, in all channels of a pixel side by side. */
  const channelled = (shape: number[], channels: number) => ({
    shape: [...shape, channels],
    type: 'f8' as const,
    values: Array.from({ length: cells * channels }, (_, n) => Math.floor(n / channels) + 1000 * (n % channels)),
  })
  const file = (name: string) => fromBytes(name, makeHdf5({ image: channelled([side, side], 4), mask: picture(squares(3), 'u1') }))
  const load = () =>
    given([
      { role: 'exemplar-image', file: file('v1_slice_5.h5') },
      { role: 'exemplar-mask', file: file('v1_slice_5.h5') },
      { role: 'unlabeled', file: file('v2_slice_5.h5') },
      { role: 'reference', file: file('v2_slice_5.h5') },
    ])

  test('(rows, columns, 4) is one picture of four channels, of which the first is used', async () => {
    const { dataset, problems } = await load()
    expect(problems).toEqual([])
    const { volume } = dataset.sources[0]!
    expect([volume.size, volume.frameMeans]).toEqual([[side, side, 1, 4], 'channel'])
    expect([...volume.samples.subarray(cells - 1, cells + 2)]).toEqual([cells - 1, 1000, 1001])
    expect(volume.notes).toEqual([
      'The axes 10 x 10 x 4 were read as rows x columns x channels.',
      'One of the 4 channels is used, the first unless you choose another; they are listed as frames.',
    ])
    expect(named(dataset)).toEqual([['v2_slice_5.h5', 'v2']])
  })

  test('another one is chosen for all images at once, and labels stay', async () => {
    const { dataset } = await load()
    const chosen = withSlices(dataset, dataset.sources[0]!.id, { axis: 2, frame: 2, every: 1 })
    expect([chosen.exemplars[0]!.picture.frame, chosen.unlabeled.map(({ frame }) => frame)]).toEqual([2, [2]])
    expect([...annotationOf(chosen, chosen.exemplars[0]!)!.labels]).toEqual(squares(3))
    expect([...referenceOf(chosen, 0)!.labels]).toEqual(squares(3))
    expect(named(chosen)).toEqual(named(dataset))
  })

  test('a last axis of 1 is dropped, and small arrays and stacks stay as they were', async () => {
    const sizeOf = async (shape: number[], type: TestType = 'f4') => {
      const values = new Array<number>(shape.reduce((a, b) => a * b)).fill(1)
      const { dataset } = await given([{ role: 'unlabeled', file: fromBytes('a.npy', makeNpy(shape, values, type)) }])
      const { size, channels, frameMeans } = dataset.sources[0]!.volume
      return [...size, channels, frameMeans]
    }
    expect(await sizeOf([10, 9, 1])).toEqual([9, 10, 1, 1, 1, 'time'])
    expect(await sizeOf([5, 10, 9, 1])).toEqual([9, 10, 5, 1, 1, 'time'])
    expect(await sizeOf([10, 9, 3])).toEqual([9, 10, 1, 3, 1, 'channel'])
    expect(await sizeOf([5, 10, 9, 4], 'u2')).toEqual([9, 10, 5, 4, 1, 'channel'])
    expect(await sizeOf([10, 9, 3], 'u1')).toEqual([9, 10, 1, 1, 3, 'time'])
    expect(await sizeOf([10, 9, 5])).toEqual([5, 9, 10, 1, 1, 'time'])
    expect(await sizeOf([3, 10, 9])).toEqual([9, 10, 3, 1, 1, 'time'])
    expect(await sizeOf([2, 3, 4])).toEqual([4, 3, 2, 1, 1, 'time'])
  })
})

import { expect, it } from 'vitest'
import { fromBytes } from '../data/given-file'
import { readFiles } from '../data/read-files'
import { makeVolume, type Volume } from '../data/volume'
import { emptyDataset, makeSources, picturesOf, type Dataset } from './dataset'
import { drawingFile, withDrawings } from './drawings'
import { usualOptions } from './export-files'

const [columns, rows, slices] = [7, 5, 4]
const classes = [
  { name: 'background', color: '#000000' },
  { name: 'wall', color: '#e69f00' },
  { name: 'lumen', color: '#56b4e9' },
]

const volume = makeVolume({
  name: 'folder/heart.nii',
  kind: 'nifti',
  size: [columns, rows, slices, 1],
  samples: Int16Array.from({ length: columns * rows * slices }, (_, i) => i),
  affine: [
    [-1, 0, 0, 30],
    [0, -1.5, 0, -20],
    [0, 0, 5, 7],
  ],
})
const photo = makeVolume({ name: 'p1.png', kind: 'png', size: [columns, rows, 1, 1], samples: new Uint8Array(columns * rows) })

function datasetOf(...volumes: Volume[]): Dataset {
  const sources = makeSources(volumes)
  return { ...emptyDataset, sources, unlabeled: sources.flatMap(picturesOf) }
}
const labels = (seed: number) => Uint8Array.from({ length: columns * rows }, (_, i) => (i * seed) % 3)

it('makes every drawing an exemplar, in terms of one list', () => {
  const dataset = datasetOf(volume)
  const drawings = [0, 2].map((n) => ({ picture: dataset.unlabeled[n]!.id, labels: labels(n + 1) }))
  const next = withDrawings(dataset, drawings, classes)
  expect(next.exemplars.map(({ picture, drawn }) => [picture.slice, drawn!.labels])).toEqual(
    drawings.map(({ picture, labels }) => [Number(picture.split('/').at(-2)), labels]),
  )
  expect(next.classes.map(({ name }) => name)).toEqual(['background', 'wall', 'lumen'])
  expect(() => withDrawings(dataset, [{ picture: 'x/2/0/0', labels: labels(1) }], classes)).toThrow('no longer loaded')
  expect(() => withDrawings(dataset, [{ ...drawings[0]!, labels: new Uint8Array(3) }], classes)).toThrow('does not fit "folder/heart_z1"')
  expect(dataset.exemplars).toEqual([])
})

it('writes the slices of a volume at their places, in its format, and reads them back', async () => {
  const dataset = datasetOf(volume, photo)
  const [first, third] = [dataset.unlabeled[0]!.id, dataset.unlabeled[2]!.id]
  const own = labels(2)
  own[0] = 255
  const drawings = [
    { picture: third, labels: own },
    { picture: first, labels: labels(1) },
  ]
  const { name, bytes } = await drawingFile(dataset, drawings, classes, usualOptions)
  expect(name).toBe('heart_mask.nii')
  const { volumes, problems } = await readFiles([fromBytes(name, bytes)])
  expect(problems).toEqual([])
  const [read] = volumes
  expect(read!.size).toEqual(volume.size)
  expect(read!.affine).toEqual(volume.affine)
  // Unknown is background, and so are slices on which nothing is drawn.
  const none = new Uint8Array(columns * rows)
  const expected = [labels(1), none, own.map((label) => (label === 255 ? 0 : label)), none]
  expect([...read!.samples]).toEqual(expected.flatMap((slice) => [...slice]))
})

it('writes a picture as a palette PNG of its size', async () => {
  const dataset = datasetOf(photo)
  const { name, bytes } = await drawingFile(dataset, [{ picture: dataset.unlabeled[0]!.id, labels: labels(1) }], classes, usualOptions)
  expect(name).toBe('p1_mask.png')
  const { volumes } = await readFiles([fromBytes(name, bytes)])
  expect(volumes[0]!.palette.slice(0, 3)).toEqual([
    [0, 0, 0],
    [230, 159, 0],
    [86, 180, 233],
  ])
  expect([...volumes[0]!.samples]).toEqual([...labels(1)])
})

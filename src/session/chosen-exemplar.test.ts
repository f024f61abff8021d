/** An image with its mask made the exemplar: what was the exemplar is then an image like the others, and its mask a reference. */
import { expect, test } from 'vitest'
import type { FileRole } from '../data/file-roles'
import type { Volume } from '../data/volume'
import { makeConfig } from '../method/config'
import { withAnnotation } from './annotations'
import { choicesOf, datasetFrom, readChoices } from './choices'
import { emptyDataset, type Dataset } from './dataset'
import { withVolumes } from './given-volumes'
import { imagesOf, withMask, withTeacher } from './pairs'
import { hasReference } from './references'
import { sampleDataset } from './samples'
import { labels, picture, side } from './small-volumes.test-support'
import { prepare } from './training-data'

const give = (before: Dataset, ...volumes: Volume[]): Dataset =>
  withVolumes(
    before,
    volumes.map((volume) => ({ role: null as FileRole | null, volume })),
  ).dataset

/** Three images with a mask each and one without. */
const volumes = [
  picture('a.png', 1),
  picture('b.png', 2),
  picture('c.png', 3),
  picture('d.png', 4),
  labels('a_mask.png', 1, 2),
  labels('b_mask.png', 0, 1, 2),
  labels('c_mask.png', 2, 1),
]
const three = () => give(emptyDataset, ...volumes)

const idOf = (dataset: Dataset, name: string) => imagesOf(dataset).find(({ volume }) => volume.name === name)!.id
const teach = (dataset: Dataset, name: string) => withTeacher(dataset, idOf(dataset, name))
const look = (dataset: Dataset) => ({
  exemplar: [dataset.exemplarSource?.volume.name, dataset.exemplarMask?.given.name],
  pile: dataset.unlabeled.map(({ name }) => name).sort(),
  references: dataset.unlabeled.flatMap(({ name }, i) => (hasReference(dataset, i) ? [name] : [])).sort(),
})

test('the references stay, and no exemplar is in its own pile', () => {
  const before = three()
  expect(look(before).exemplar).toEqual(['a.png', 'a_mask.png'])
  const after = teach(before, 'c.png')
  expect(look(after)).toEqual({
    exemplar: ['c.png', 'c_mask.png'],
    pile: ['a.png', 'b.png', 'd.png'],
    references: ['a.png', 'b.png'],
  })
  expect(look(teach(teach(after, 'b.png'), 'a.png'))).toEqual(look(before))
})

test('it is refused of an image without a mask, in one sentence, and nothing changes', () => {
  const before = three()
  expect(() => teach(before, 'd.png')).toThrow('This image has no mask to learn from: annotate it, or give it one.')
  expect(() => withTeacher(before, 'nothing')).toThrow('no mask to learn from')
})

test('more files leave it as it is, and a mask that is given to another image takes it along', () => {
  const chosen = teach(three(), 'c.png')
  expect(look(give(chosen, picture('e.png', 5), labels('e_mask.png', 1, 2)))).toEqual({
    exemplar: ['c.png', 'c_mask.png'],
    pile: ['a.png', 'b.png', 'd.png', 'e.png'],
    references: ['a.png', 'b.png', 'e.png'],
  })
  const without = withMask(chosen, idOf(chosen, 'c.png'), null)
  expect(look(without).exemplar[0]).not.toBe('c.png')
})

test('it is among the choices that outlive the page', () => {
  const chosen = teach(three(), 'c.png')
  const choices = readChoices(JSON.parse(JSON.stringify(choicesOf(chosen, null))), 'run.zip')
  const kept = { labels: chosen.exemplars.map(() => null), masks: [chosen.exemplarMask!.given, chosen.given.mask!] }
  const again = datasetFrom(choices, kept, volumes, 'run.zip')
  expect(look(again)).toEqual(look(chosen))
  expect(again.teacher).toBe(chosen.teacher)
  const former = { ...choices, teacher: undefined }
  expect(datasetFrom(readChoices(former, 'run.zip'), kept, volumes, 'run.zip').teacher).toBeNull()
})

test('in a sample too', () => {
  const sample = sampleDataset('Cardiac phantom')
  const [first, second] = sample.unlabeled
  const after = withTeacher(sample, second!.source.id)
  expect(after.exemplars.map(({ picture }) => picture.name)).toEqual([second!.name])
  expect(after.unlabeled.map(({ name }) => name)).toContain(first!.name)
  expect(after.unlabeled.map(({ name }) => name)).not.toContain(second!.name)
  expect(after.unlabeled).toHaveLength(sample.unlabeled.length)
  expect(after.unlabeled.every((_, i) => hasReference(after, i))).toBe(true)
  expect(after.classes.map(({ name }) => name)).toEqual(sample.classes.map(({ name }) => name))
})

test('an image of the pile that is drawn on is learnt from with its labels only, and segmented all the same', () => {
  const before = three()
  const b = before.unlabeled.findIndex(({ name }) => name === 'b.png')
  const drawn = { width: side, height: side, labels: Uint8Array.from({ length: side * side }, (_, i) => (i % side < 2 ? 1 : 0)) }
  const after = withAnnotation(
    before,
    before.unlabeled[b]!,
    drawn,
    before.classes.map(({ name, color }) => ({ name, color })),
  )
  const config = makeConfig({ size: 16, crop: 1 })
  expect(prepare(before, config).pile).toBeUndefined()
  const { unlabeled, pile } = prepare(after, config)
  expect(unlabeled).toHaveLength(3)
  expect(pile).toEqual([0, 1, 2].filter((i) => i !== b))
})

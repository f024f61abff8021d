import { expect, it } from 'vitest'
import type { DatasetSummary, PictureId } from '../worker/protocol'
import { framesOf, sourceOf, stackName, stackOf } from './stack'

const image = (id: string, annotated = false) => ({ id, name: id, annotated }) as DatasetSummary['unlabeled'][0]
const exemplar = (id: string, from: 'file' | null) => ({ id, name: id, from }) as DatasetSummary['exemplars'][0]

it('finds the slices of one volume, axis and frame, in their order', () => {
  const dataset = {
    unlabeled: ['a-2/2/10/0', 'a-2/2/2/0', 'a-2/2/2/1', 'a-2/1/3/0', 'a/2/4/0', 'a-2/2/7/0'].map((id) => image(id, id.includes('/7/'))),
    exemplars: [exemplar('a-2/2/3/0', 'file'), exemplar('a-2/2/2/0', null)],
  }
  expect(stackOf(dataset, 'a-2/2/7/0').map(({ slice, annotated }) => [slice, annotated])).toEqual([
    [2, false],
    [3, true],
    [7, true],
    [10, false],
  ])
  // The exemplar between slices in use is looked at, but their distances stand for its place too.
  expect(stackOf(dataset, 'a-2/2/7/0').map(({ slice, inUse }) => [slice, inUse])).toEqual([
    [2, true],
    [3, false],
    [7, true],
    [10, true],
  ])
  const alone = { ...dataset, exemplars: [exemplar('b/2/3/0', 'file'), exemplar('b/2/4/0', 'file')] }
  expect(stackOf(alone, 'b/2/3/0').every(({ inUse }) => inUse)).toBe(true)
  expect(stackOf(dataset, 'a/2/4/0')).toHaveLength(1)
  expect(stackOf(null, 'a/2/4/0')).toEqual([])
})

it('names a stack by all but the slice', () => {
  const ids: PictureId[] = ['a/2/1/0', 'a/2/11/0', 'a/2/1/1', 'a/1/1/0', 'a-2/2/1/0']
  expect(new Set(ids.map(stackName)).size).toBe(4)
})

it('knows the frames of a slice, and an image listed twice, as exemplar and in the pile, once', () => {
  const of = (...ids: PictureId[]) => ids.map((id) => ({ id })) as DatasetSummary['unlabeled']
  const images = {
    unlabeled: of('a-2/2/10/1', 'a-2/2/2/0', 'a-2/2/10/0', 'b/2/10/0', 'a-2/1/10/0', 'a-2/2/10/10', 'a-2/2/10/2'),
    exemplars: of('a-2/2/10/1') as unknown as DatasetSummary['exemplars'],
  }
  expect(framesOf(images, 'a-2/2/10/0')).toEqual(['a-2/2/10/0', 'a-2/2/10/1', 'a-2/2/10/2', 'a-2/2/10/10'])
  expect(framesOf(images, 'b/2/10/0')).toEqual(['b/2/10/0'])
  expect(sourceOf('a-2/2/10/0')).toBe('a-2')
})

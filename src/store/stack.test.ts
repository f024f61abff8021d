import { expect, it } from 'vitest'
import type { DatasetSummary, PictureId } from '../worker/protocol'
import { stackName, stackOf } from './stack'

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
  expect(stackOf(dataset, 'a/2/4/0')).toHaveLength(1)
  expect(stackOf(null, 'a/2/4/0')).toEqual([])
})

it('names a stack by all but the slice', () => {
  const ids: PictureId[] = ['a/2/1/0', 'a/2/11/0', 'a/2/1/1', 'a/1/1/0', 'a-2/2/1/0']
  expect(new Set(ids.map(stackName)).size).toBe(4)
})

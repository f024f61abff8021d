import { expect, test } from 'vitest'
import type { PictureId } from '../worker/protocol'
import { framesOf, slicesOf, sourceOf } from './viewer-order'

const ids: PictureId[] = ['a-2/2/10/1', 'a-2/2/2/0', 'a-2/2/10/0', 'b/2/3/0', 'a-2/2/0/0', 'a-2/1/4/0', 'a-2/2/2/1', 'a/2/1/0']

test('slices and frames follow each other by number, within one volume, cut and time', () => {
  expect(slicesOf(ids, 'a-2/2/2/0')).toEqual(['a-2/2/0/0', 'a-2/2/2/0', 'a-2/2/10/0'])
  expect(slicesOf(ids, 'a-2/2/2/1')).toEqual(['a-2/2/2/1', 'a-2/2/10/1'])
  expect(framesOf(ids, 'a-2/2/10/1')).toEqual(['a-2/2/10/0', 'a-2/2/10/1'])
  expect(framesOf(ids, 'b/2/3/0')).toEqual(['b/2/3/0'])
})

test('an image listed twice, as exemplar and in the pile, is one', () => {
  expect(slicesOf([...ids, 'b/2/3/0'], 'b/2/3/0')).toEqual(['b/2/3/0'])
  expect(sourceOf('a-2/2/10/1')).toBe('a-2')
})

import { expect, it } from 'vitest'
import { canRemove } from './exemplars'

const exemplar = (from: 'file' | 'drawing' | null, ...shows: number[]) => ({ from, shows })

it('lets go only of exemplars whose classes others show', () => {
  const both = [exemplar('file', 0, 1, 2), exemplar('drawing', 0, 1, 255)]
  expect([canRemove(both, 0), canRemove(both, 1)]).toEqual([false, true])
  expect(canRemove([exemplar('file', 0, 1)], 0)).toBe(false)
})

it('lets go of an image without annotation once there is one with', () => {
  const waiting = exemplar(null)
  expect(canRemove([waiting], 0)).toBe(false)
  expect(canRemove([waiting, waiting], 0)).toBe(false)
  expect(canRemove([waiting, exemplar('drawing', 0, 1)], 0)).toBe(true)
  // What it would show is no annotation.
  expect(canRemove([exemplar(null, 0, 1), exemplar('drawing', 0, 1)], 1)).toBe(false)
})

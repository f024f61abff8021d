import { expect, test } from 'vitest'
import { makeVolume, type Volume } from '../data/volume'
import { withMapping } from './annotations'
import { emptyDataset } from './dataset'
import { withVolumes } from './given-volumes'
import { shapesOf } from './shapes'

const volume = (name: string, samples: Uint8Array<ArrayBuffer>): Volume => makeVolume({ name, kind: 'png', size: [8, 8, 1, 1], samples })

test('shapes go by the classes that values of the mask count as, which may change', () => {
  // Two pixels apart of value 1, and one of value 2.
  const labels = new Uint8Array(64)
  for (const at of [9, 14]) labels[at] = 1
  labels[44] = 2
  const { dataset } = withVolumes(emptyDataset, [
    { role: 'exemplar-image', volume: volume('a.png', new Uint8Array(64)) },
    { role: 'exemplar-mask', volume: volume('a_mask.png', labels) },
  ])
  expect(shapesOf(dataset)).toEqual({ single: [2], solid: [1, 2] })
  expect(shapesOf(withMapping(dataset, '1', 'background'))).toEqual({ single: [1], solid: [1] })
  expect(shapesOf(withMapping(dataset, '2', { value: '1' }))).toEqual({ single: [], solid: [1] })
})

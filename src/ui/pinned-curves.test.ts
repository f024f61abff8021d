import { expect, test } from 'vitest'
import type { Line } from './chart-props'
import { quantitiesOf } from './pinned-curves'

const line = (key: string, label: string, model: Line['model'], faint = false): Line => ({ key, label, model, faint })

test('a pinned run has one line for each pair, or those that tell of both', () => {
  const pairs = [
    line('totalA', 'total A', 'A'),
    line('totalB', 'total B', 'B'),
    line('imageA', 'image A', 'A', true),
    line('imageB', 'image B', 'B', true),
  ]
  expect(quantitiesOf(pairs)).toEqual([
    { keys: ['totalA', 'totalB'], faint: false },
    { keys: ['imageA', 'imageB'], faint: true },
  ])
  const scores = [
    line('dice', 'mean of both', 'both'),
    line('diceA', 'A', 'A'),
    line('diceB', 'B', 'B'),
    line('fit', 'fit (exemplar)', 'none', true),
  ]
  expect(quantitiesOf(scores)).toEqual([{ keys: ['dice'], faint: false }])
})

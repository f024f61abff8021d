import { expect, test } from 'vitest'
import type { Line } from './chart-props'
import { meanOf, quantitiesOf } from './pinned-curves'

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

test('a mean is of the values that are there', () => {
  expect([meanOf([1, 3]), meanOf([1, null]), meanOf([NaN, 2]), meanOf([null, undefined])]).toEqual([2, 1, 2, null])
})

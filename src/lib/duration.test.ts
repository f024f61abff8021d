import { expect, it } from 'vitest'
import { duration } from './duration'

it('writes times', () => {
  expect([-1, 0.4, 45, 59.6, 154, 3599.6, 4320].map(duration)).toEqual([
    '0 s',
    '0 s',
    '45 s',
    '1 min 0 s',
    '2 min 34 s',
    '1 h 0 min',
    '1 h 12 min',
  ])
})

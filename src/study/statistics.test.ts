import { expect, test } from 'vitest'
import { Random } from '../lib/random'
import { bootstrap, estimateOf, tQuantile } from './statistics'

/** Values that all count alike. */
const once = (values: readonly number[]) => values.map((value) => ({ value, weight: 1 }))

test.each([
  [1, 12.7062],
  [2, 4.30265],
  [3, 3.18245],
  [4, 2.77645],
  [5, 2.57058],
  [10, 2.22814],
  [17, 2.10982],
  [30, 2.04227],
  [120, 1.97993],
])("Student's t with %i degrees of freedom has its 97.5 % quantile at %f", (df, quantile) => {
  expect(tQuantile(df)).toBeCloseTo(quantile, 4)
})

test('the paired t interval is that of the sleep data of Student (1908)', () => {
  // R: t.test(extra ~ group, paired = TRUE): mean difference 1.58, 0.7001142 to 2.4598858.
  const { n, mean, sd, low, high } = estimateOf([1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4])
  expect(n).toBe(10)
  expect(mean).toBeCloseTo(1.58, 10)
  expect(sd).toBeCloseTo(1.229995, 5)
  expect(low).toBeCloseTo(0.7001142, 6)
  expect(high).toBeCloseTo(2.4598858, 6)
})

test('one value has no interval', () => {
  expect(estimateOf([0.5])).toEqual({ n: 1, mean: 0.5, sd: NaN, low: NaN, high: NaN })
  expect(bootstrap([once([0.5])])).toEqual({ low: NaN, high: NaN })
  expect(bootstrap([once([0.5]), once([1, 2, 3])])).toEqual({ low: NaN, high: NaN })
  expect(bootstrap([])).toEqual({ low: NaN, high: NaN })
})

test('the bootstrap of many normal values has the width that theory says, and is the same again', () => {
  const random = new Random(3, 'values')
  const values = Array.from(
    { length: 400 },
    () => 0.7 + 0.1 * Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform()),
  )
  const { mean, sd } = estimateOf(values)
  const { low, high } = bootstrap([once(values)])
  const half = (1.96 * sd) / 20
  expect(Math.abs(high - mean - half)).toBeLessThan(0.1 * half)
  expect(Math.abs(mean - low - half)).toBeLessThan(0.1 * half)
  expect(bootstrap([once(values)])).toEqual({ low, high })
})

test('members are drawn within their group, which keeps its share: groups without spread add none', () => {
  const { low, high } = bootstrap([once([1, 1, 1]), once([0, 0])])
  expect([low, high]).toEqual([0.6, 0.6])
})

test('the interval lies around the weighted mean', () => {
  const group = Array.from({ length: 40 }, (_, i) => ({ value: i % 2, weight: i % 2 ? 3 : 1 }))
  const { low, high } = bootstrap([group])
  expect(low).toBeLessThan(0.75)
  expect(low).toBeGreaterThan(0.5)
  expect(high).toBeGreaterThan(0.75)
})

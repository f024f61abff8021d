import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Series } from './series'

const keys = ['a', 'b'] as const

function series(values: (number | null)[]) {
  const made = new Series(keys)
  made.append(values.map((v, i) => ({ step: i + 1, a: v, b: v === null ? NaN : -v })))
  return made
}

const value = fc.oneof(
  { weight: 9, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(NaN) },
)

describe('thin', () => {
  it('gives every row as it came while there are few', () => {
    expect(series([1, NaN, null, 2]).thin(4)).toEqual([
      { step: 1, a: 1, b: -1 },
      { step: 2, a: null, b: null },
      { step: 3, a: null, b: null },
      { step: 4, a: 2, b: -2 },
    ])
  })

  it('keeps the lowest and the highest value, the ends, the order of steps and the number of points', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 3000 }), (values) => {
        const points = series(values).thin(50)
        const finite = values.filter(Number.isFinite)
        const shown = points.map((p) => p.a).filter((v) => v !== null)
        if (finite.length) {
          expect(Math.min(...shown)).toBe(Math.min(...finite))
          expect(Math.max(...shown)).toBe(Math.max(...finite))
        } else expect(shown).toEqual([])
        const steps = points.map((p) => p.step)
        expect(steps).toEqual([...steps].sort((x, y) => x - y))
        expect(steps[0]).toBe(1)
        expect(steps.at(-1)).toBe(values.length)
        expect(points.length).toBeLessThanOrEqual(150)
      }),
    )
  })

  it('shows at most 300 points of a whole series and leaves no hole without a gap', () => {
    const values = Array.from({ length: 30_000 }, (_, i) => Math.sin(i / 100))
    expect(series(values).thin().length).toBeLessThanOrEqual(300)
    values[12_345] = NaN
    const points = series(values).thin()
    expect(points.filter((p) => p.a === null)).toHaveLength(1)
    expect(Math.abs(points.find((p) => p.a === null)!.step - 12_346)).toBeLessThan(256)
  })
})

describe('append', () => {
  it('drops rows after the step to which a run returned', () => {
    const made = series([1, 2, 3, 4])
    made.append([{ step: 3, a: 30, b: null }])
    expect(made.rows(10)).toEqual([
      { step: 1, a: 1, b: -1 },
      { step: 2, a: 2, b: -2 },
      { step: 3, a: 30, b: null },
    ])
  })

  it('grows beyond its first size', () => {
    const made = series(Array.from({ length: 5000 }, (_, i) => i))
    expect(made.length).toBe(5000)
    expect(made.rows(1)).toEqual([{ step: 5000, a: 4999, b: -4999 }])
  })
})

it('rows are exact, evenly spread, and end with the newest', () => {
  const rows = series(Array.from({ length: 101 }, (_, i) => i)).rows(40)
  expect(rows.length).toBeLessThanOrEqual(40)
  expect(rows.at(-1)).toEqual({ step: 101, a: 100, b: -100 })
  const gaps = rows.slice(1).map((row, i) => row.step - rows[i]!.step)
  expect(new Set(gaps).size).toBe(1)
})

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

/** A value of a bucket with nothing but it. */
const one = (value: number | null, smooth = value) => (value === null ? null : { value, low: value, high: value, smooth })

describe('thin', () => {
  it('gives every row as it came while there are few', () => {
    expect(series([1, NaN, null, 2]).thin({ buckets: 4 })).toEqual([
      { step: 1, rows: 1, values: { a: one(1), b: one(-1) } },
      { step: 2, rows: 1, values: { a: null, b: null } },
      { step: 3, rows: 1, values: { a: null, b: null } },
      { step: 4, rows: 1, values: { a: one(2), b: one(-2) } },
    ])
  })

  it('keeps the lowest and the highest value, the newest step, the order of steps and the number of points', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 3000 }), (values) => {
        const points = series(values).thin({ buckets: 50 })
        const finite = values.filter(Number.isFinite)
        const shown = points.map((p) => p.values.a).filter((v) => v !== null)
        if (finite.length) {
          expect(Math.min(...shown.map(({ low }) => low))).toBe(Math.min(...finite))
          expect(Math.max(...shown.map(({ high }) => high))).toBe(Math.max(...finite))
        } else expect(shown).toEqual([])
        const steps = points.map((p) => p.step)
        expect(steps).toEqual([...steps].sort((x, y) => x - y))
        expect(steps.at(-1)).toBe(values.length)
        expect(points.reduce((sum, { rows }) => sum + rows, 0)).toBe(values.length)
        expect(points.length).toBeLessThanOrEqual(100)
      }),
    )
  })

  it('shows few points of a whole series and leaves no hole without a gap', () => {
    const values = Array.from({ length: 30_000 }, (_, i) => Math.sin(i / 100))
    expect(series(values).thin().length).toBeLessThanOrEqual(150)
    values[12_345] = NaN
    const points = series(values).thin()
    expect(points.filter((p) => p.values.a === null)).toHaveLength(1)
    expect(Math.abs(points.find((p) => p.values.a === null)!.step - 12_346)).toBeLessThan(256)
  })

  it('shows a part of the series in more detail, with a point on either side of it', () => {
    const made = series(Array.from({ length: 30_000 }, (_, i) => i))
    const points = made.thin({ from: 1000, to: 1100 })
    expect(points.map(({ step }) => step)).toEqual(Array.from({ length: 102 }, (_, i) => 999 + i))
    expect(made.thin({ from: 40_000, to: 50_000 }).map(({ step }) => step)).toEqual([30_000])
    expect(made.thin({ from: -5, to: 0 }).map(({ step }) => step)).toEqual([1])
    expect(new Series(keys).thin()).toEqual([])
  })
})

it('thins a series that grew, went back and was shown otherwise meanwhile as one that was given at once', () => {
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 300, maxLength: 1200 }),
      fc.nat(250),
      fc.integer({ min: 20, max: 90 }),
      (values, back, more) => {
        const grown = new Series(keys)
        const rows = values.map((v, i) => ({ step: i + 1, a: v, b: -v }))
        grown.append(rows.slice(0, 300).map((row) => ({ ...row, a: 7 })))
        grown.thin({ weight: 0.9 })
        grown.append(rows.slice(0, back))
        for (let at = back; at < rows.length; at += more) {
          grown.append(rows.slice(at, at + more))
          if (at % 3 === 0) grown.thin({ from: 100, to: 150, weight: 0.5 })
          expect(grown.thin({ weight: 0.9 })).toEqual(series(values.slice(0, at + more)).thin({ weight: 0.9 }))
        }
      },
    ),
    { numRuns: 10 },
  )
})

it('gives the same points again where nothing was added', () => {
  const made = series(Array.from({ length: 502 }, (_, i) => i))
  const before = made.thin()
  made.append([{ step: 503, a: 1, b: 1 }])
  const after = made.thin()
  expect(after.slice(0, 125).every((point, i) => point === before[i])).toBe(true)
  expect([before[125]!.step, after[125]!.step]).toEqual([502, 503])
})

describe('smoothed', () => {
  it('is the same of a series that grew, went back and was smoothed otherwise meanwhile', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1500, maxLength: 3000 }), fc.nat(1400), (values, back) => {
        const grown = new Series(keys)
        const rows = values.map((v, i) => ({ step: i + 1, a: v, b: -v }))
        grown.append(rows.slice(0, 700).map((row) => ({ ...row, a: 7 })))
        grown.smoothed('a', 0.5)
        grown.append(rows.slice(0, back + 1))
        grown.smoothed('a', 0.9)
        for (let at = back + 1; at < rows.length; at += 333) {
          grown.append(rows.slice(at, at + 333))
          grown.smoothed('a', 0.5)
          grown.smoothed('a', 0.9)
        }
        expect([...grown.smoothed('a', 0.9)]).toEqual([...series(values).smoothed('a', 0.9)])
      }),
      { numRuns: 20 },
    )
  })

  it('is an exponential average without the pull of its start, as by its definition', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 60 }), fc.double({ min: 0, max: 0.99, noNaN: true }), (values, weight) => {
        const smooth = series(values).smoothed('a', weight)
        values.forEach((v, i) => {
          if (!Number.isFinite(v)) return expect(smooth[i]).toBeNaN()
          const known = values.slice(0, i + 1).filter(Number.isFinite)
          const weights = known.map((_, j) => weight ** (known.length - 1 - j))
          const expected = known.reduce((sum, w, j) => sum + w * weights[j]!, 0) / weights.reduce((sum, w) => sum + w, 0)
          expect(Math.abs(smooth[i]! - expected)).toBeLessThanOrEqual(1e-6 * Math.max(1, ...known.map(Math.abs)))
        })
      }),
    )
  })

  it('is the same at a step however few points are shown', () => {
    const made = series(Array.from({ length: 5000 }, (_, i) => Math.sin(i) + i / 1000))
    const exact = made.smoothed('a', 0.9)
    for (const view of [{ buckets: 10 }, { buckets: 100 }, { from: 4000, to: 4100 }])
      for (const { step, values } of made.thin({ ...view, weight: 0.9 })) expect(values.a!.smooth).toBe(exact[step - 1])
  })

  it('of constant values is constant, from the first on, and with no weight the values themselves', () => {
    expect([...series([3, 3, 3]).smoothed('a', 0.9)].map((v) => v.toFixed(9))).toEqual(['3.000000000', '3.000000000', '3.000000000'])
    expect([...series([1, 5, 2]).smoothed('a', 0)]).toEqual([1, 5, 2])
  })
})

describe('at', () => {
  it('finds the exact row at a step, or the nearest', () => {
    const made = new Series(keys)
    expect(made.at(3)).toBeNull()
    made.append([10, 20, 40].map((step) => ({ step, a: step / 10, b: null })))
    expect([0, 10, 14, 16, 29, 31, 40, 99].map((step) => made.at(step)!.a)).toEqual([1, 1, 1, 2, 2, 4, 4, 4])
    expect(made.at(20)).toEqual({ step: 20, a: 2, b: null })
    expect(made.all().map(({ step }) => step)).toEqual([10, 20, 40])
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

it('takes whole columns, and a key without one has no values', () => {
  const series = new Series(['a', 'b']).fill({ step: Float64Array.of(1, 2, 5), a: Float64Array.of(0.5, NaN, 3) })
  expect(series.all()).toEqual([
    { step: 1, a: 0.5, b: null },
    { step: 2, a: null, b: null },
    { step: 5, a: 3, b: null },
  ])
  expect([series.first, series.last, series.at(Infinity)!.step]).toEqual([1, 5, 5])
  series.append([{ step: 6, a: 1, b: 2 }])
  expect(series.at(6)).toEqual({ step: 6, a: 1, b: 2 })
})

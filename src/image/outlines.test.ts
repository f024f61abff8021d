import fc from 'fast-check'
import { expect, it } from 'vitest'
import { outlineOf } from './outlines'

it('goes round one pixel in four runs', () => {
  expect(outlineOf(Uint8Array.from([0, 0, 0, 0, 1, 0, 0, 0, 0]), 3, 3, 1)).toEqual([1, 1, 2, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 1, 2, 2])
})

it('joins straight edges, also along the border of the picture', () => {
  expect(outlineOf(new Uint8Array(12).fill(1), 4, 3, 1)).toEqual([0, 0, 4, 0, 0, 3, 4, 3, 0, 0, 0, 3, 4, 0, 4, 3])
  expect(outlineOf(new Uint8Array(12), 4, 3, 1)).toEqual([])
})

it('is as long as the number of neighbours of another class', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 20, maxLength: 20 }), (values) => {
      const [width, height] = [5, 4]
      let edges = 0
      values.forEach((v, i) => {
        if (v !== 1) return
        const [x, y] = [i % width, Math.floor(i / width)]
        if (x === 0 || values[i - 1] !== 1) edges++
        if (x === width - 1 || values[i + 1] !== 1) edges++
        if (y === 0 || values[i - width] !== 1) edges++
        if (y === height - 1 || values[i + width] !== 1) edges++
      })
      const runs = outlineOf(Uint8Array.from(values), width, height, 1)
      let length = 0
      for (let i = 0; i < runs.length; i += 4) length += runs[i + 2]! - runs[i]! + runs[i + 3]! - runs[i + 1]!
      expect(length).toBe(edges)
    }),
  )
})

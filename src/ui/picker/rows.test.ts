import fc from 'fast-check'
import { expect, it } from 'vitest'
import { layRows, rowsInSight } from './rows'

const groups = fc.array(fc.record({ count: fc.nat(60), head: fc.constantFrom(0, 30, 230) }), { maxLength: 12 })

it('holds every tile once, in order, without gaps', () => {
  fc.assert(
    fc.property(groups, fc.integer({ min: 1, max: 12 }), (all, columns) => {
      const { rows, height } = layRows(all, columns, 190)
      let top = 0
      const tiles = all.map(() => 0)
      for (const row of rows) {
        expect(row.top).toBe(top)
        top += row.height
        if (row.end === 0) expect(tiles[row.group], 'a head comes first').toBe(0)
        else expect(row.first).toBe(tiles[row.group])
        expect(row.end - row.first).toBeLessThanOrEqual(columns)
        tiles[row.group] = row.end
      }
      expect(top).toBe(height)
      expect(tiles).toEqual(all.map(({ count }) => count))
    }),
  )
})

it('shows what is seen, and about as much again', () => {
  fc.assert(
    fc.property(groups, fc.nat(1000), fc.double({ min: 0, max: 1, noNaN: true }), (all, seen, share) => {
      const { rows, height } = layRows(all, 5, 190)
      const top = share * Math.max(0, height - seen)
      const shown = rowsInSight(rows, top, seen)
      for (const row of rows) if (row.top < top + seen && row.top + row.height > top) expect(shown).toContain(row)
      expect(shown.length).toBeLessThanOrEqual((2 * seen) / 30 + 2)
    }),
  )
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { layTiles, tilesInSight } from './tiles'

it('fill the width in equal squares of at least 46 pixels', () => {
  // Seven of 46 with six gaps of 4 are 346; eight do not fit into 390.
  expect(layTiles(20, 346)).toEqual({ columns: 7, pitch: 50, side: 46, height: 146 })
  fc.assert(
    fc.property(fc.integer({ min: 46, max: 3000 }), fc.nat(5000), (width, count) => {
      const { columns, pitch, side } = layTiles(count, width)
      expect(side).toBeGreaterThanOrEqual(46)
      expect(columns * pitch - 4).toBeCloseTo(width)
    }),
  )
})

it('are drawn where they are seen, and few others are', () => {
  const place = fc.record({
    width: fc.integer({ min: 46, max: 1500 }),
    count: fc.nat(5000),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(place, fc.integer({ min: 0, max: 600 }), ({ width, count, share }, height) => {
      const tiles = layTiles(count, width)
      const top = share * Math.max(0, tiles.height - height)
      const [first, end] = tilesInSight(tiles, count, top, height)
      for (let i = 0; i < count; i++) {
        const y = Math.floor(i / tiles.columns) * tiles.pitch
        if (y + tiles.side > top && y < top + height) expect(i >= first && i < end, `tile ${i}`).toBe(true)
      }
      expect(end - first).toBeLessThanOrEqual((height / tiles.pitch + 4) * tiles.columns)
    }),
    { numRuns: 50 },
  )
})

it('are none where there is nothing', () => {
  expect(layTiles(0, 0).height).toBe(0)
  expect(tilesInSight(layTiles(0, 300), 0, 0, 162)).toEqual([0, 0])
})

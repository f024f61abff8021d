import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LabelMap } from '../image/raster'
import { after, penOf } from './regions.test-support'
import { close, median } from './smooth'

const [width, height] = [17, 13]
const size = width * height
const masks = fc
  .array(fc.constantFrom(0, 0, 1, 1, 1, 2, 255), { minLength: size, maxLength: size })
  .map((labels): LabelMap => ({ width, height, labels: Uint8Array.from(labels) }))
const radii = fc.integer({ min: 1, max: 4 })
const ways = fc.constantFrom(median, close)
const setOf = (labels: Uint8Array) => [...new Set(labels)].sort((a, b) => a - b)

/** Rows of digits. */
const draw = (...rows: string[]): LabelMap => ({
  width: rows[0]!.length,
  height: rows.length,
  labels: Uint8Array.from(rows.join(''), Number),
})
const rowsOf = ({ width }: LabelMap, labels: Uint8Array) => [...labels].join('').match(new RegExp(`.{${width}}`, 'g'))

it('keeps the set of labels, and what is locked', () => {
  fc.assert(
    fc.property(masks, ways, radii, fc.subarray([0, 2, 255]), (mask, way, radius, locked) => {
      const labels = after(mask, way(mask, penOf(1, locked), radius))
      // Closing may take the last background, and only that.
      expect(setOf(labels).filter((label) => label !== 0)).toEqual(setOf(mask.labels).filter((label) => label !== 0))
      if (way === median) expect(setOf(labels)).toEqual(setOf(mask.labels))
      for (const label of locked) expect([...labels].map((l) => l === label)).toEqual([...mask.labels].map((l) => l === label))
    }),
  )
})

it('changes pixels only from or to its label', () => {
  fc.assert(
    fc.property(masks, ways, radii, (mask, way, radius) => {
      after(mask, way(mask, penOf(1), radius)).forEach((label, i) => {
        if (label !== mask.labels[i]) expect([label, mask.labels[i]]).toContain(1)
      })
    }),
  )
})

describe('the median', () => {
  it('takes the most frequent label in the disc around a pixel', () => {
    fc.assert(
      fc.property(masks, radii, (mask, radius) => {
        const labels = after(mask, median(mask, penOf(1), radius))
        for (let i = 0; i < size; i++) {
          const counts = new Map<number, number>()
          for (let dy = -radius; dy <= radius; dy++)
            for (let dx = -radius; dx <= radius; dx++) {
              if (dx * dx + dy * dy > (radius + 0.5) ** 2) continue
              const x = Math.min(width - 1, Math.max(0, (i % width) + dx))
              const y = Math.min(height - 1, Math.max(0, Math.floor(i / width) + dy))
              const label = mask.labels[y * width + x]!
              counts.set(label, (counts.get(label) ?? 0) + 1)
            }
          const most = Math.max(...counts.values())
          if (labels[i] !== mask.labels[i]) expect(counts.get(labels[i]!)).toBe(most)
          // Where the label has most by itself, it is there, unless another one's last pixels are.
          const alone = counts.get(1) === most && [...counts.values()].filter((n) => n === most).length === 1
          const last = labels.filter((l) => l === labels[i]).length === 1
          if (alone && !last) expect(labels[i]).toBe(1)
        }
      }),
    )
  })

  it('removes a spike and fills a notch, and lets neighbours touch', () => {
    const mask = draw('000000000', '000000100', '001111110', '001111110', '001101110', '001111110', '222222222')
    expect(rowsOf(mask, after(mask, median(mask, penOf(1), 1)))).toEqual([
      ...['000000000', '000000000', '000111110', '001111110', '001111110', '001111110', '222222222'],
    ])
  })

  it('leaves a disc as it is', () => {
    const disc: LabelMap = { width: 31, height: 31, labels: new Uint8Array(31 * 31) }
    for (let i = 0; i < disc.labels.length; i++) disc.labels[i] = Number(Math.hypot((i % 31) - 15, Math.floor(i / 31) - 15) <= 10)
    const changed = after(disc, median(disc, penOf(1), 2)).reduce((n, label, i) => n + Number(label !== disc.labels[i]), 0)
    expect(changed).toBeLessThan(8)
  })
})

describe('closing', () => {
  it('only grows, and a second time changes nothing', () => {
    fc.assert(
      fc.property(masks, radii, (mask, radius) => {
        const labels = after(mask, close(mask, penOf(1), radius))
        labels.forEach((label, i) => mask.labels[i] !== 0 && expect(label).toBe(mask.labels[i]))
        const once = { ...mask, labels: labels.map((l) => Number(l === 1)) }
        const first = { ...mask, labels: mask.labels.map((l) => Number(l === 1)) }
        const closed = after(first, close(first, penOf(1), radius))
        expect(close({ ...mask, labels: closed }, penOf(1), radius)).toBeNull()
        // Other labels hold their place only.
        once.labels.forEach((label, i) => expect(label).toBe(mask.labels[i] === 0 || mask.labels[i] === 1 ? closed[i] : 0))
      }),
    )
  })

  it('closes what no disc fits into', () => {
    fc.assert(
      fc.property(masks, radii, (mask, radius) => {
        const labels = after(mask, close(mask, penOf(1), radius))
        const isOwn = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && mask.labels[y * width + x] === 1
        /** Whether a disc about a place holds no pixel of the label. */
        const fits = (cx: number, cy: number) => {
          for (let y = cy - radius; y <= cy + radius; y++)
            for (let x = cx - radius; x <= cx + radius; x++) if (Math.hypot(x - cx, y - cy) <= radius && isOwn(x, y)) return false
          return true
        }
        for (let i = 0; i < size; i++) {
          if (mask.labels[i] !== 0) continue
          const [x, y] = [i % width, Math.floor(i / width)]
          let open = false
          for (let cy = y - radius; cy <= y + radius && !open; cy++)
            for (let cx = x - radius; cx <= x + radius && !open; cx++) open = Math.hypot(x - cx, y - cy) <= radius && fits(cx, cy)
          expect(labels[i]).toBe(Number(!open))
        }
      }),
      { numRuns: 30 },
    )
  })
})

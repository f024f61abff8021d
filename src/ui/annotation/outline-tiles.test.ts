import fc from 'fast-check'
import { expect, it } from 'vitest'
import { outlineOf } from '../../image/outlines'
import { tileOutlines } from './outline-tiles'

/** The unit edges of runs. */
function edges(runs: number[]): Set<string> {
  const all = new Set<string>()
  for (let i = 0; i < runs.length; i += 4) {
    const [x0, y0, x1, y1] = [runs[i]!, runs[i + 1]!, runs[i + 2]!, runs[i + 3]!]
    for (let x = x0; x < x1; x++) all.add(`- ${x} ${y0}`)
    for (let y = y0; y < y1; y++) all.add(`| ${x0} ${y}`)
  }
  return all
}

it('together draw the outlines of the whole', () => {
  const [width, height] = [13, 9]
  const size = width * height
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(0, 0, 1, 2, 255), { minLength: size, maxLength: size }),
      fc.integer({ min: 1, max: 14 }),
      (values, side) => {
        const mask = { width, height, labels: Uint8Array.from(values) }
        for (const label of [1, 2, 255]) {
          const joined = new Set<string>()
          for (let y = 0; y < height; y += side)
            for (let x = 0; x < width; x += side) {
              const tile = { x, y, width: Math.min(side, width - x), height: Math.min(side, height - y) }
              for (const edge of edges(tileOutlines(mask, tile).get(label) ?? [])) joined.add(edge)
            }
          expect([...joined].sort()).toEqual([...edges(outlineOf(mask.labels, width, height, label))].sort())
        }
      },
    ),
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countParts, filledHoles, holesOf, largestParts, type Extents } from './parts'

const maps = fc
  .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 4 }))
  .chain((extents) => {
    const length = extents[0] * extents[1] * extents[2]
    return fc.record({ extents: fc.constant(extents as Extents), labels: fc.uint8Array({ minLength: length, maxLength: length, max: 2 }) })
  })
  .map(({ extents, labels }) => ({ extents, labels: Uint8Array.from(labels) }))

/** The parts found otherwise: by joining labels of neighbours until nothing changes. */
function joined(labels: Uint8Array, [width, height, depth]: Extents, label: number, corners: boolean): number[][] {
  const places = [...labels.keys()].filter((i) => labels[i] === label)
  const at = (i: number) => [i % width, Math.floor(i / width) % height, Math.floor(i / (width * height))] as const
  const name = new Map(places.map((i) => [i, i]))
  const touch = (a: number, b: number) => {
    const gaps = at(a).map((v, axis) => Math.abs(v - at(b)[axis]!))
    return corners ? Math.max(...gaps) <= 1 : gaps.reduce((sum, v) => sum + v) <= 1
  }
  for (let changed = true; changed;) {
    changed = false
    for (const a of places)
      for (const b of places)
        if (touch(a, b) && name.get(a)! > name.get(b)!) {
          name.set(a, name.get(b)!)
          changed = true
        }
  }
  expect(depth).toBeGreaterThan(0)
  return [...new Set(name.values())].map((own) => places.filter((i) => name.get(i) === own))
}

/** Rows of digits, slices apart by an empty line. */
function drawn(...slices: string[]): { labels: Uint8Array<ArrayBuffer>; extents: Extents } {
  const rows = slices.map((slice) => slice.trim().split(/\s+/))
  const labels = Uint8Array.from(rows.flat().join(''), Number)
  return { labels, extents: [rows[0]![0]!.length, rows[0]!.length, slices.length] }
}

test('of each class that is asked for, the largest part stays and nothing else changes', () => {
  fc.assert(
    fc.property(maps, ({ labels, extents }) => {
      const out = largestParts(labels, extents, [1])
      const parts = joined(labels, extents, 1, true)
      const most = Math.max(0, ...parts.map((part) => part.length))
      const left = [...out.keys()].filter((i) => out[i] === 1)
      expect(parts.some((part) => part.join() === left.join()) || most === 0).toBe(true)
      expect(left).toHaveLength(most)
      labels.forEach((label, i) => label !== 1 && expect(out[i]).toBe(label))
      expect(largestParts(out, extents, [1])).toEqual(out)
      expect(countParts(labels, extents, 1)).toBe(parts.length)
      expect(countParts(out, extents, 1)).toBe(Math.min(1, parts.length))
    }),
    { numRuns: 200 },
  )
})

test('holes are the parts of background, connected by sides, that do not reach the border', () => {
  fc.assert(
    fc.property(maps, ({ labels, extents }) => {
      const [width, height, depth] = extents
      const reaches = (i: number) => {
        const [x, y, z] = [i % width, Math.floor(i / width) % height, Math.floor(i / (width * height))]
        return x === 0 || y === 0 || x === width - 1 || y === height - 1 || (depth > 1 && (z === 0 || z === depth - 1))
      }
      const inside = joined(labels, extents, 0, false).filter((part) => !part.some(reaches))
      const sorted = (parts: readonly (readonly number[])[]) => parts.map((part) => [...part].sort((a, b) => a - b).join()).sort()
      const holes = [...holesOf(labels, extents)]
      expect(sorted(holes.map(({ part }) => [...part]))).toEqual(sorted(inside))
      const out = filledHoles(labels, extents, [1, 2])
      expect([...holesOf(out, extents)]).toEqual([])
      labels.forEach((label, i) => label > 0 && expect(out[i]).toBe(label))
      expect([...out].filter((label, i) => label !== labels[i])).toHaveLength(inside.flat().length)
    }),
    { numRuns: 200 },
  )
})

test('corners connect a class, and do not let background out', () => {
  const ring = drawn(`
    00000
    00100
    01010
    00100
    00000`)
  expect(countParts(ring.labels, ring.extents, 1)).toBe(1)
  expect([...holesOf(ring.labels, ring.extents)].map(({ part, around }) => [...part, around])).toEqual([[12, 1]])
})

test('a hole belongs to the class that touches it most, and is filled only where that is asked for', () => {
  const { labels, extents } = drawn(`
    1111
    1001
    1221`)
  expect([...holesOf(labels, extents)].map(({ around }) => around)).toEqual([1])
  expect(filledHoles(labels, extents, [2])).toEqual(labels)
  expect([...filledHoles(labels, extents, [1])].join('')).toBe('111111111221')
})

test('in a volume parts hang together across slices, and a hole that another slice opens is none', () => {
  const twice = drawn('1100 0001', '0010 0001')
  expect(countParts(twice.labels, twice.extents, 1)).toBe(1)
  const [ring, lid] = ['111 101 111', '111 111 111']
  const cup = drawn(lid, ring, '111 101 111')
  expect([...holesOf(cup.labels, cup.extents)]).toEqual([])
  const box = drawn(lid, ring, lid)
  expect([...holesOf(box.labels, box.extents)].map(({ part }) => [...part])).toEqual([[13]])
})

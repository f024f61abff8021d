import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LabelMap } from '../image/raster'
import { apply, difference, join, type Patch } from './patch'

const [width, height] = [11, 6]
const bytes = fc.array(fc.constantFrom(0, 1, 2, 255), { minLength: width * height, maxLength: width * height })
const maskOf = (labels: number[]): LabelMap => ({ width, height, labels: Uint8Array.from(labels) })

function countsOf(labels: Iterable<number>): Uint32Array {
  const counts = new Uint32Array(256)
  for (const label of labels) counts[label]!++
  return counts
}

it('turns one mask into the other and back, and counts along', () => {
  fc.assert(
    fc.property(bytes, bytes, (from, to) => {
      const mask = maskOf(from)
      const counts = countsOf(from)
      const patch = difference(mask, Uint8Array.from(to))
      if (!patch) {
        expect(from).toEqual(to)
        return
      }
      apply(mask, counts, patch, 'forwards')
      expect([...mask.labels]).toEqual(to)
      expect(counts).toEqual(countsOf(to))
      apply(mask, counts, patch, 'backwards')
      expect([...mask.labels]).toEqual(from)
      expect(counts).toEqual(countsOf(from))
    }),
  )
})

it('stays inside its box, which is tight, and holds only what changes', () => {
  fc.assert(
    fc.property(bytes, bytes, (from, to) => {
      const patch = difference(maskOf(from), Uint8Array.from(to))
      const changed = from.flatMap((label, i) => (label === to[i] ? [] : [i]))
      if (!patch) {
        expect(changed).toEqual([])
        return
      }
      const inRuns: number[] = []
      for (let at = 0; at < patch.runs.length; at += 3) for (let k = 0; k < patch.runs[at + 1]!; k++) inRuns.push(patch.runs[at]! + k)
      expect(inRuns).toEqual(changed)
      const [xs, ys] = [changed.map((i) => i % width), changed.map((i) => Math.floor(i / width))]
      const [x, y] = [Math.min(...xs), Math.min(...ys)]
      expect(patch.box).toEqual({ x, y, width: Math.max(...xs) - x + 1, height: Math.max(...ys) - y + 1 })
    }),
  )
})

it('joined, does what the patches do one after the other', () => {
  fc.assert(
    fc.property(bytes, fc.array(bytes, { maxLength: 5 }), (from, states) => {
      const mask = maskOf(from)
      const patches: Patch[] = []
      for (const state of states) {
        const patch = difference(mask, Uint8Array.from(state))
        if (!patch) continue
        patches.push(patch)
        apply(mask, new Uint32Array(256), patch, 'forwards')
      }
      const whole = join(patches)
      if (!whole) {
        expect(patches).toEqual([])
        return
      }
      const again = maskOf(from)
      apply(again, new Uint32Array(256), whole, 'forwards')
      expect(again.labels).toEqual(mask.labels)
      apply(again, new Uint32Array(256), whole, 'backwards')
      expect([...again.labels]).toEqual(from)
    }),
  )
})

it('is null where nothing changes', () => {
  expect(difference(maskOf(Array(width * height).fill(1)), new Uint8Array(width * height).fill(1))).toBeNull()
  expect(join([])).toBeNull()
})

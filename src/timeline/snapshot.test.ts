import { gzipSync } from 'fflate'
import { expect, test } from 'vitest'
import { changeBetween } from './flips'
import { copyOf, labelHash, labelsIn, snapshotOf, viewsIn } from './snapshot'
import { madeLabels, madeSnapshot, madeViews } from './views.test-support'

const names: Record<string, string> = { 'abc/2/0/0': 'one.png', 'def/2/1/0': 'two.png' }
const nameOf = (image: string) => names[image]!

test.each([{}, { mix: true }, { feature: true }, { synthetic: true }] as const)('views without %o come back as they were', (without) => {
  const views = madeViews(7, 16, without)
  const snapshot = snapshotOf(views, madeLabels(7), null)
  expect(viewsIn(snapshot, 16, nameOf)).toEqual(views)
  expect(labelsIn(snapshot, 16)).toEqual(madeLabels(7))
  expect(snapshot).toMatchObject({ step: 7, change: 0, hash: labelHash(views) })
  expect(snapshot.images).toEqual(['abc/2/0/0', 'ghi/2/2/0', ...(views.mix ? ['def/2/1/0'] : [])])
})

test('it says how far the labels have moved since the one before', () => {
  const before = madeSnapshot(3)
  expect(snapshotOf(madeViews(4), madeLabels(4), before).change).toBe(changeBetween(madeLabels(3), madeLabels(4)))
  expect(snapshotOf(madeViews(4), madeLabels(3), before).change).toBe(0)
})

test('the hash is of the label maps: one pixel of any of them changes it, a grey does not', () => {
  const views = madeViews(1)
  const hash = labelHash(views)
  const hashes = (['A', 'B'] as const).flatMap((k) =>
    [views[k].prediction, views[k].pseudoLabel, views[k].feature!.prediction].map((map) => {
      map[9] = (map[9]! + 1) % 3
      const other = labelHash(views)
      map[9] = (map[9] + 2) % 3
      return other
    }),
  )
  expect(new Set([hash, ...hashes]).size).toBe(7)
  views.weak[0]!++
  expect(labelHash(views)).toBe(hash)
})

test('what is damaged, of another size or too large is refused', () => {
  const good = madeSnapshot(5)
  const shown = (change: Partial<typeof good>, size = 16) => viewsIn({ ...good, ...change }, size, nameOf)
  expect(() => shown({ hash: madeSnapshot(6).hash })).toThrow('label maps are others')
  expect(() => shown({ views: good.views.slice(0, 400) })).toThrow()
  expect(() => shown({ views: good.labels })).toThrow()
  expect(() => shown({}, 32)).toThrow('no picture')
  const bomb = new Uint8Array(gzipSync(new Uint8Array(300_000)))
  expect(() => shown({ views: bomb })).toThrow('300000 bytes are too many')
  expect(() => labelsIn({ ...good, labels: bomb }, 16)).toThrow('too many')
  expect(() => labelsIn({ ...good, labels: good.views }, 16), 'views are no labels').not.toThrow()
})

test('a copy shares no memory', () => {
  const one = madeSnapshot(1)
  const other = copyOf(one)
  expect(other).toEqual(one)
  expect(other.views.buffer).not.toBe(one.views.buffer)
  expect(other.labels.buffer).not.toBe(one.labels.buffer)
})

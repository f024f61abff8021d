import { afterEach, expect, it, vi } from 'vitest'
import { Autosave } from './autosave'
import { countDrawings, forgetDrawings, hasUnwritten, type Shelf } from './stored-drawings'
import type { Annotation } from '../drawing/drawable'

const classes = [
  { name: 'Background', color: '#000000' },
  { name: 'Liver', color: '#e69f00' },
]
const annotation = (label: number): Annotation => ({ labels: new Uint8Array(4).fill(label), classes })

function shelfOf(own: Partial<Shelf> = {}) {
  const rows = new Map<string, Awaited<ReturnType<Shelf['read']>> & object>()
  const shelf: Shelf = {
    read: (key) => Promise.resolve(rows.get(key)),
    write: async (row) => {
      rows.set(row.key, row)
    },
    remove: async (key) => void rows.delete(key),
    keys: () => Promise.resolve([...rows.keys()]),
    clear: async () => rows.clear(),
    ...own,
  }
  const told: (string | null)[] = []
  return { autosave: new Autosave({ id: 'k', formerKey: 'f' }, (problem) => told.push(problem), shelf), told, rows, shelf }
}

afterEach(() => void vi.useRealTimers())

it('gives back what was saved', async () => {
  const { autosave } = shelfOf()
  expect(await autosave.load(4)).toBeNull()
  autosave.save(annotation(1))
  await autosave.settled()
  expect(await autosave.load(4)).toEqual({ ...annotation(1), savedAt: expect.any(Number) })
  autosave.forget()
  await autosave.settled()
  expect(await autosave.load(4)).toBeNull()
})

it('finds what was saved before pictures had ids, until there is something newer', async () => {
  const { autosave, rows } = shelfOf()
  const former = { key: 'f', savedAt: 1, ...annotation(1) }
  rows.set('f', former)
  expect(await autosave.load(4)).toEqual({ ...annotation(1), savedAt: 1 })
  autosave.save(annotation(0))
  await autosave.settled()
  expect(await autosave.load(4)).toMatchObject(annotation(0))
  expect(rows.get('f')).toBe(former)
  autosave.forget()
  await autosave.settled()
  expect(rows.size).toBe(0)
})

it('writes the newest last, one at a time, and skips what was overtaken', async () => {
  const written: number[] = []
  let begin = () => {}
  let end = () => {}
  const begun = new Promise<void>((resolve) => (begin = resolve))
  const ended = new Promise<void>((resolve) => (end = resolve))
  const { autosave } = shelfOf({
    write: async ({ labels }) => {
      begin()
      await ended
      written.push(labels[0]!)
    },
  })
  autosave.save(annotation(0))
  await begun
  for (const label of [1, 0, 1]) autosave.save(annotation(label))
  end()
  await autosave.settled()
  expect(written).toEqual([0, 1])
})

it('reports full storage in one sentence, continues, and reports when it works again', async () => {
  let full = true
  const kept: Annotation[] = []
  const { autosave, told } = shelfOf({
    write: async (row) => {
      if (full) throw new DOMException('quota', 'QuotaExceededError')
      kept.push(row)
    },
  })
  autosave.save(annotation(0))
  await autosave.settled()
  expect(told).toEqual([
    'What you draw could not be saved in this browser (its storage is full). Nothing is lost while the page stays open.',
  ])
  full = false
  autosave.save(annotation(1))
  await autosave.settled()
  expect(told.at(-1)).toBeNull()
  expect(kept.map(({ labels }) => labels[0])).toEqual([1])
})

it('keeps what storage did not take until the page closes, though the drawing is closed', async () => {
  let full = true
  const write = () => (full ? Promise.reject(new DOMException('quota', 'QuotaExceededError')) : Promise.resolve())
  const first = shelfOf({ write })
  first.autosave.save(annotation(0))
  await first.autosave.settled()
  expect(hasUnwritten()).toBe(true)
  const again = shelfOf({ write, read: () => Promise.resolve(undefined) })
  expect((await again.autosave.load(4))!.labels).toEqual(annotation(0).labels)
  full = false
  again.autosave.save(annotation(1))
  await again.autosave.settled()
  expect(hasUnwritten()).toBe(false)
  expect(await shelfOf({ read: () => Promise.resolve(undefined) }).autosave.load(4)).toBeNull()
})

it('counts drawings, and removes all of them, also what was never written', async () => {
  const { autosave, shelf } = shelfOf()
  autosave.save(annotation(1))
  await autosave.settled()
  expect(await countDrawings(shelf)).toBe(1)
  const refused = shelfOf({ write: () => Promise.reject(new Error('full')) })
  refused.autosave.save(annotation(0))
  await refused.autosave.settled()
  await forgetDrawings(shelf)
  expect(await countDrawings(shelf)).toBe(0)
  expect(hasUnwritten()).toBe(false)
})

it('survives storage that cannot be read or holds something else', async () => {
  const broken = shelfOf({ read: () => Promise.reject(new Error('Internal error.')) })
  expect(await broken.autosave.load(4)).toBeNull()
  expect(broken.told).toEqual([
    'What was drawn here before could not be read (Internal error). You can draw; keep the page open until you have used it.',
  ])
  for (const odd of [{ ...annotation(2) }, { ...annotation(1), labels: new Uint8Array(5) }, { ...annotation(1), classes: [] }]) {
    const { autosave, told } = shelfOf({ read: () => Promise.resolve({ key: 'k', savedAt: 1, ...odd }) })
    expect(await autosave.load(4)).toBeNull()
    expect(told).toHaveLength(1)
  }
})

it('lets draw where storage never answers', async () => {
  vi.useFakeTimers()
  const { autosave, told } = shelfOf({ read: () => new Promise(() => undefined) })
  const loaded = autosave.load(4)
  await vi.advanceTimersByTimeAsync(3000)
  expect(await loaded).toBeNull()
  expect(told).toEqual([
    'What was drawn here before could not be read (its storage does not answer). You can draw; keep the page open until you have used it.',
  ])
})

it('gives what was drawn or removed last, though it is not written yet', async () => {
  let go = () => {}
  const { autosave, shelf, rows } = shelfOf({
    write: async (row) => {
      await new Promise<void>((done) => (go = done))
      rows.set(row.key, row)
    },
  })
  const reopened = () => new Autosave({ id: 'k', formerKey: 'f' }, () => {}, shelf)
  autosave.save(annotation(1))
  await Promise.resolve()
  await Promise.resolve()
  autosave.save(annotation(0))
  expect(await reopened().load(4)).toMatchObject(annotation(0))
  autosave.forget()
  expect(await reopened().load(4)).toBeNull()
  expect(hasUnwritten()).toBe(false)
  go()
  await autosave.settled()
  expect(await reopened().load(4)).toBeNull()
  expect(rows.size).toBe(0)
})

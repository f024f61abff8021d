import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { OpenedPicture, PictureId } from '../worker/protocol'
import type { State } from './state'

const removed: string[] = []
const stored: string[] = []
vi.mock('./stored-drawings', () => ({
  storeDrawing: (id: string, { labels }: { labels: Uint8Array }) => {
    stored.push(`${id}: ${labels.join(' ')}`)
    return Promise.resolve(null)
  },
  removeDrawings: (ids: string[]) => {
    removed.push(...ids)
    return Promise.resolve()
  },
}))

beforeEach(() => {
  vi.resetModules()
  removed.length = 0
  stored.length = 0
})
afterEach(() => vi.restoreAllMocks())

const [a, b, c] = ['v/2/0/0', 'v/2/1/0', 'v/2/2/0'] as const satisfies PictureId[]

async function visit() {
  const { pageStore } = await import('./page-store')
  const { drafts, setDrafts, markDraft } = await import('./drafts')
  const { usedUp, storeAgain, makeDraft, isUsedUp } = await import('./used-drawings')
  /** The browser has kept the run at this step; these are its exemplars. */
  const keep = (step: number, ...exemplars: PictureId[]) =>
    pageStore.setState({
      present: 'r',
      runs: [{ id: 'r', states: [{ step }] }] as unknown as State['runs'],
      dataset: { exemplars: exemplars.map((id) => ({ id, from: 'drawing' })) } as unknown as State['dataset'],
    })
  setDrafts([a, b, c])
  return { drafts: () => [...drafts.getState()], markDraft, usedUp, storeAgain, makeDraft, isUsedUp, keep }
}

it('a drawing that is used is no draft, and goes from storage once the run that has it is kept', async () => {
  const { drafts, usedUp, keep } = await visit()
  usedUp([a, b], 4)
  expect(drafts()).toEqual([c])
  // That was kept before they were used.
  keep(4, a, b)
  expect(removed).toEqual([])
  keep(5, a, b)
  expect(removed).toEqual([a, b])
  keep(6, a, b)
  expect(removed).toEqual([a, b])
})

it('stays where the kept run has no such exemplar, and where it is drawn on again', async () => {
  const { markDraft, usedUp, keep } = await visit()
  usedUp([a, b, c], 0)
  markDraft(b, true)
  keep(1, a, b)
  expect(removed).toEqual([a])
})

it('is stored again when the run that had it is discarded, until the next one is kept', async () => {
  const { drafts, markDraft, usedUp, storeAgain, isUsedUp, keep } = await visit()
  usedUp([a, b, c], 0)
  keep(1, a, b)
  markDraft(b, true)
  expect(removed).toEqual([a, b])
  const fetched: string[] = []
  await storeAgain(
    (id) => {
      fetched.push(id)
      return Promise.resolve({ id, labels: Uint8Array.of(0, 1, 2), classes: [] } as unknown as OpenedPicture)
    },
    () => undefined,
  )
  expect([fetched, stored]).toEqual([[a], ['v/2/0/0: 0 1 2']])
  expect([isUsedUp(a), drafts()]).toEqual([true, [b]])
  keep(2, a, b)
  expect(removed).toEqual([a, b, a])
})

it('is a draft again when the exemplar is removed, as long as it is stored', async () => {
  const { drafts, markDraft, usedUp, makeDraft, isUsedUp, keep } = await visit()
  usedUp([a, b], 0)
  expect([a, b, c].map(isUsedUp)).toEqual([true, true, false])
  markDraft(a, true)
  expect(isUsedUp(a)).toBe(false)
  makeDraft(a)
  expect(drafts().sort()).toEqual([a, c])
  keep(1, b)
  makeDraft(b)
  expect(drafts().sort()).toEqual([a, c])
  expect(removed).toEqual([b])
})

/** Which images have a drawing in the browser's storage, by their ids. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

export const drafts = createStore<ReadonlySet<string>>(() => new Set())

export const useDrafts = (): ReadonlySet<string> => useStore(drafts)

export const useIsDraft = (id: string): boolean => useStore(drafts, (all) => all.has(id))

export function markDraft(id: string, there: boolean): void {
  const all = drafts.getState()
  if (all.has(id) === there) return
  const next = new Set(all)
  if (there) next.add(id)
  else next.delete(id)
  drafts.setState(next, true)
}

export const setDrafts = (ids: readonly string[]): void => drafts.setState(new Set(ids), true)

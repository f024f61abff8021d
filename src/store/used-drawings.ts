/** Drawings that have become exemplars: no longer drafts, but stored until the run that has them is kept, for the page may be closed before. */
import type { OpenedPicture, PictureId } from '../worker/protocol'
import { removeDrawings, storeDrawing } from './stored-drawings'
import { drafts, markDraft } from './drafts'
import { pageStore } from './page-store'

/** How far the run was when each was used. */
const used = new Map<PictureId, number>()

/** Takes note of drawings that the run at this step has as exemplars. */
export function usedUp(pictures: readonly PictureId[], step: number): void {
  for (const picture of pictures) {
    markDraft(picture, false)
    used.set(picture, step)
  }
}

/** Whether the exemplar says what was drawn: nothing has been drawn on since it was used. */
export const isUsedUp = (picture: PictureId): boolean => used.has(picture) && !drafts.getState().has(picture)

/**
 * The run that has them is discarded, and with it what the browser kept: what was drawn is stored again, until the next run is kept.
 * @param fetch gives an exemplar with its labels @param tell called with a sentence where it cannot be stored
 */
export async function storeAgain(
  fetch: (picture: PictureId) => Promise<OpenedPicture | undefined>,
  tell: (problem: string) => void,
): Promise<void> {
  const drawn = pageStore.getState().dataset?.exemplars.filter(({ from }) => from === 'drawing') ?? []
  for (const { id } of drawn) {
    // One that is being drawn on again is stored as a draft.
    if (drafts.getState().has(id)) continue
    if (!used.has(id)) {
      const picture = await fetch(id)
      if (!picture) continue
      const problem = await storeDrawing(id, { labels: picture.labels, classes: picture.classes })
      if (problem !== null) tell(problem)
    }
    usedUp([id], 0)
  }
}

/** An exemplar is removed: what was drawn is a draft again, if it is still stored. */
export function makeDraft(picture: PictureId): void {
  if (used.delete(picture)) markDraft(picture, true)
}

pageStore.subscribe(({ runs, present, dataset }, before) => {
  if (runs === before.runs || used.size === 0) return
  const kept = runs.find(({ id }) => id === present)?.states[0]?.step ?? -1
  const exemplars = new Set(dataset?.exemplars.map(({ id }) => id))
  const gone = [...used].flatMap(([picture, step]) => (step < kept && exemplars.has(picture) ? [picture] : []))
  for (const picture of gone) used.delete(picture)
  // One that is being drawn on again is a draft.
  void removeDrawings(gone.filter((picture) => !drafts.getState().has(picture))).catch(() => undefined)
})

import type { Action, PictureId } from '../worker/protocol'
import { anew, openPicture, setValues, trainOn } from './commands'
import { pageStore } from './page-store'

/** Does what an advice says. What a run cannot take any more begins a new one, once the user has agreed to lose it. */
export function follow(action: Action): void {
  if (action.does === 'annotate') return void openPicture('annotate', action.picture as PictureId)
  if (action.does === 'train') return trainOn(action.steps)
  if (action.does === 'set') return anew(() => setValues(action.values))
  anew(() => {
    const [exemplar] = pageStore.getState().dataset?.exemplars ?? []
    if (exemplar) void openPicture('region', exemplar.id)
  })
}

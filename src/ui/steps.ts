/** The three steps from images to masks: which one is next, and what each says of itself. */
import { wantsMask, type State } from '../store/state'
import { count, plural } from './format'

export interface Step {
  /** The part of the page that it leads to. */
  part: 'data' | 'picker' | 'training' | 'results'
  name: string
  /** What is there, or missing. */
  said: string
  state: 'done' | 'next' | 'later'
}

/** @param masks how many predictions there are @param reading whether files were given that are not read yet */
export function stepsOf(
  { status: { state, step }, dataset }: Pick<State, 'status' | 'dataset'>,
  { masks, reading }: { masks: number; reading: boolean },
): [Step, Step, Step] {
  const missing = dataset?.missing ?? []
  const ready = dataset !== null && missing.length === 0
  const over = state === 'stopped' || state === 'finished' || state === 'failed'
  return [
    {
      part: wantsMask({ dataset }) ? 'picker' : 'data',
      name: 'Images and one mask',
      said: reading
        ? state === 'starting'
          ? 'waiting for the engine'
          : 'reading files'
        : dataset
          ? dataSaid(dataset)
          : 'loading the sample',
      state: ready ? 'done' : 'next',
    },
    { part: 'training', name: 'Train', said: trainSaid(state, step, ready), state: !ready ? 'later' : over ? 'done' : 'next' },
    {
      part: 'results',
      name: 'Check and export',
      said: masks > 0 ? `${plural(masks, 'mask')} to look at` : over && ready ? 'masks are coming' : 'masks will be here',
      state: over && ready ? 'next' : masks > 0 ? 'done' : 'later',
    },
  ]
}

function dataSaid({ exemplars, unlabeled, missing }: NonNullable<State['dataset']>): string {
  const [first] = missing
  if (first === undefined) return `${plural(exemplars.length, 'exemplar')}, ${plural(unlabeled.length, 'image')}`
  // With images at hand the mask can be drawn on any of them.
  return exemplars.length === 0 && unlabeled.length > 0 ? `${plural(unlabeled.length, 'image')}, no mask yet` : `needs ${first}`
}

function trainSaid(state: State['status']['state'], step: number, ready: boolean): string {
  if (!ready) return 'after that'
  if (state === 'ready') return 'press Start'
  if (state === 'running') return 'under way'
  return step > 0 ? `${state} at step ${count(step)}` : state
}

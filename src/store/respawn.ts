/** A worker that died or hangs is replaced, and what it had is brought back. */
import type { DatasetSummary, RequestName, SampleName } from '../worker/protocol'
import { ask } from './connection'
import { bringBack } from './kept-runs'
import { pageStore } from './page-store'
import { holdFiles, presentRun, type PresentRun } from './present-run'
import { addProblem, type Status } from './state'

/** What may take a worker long without a sign of life: whoever asked for it is told, and decides. */
const long: ReadonlySet<RequestName> = new Set<RequestName>([
  'init',
  'load-sample',
  'load-files',
  'choose-slices',
  'choose-modality',
  'inspect-source',
  'choose-mask',
  'choose-exemplar',
  'undo-mask',
  'map-label',
  'open-picture',
  'annotate',
  'remove-exemplar',
  'configure',
  'export',
  'check-adapter',
  'continue-run',
])

/** Times in a row that a worker is replaced without being asked, though the run came no further between. */
const mostTries = 2
const untried = { reached: -1, count: 0 }
let tries = untried

let respawns = 0
/** Where the run was, and what the page held of it. */
interface Interrupted {
  status: Status
  dataset: DatasetSummary | null
  run: PresentRun
}
/** While it is brought back. */
let interrupted: Interrupted | null = null

pageStore.subscribe(({ status }, before) => {
  // Another run begins at the first step again.
  if (!interrupted && status.step < before.status.step) tries = untried
})

function present(): Interrupted {
  const { status, dataset } = pageStore.getState()
  return { status, dataset, run: presentRun() }
}

const hasNoImages = (dataset: DatasetSummary | null) => !dataset || dataset.exemplars.length + dataset.unlabeled.length === 0

const reasons = { dead: 'The worker died', silent: 'The worker gave no sign of life', asked: 'The worker was replaced' }

/** Whether a worker that is gone is to be replaced at once; if not, the user is told. */
export function isToReplace(how: 'dead' | 'silent'): boolean {
  const { status, pending } = pageStore.getState()
  if (how === 'silent' && pending.some(({ type }) => long.has(type))) {
    say(
      'backend',
      'The worker has given no sign of life for ten seconds. It may be busy with what you asked for: wait, or replace it; what it has is brought back.',
    )
    return false
  }
  tries = status.step > tries.reached ? { reached: status.step, count: 1 } : { ...tries, count: tries.count + 1 }
  if (tries.count <= mostTries) return true
  say('backend', `${reasons[how]} again and again, so it is not replaced by itself.`)
  return false
}

interface Means {
  start: () => void
  loadSample: (name: SampleName | null) => void
  drive: (type: 'start' | 'resume') => void
}

/**
 * Brings back what a worker had in the next one.
 * @param start starts that one, without data
 * @param loadSample loads the sample that was there, or that of the address
 * @param drive makes the run go on
 */
export async function respawn(why: keyof typeof reasons, { start, loadSample, drive }: Means): Promise<void> {
  const { status, dataset, run } = (interrupted ??= present())
  const own = ++respawns
  // If this worker dies as well, the next one is not asked for the rest.
  const askIt: typeof ask = async (type, given) => (own === respawns ? ask(type, given) : undefined)
  start()
  const back = await bringBack(run, askIt)
  if (own !== respawns) return
  // Settings alone make a data set too, without images.
  if (hasNoImages(pageStore.getState().dataset)) {
    holdFiles([])
    for (const batch of run.files) await askIt('load-files', { files: batch })
    if (own !== respawns) return
    if (run.files.length === 0) loadSample(dataset?.sample ?? null)
  }
  interrupted = null
  // One that had nothing yet, such as one whose script came at a second try, leaves nothing to be told.
  if (why === 'asked' && !dataset) return
  if (run.files.length === 0 && !back && !hasNoImages(dataset) && dataset!.sample === null)
    return say('run', `${reasons[why]}. Neither the run nor its images could be brought back: load them again.`)
  const { step } = pageStore.getState().status
  const behind = status.step - step
  const next = back
    ? `; the run goes on from step ${step}, ${behind > 0 ? `${behind} before ` : ''}where it was`
    : status.step > 0
      ? '; nothing of the run was kept, so it starts over'
      : ''
  say('run', `${reasons[why]}. Another has what it had${next}.`)
  if (back) await ask('mark-respawn', { reached: status.step })
  // One that had ended, but was kept further back only, ends again.
  if (status.state === 'running' || (status.state === 'finished' && behind > 0)) void drive(back ? 'resume' : 'start')
}

const say = (kind: 'backend' | 'run', message: string): void =>
  pageStore.setState((state) => addProblem(state, { kind, message, file: null }))

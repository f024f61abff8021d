/** A worker that died or hangs is replaced, and what it had is brought back. */
import type { RequestName } from '../worker/protocol'
import { ask } from './connection'
import { bringBack } from './kept-runs'
import { pageStore } from './page-store'
import { holdFiles, presentRun } from './present-run'
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
let tries = { reached: -1, count: 0 }

let respawns = 0
/** Where the run was, while it is brought back. */
let interrupted: Status | null = null

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

/**
 * Brings back what a worker had in the next one.
 * @param start starts that one, without data
 * @param loadSample loads the sample that was there, where there were no files
 * @param drive makes the run go on
 */
export async function respawn(
  why: keyof typeof reasons,
  { start, loadSample, drive }: { start: () => void; loadSample: () => void; drive: (type: 'start' | 'resume') => void },
): Promise<void> {
  const status = (interrupted ??= pageStore.getState().status)
  const own = ++respawns
  const { files } = presentRun()
  start()
  const back = await bringBack()
  // It died as well: the next goes on with this.
  if (own !== respawns) return
  interrupted = null
  if (pageStore.getState().dataset === null) {
    holdFiles([])
    for (const batch of files) await ask('load-files', { files: batch })
    if (files.length === 0) loadSample()
  }
  const { step } = pageStore.getState().status
  const behind = status.step - step
  const next = back
    ? `; the run goes on from step ${step}, ${behind > 0 ? `${behind} before ` : ''}where it was`
    : status.step > 0
      ? '; nothing of the run was kept, so it starts over'
      : ''
  say('run', `${reasons[why]}. Another has what it had${next}.`)
  if (back) await ask('mark-respawn', { reached: status.step })
  if (status.state === 'running') drive(back ? 'resume' : 'start')
}

const say = (kind: 'backend' | 'run', message: string): void =>
  pageStore.setState((state) => addProblem(state, { kind, message, file: null }))

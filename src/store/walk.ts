/**
 * A step told in phases: in slow motion, one step after another, or as a tour of one. The step itself is the one that **Step** takes, between two
 * phases; before it the pictures are those of the weights that it starts from, and those of the new weights are held back until its last phase. So
 * nothing that is told changes what is computed.
 */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { pauseRun, takeStep } from './commands'
import { holdViews, latest, releaseViews } from './latest'
import { pageStore } from './page-store'
import { allowed, type State } from './state'
import { goLive, timelines } from './timeline'

/** In their order: what is drawn, what is taught, what is predicted, what that costs, what changes. */
export const phases = ['views', 'lessons', 'predictions', 'losses', 'update'] as const
export type Phase = (typeof phases)[number]

export interface Walk {
  kind: 'slow' | 'tour'
  phase: Phase
  /** Whether the run is being brought to rest, or a step taken: the next phase waits. */
  busy: boolean
  /** The step of this walk, once it is taken; null where the run has ended and has no more. */
  taken: number | null
}

/** Milliseconds that slow motion stays in a phase: the longest text is read in it. */
export const dwell = 7000

export const walks = createStore<{ walk: Walk | null }>(() => ({ walk: null }))
export const useWalk = (): Walk | null => useStore(walks, ({ walk }) => walk)

/** Counts walks: what one was waiting for means nothing to the next. */
let count = 0
let timer: ReturnType<typeof setTimeout> | undefined

function show(changes: Partial<Walk>): void {
  const { walk } = walks.getState()
  if (!walk) return
  const next = { ...walk, ...changes }
  walks.setState({ walk: next })
  clearTimeout(timer)
  if (next.kind === 'slow' && !next.busy) timer = setTimeout(() => void nextPhase(), dwell)
}

/** Whether a walk can begin: there is a run, or data for one. @param seen whether there are pictures, which a tour can show */
export const canWalk = (kind: Walk['kind'], state: Pick<State, 'status'>, seen: boolean): boolean => {
  const can = allowed(state)
  return can.pause || can.step || (kind === 'tour' && seen)
}

/** Begins at the first phase, with the run at rest. Before the first step there are no pictures yet: it is taken at once. */
export async function beginWalk(kind: Walk['kind']): Promise<void> {
  endWalk()
  if (!canWalk(kind, pageStore.getState(), latest.getState().views !== null)) return
  goLive()
  const own = ++count
  walks.setState({ walk: { kind, phase: 'views', busy: true, taken: null } })
  if (pageStore.getState().status.state === 'running') await pauseRun()
  if (own === count && !latest.getState().views) await stepSeen()
  if (own === count) show({ busy: false })
}

export function endWalk(): void {
  count++
  clearTimeout(timer)
  walks.setState({ walk: null })
  releaseViews()
}

/** Goes on to the next phase; after the last, slow motion begins the next step and a tour ends. */
export async function nextPhase(): Promise<void> {
  const { walk } = walks.getState()
  if (!walk || walk.busy) return
  const next = phases[phases.indexOf(walk.phase) + 1]
  const can = allowed(pageStore.getState()).step
  if (!next) {
    if (walk.kind === 'tour' || !can) return endWalk()
    return show({ phase: 'views', taken: null })
  }
  if (next === 'losses' && walk.taken === null && can) {
    const own = count
    show({ phase: next, busy: true })
    holdViews()
    await stepSeen()
    if (own === count) show({ busy: false, taken: pageStore.getState().status.step })
    return
  }
  if (next === 'update') releaseViews()
  show({ phase: next })
}

/** Goes back a phase; a step that is taken stays so. */
export function lastPhase(): void {
  const { walk } = walks.getState()
  const last = walk && phases[phases.indexOf(walk.phase) - 1]
  if (last && !walk.busy) show({ phase: last })
}

/** Takes a step. @returns when it is taken and its pictures have come, which may be long before all other images are predicted */
function stepSeen(): Promise<void> {
  const { step } = pageStore.getState().status
  return new Promise((resolve) => {
    const stop = pageStore.subscribe(({ status }) => status.step > step && status.state !== 'running' && done())
    const done = () => {
      stop()
      resolve()
    }
    void takeStep().then(done)
  })
}

pageStore.subscribe(({ status, run }, before) => {
  const { walk } = walks.getState()
  // The run goes on, or another one begins.
  if (walk && (run !== before.run || (!walk.busy && status.state === 'running'))) endWalk()
})

// An earlier step is shown, of which nothing is told.
timelines.subscribe(({ at }) => void (at && walks.getState().walk && endWalk()))

/** `finished`: its last step is taken; `stopped`: somebody ended it before. */
export type RunState = 'empty' | 'ready' | 'running' | 'paused' | 'stopped' | 'finished' | 'failed'

/** Where a run can go from each state. */
const next: Record<RunState, readonly RunState[]> = {
  // Data come and go; a backend can be lost at any time.
  empty: ['empty', 'ready', 'failed'],
  // Straight to where a run rests: after a single step, or from a checkpoint.
  ready: ['empty', 'ready', 'running', 'paused', 'stopped', 'finished', 'failed'],
  // Empty or ready: Reset may be queued before the first step.
  running: ['empty', 'ready', 'paused', 'stopped', 'finished', 'failed'],
  paused: ['empty', 'ready', 'running', 'paused', 'stopped', 'finished', 'failed'],
  stopped: ['empty', 'ready', 'running', 'paused', 'finished', 'failed'],
  // Paused: with another exemplar, or for more steps.
  finished: ['empty', 'ready', 'paused', 'failed'],
  // Paused: with another exemplar, from the last good weights.
  failed: ['empty', 'ready', 'paused', 'failed'],
}

/** The state after a transition. @throws Error for one not in the table, which is a bug */
export function moved(from: RunState, to: RunState): RunState {
  if (!next[from].includes(to)) throw new Error(`A run cannot go from ${from} to ${to}.`)
  return to
}

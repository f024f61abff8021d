/** Runs that differ in one thing, or in the seed, one after another. What they leave is in the run log. */
import { createStore } from 'zustand/vanilla'
import { useStore } from 'zustand'
import { meanAndDeviation } from '../lib/statistics'
import { differing, keys, makeConfig, type Config } from '../method/config'
import type { LoggedRun } from '../worker/protocol'
import { anew, drive } from './commands'
import { ask } from './connection'
import { pageStore } from './page-store'
import { renameRun } from './run-log'
import { allowed, type State } from './state'

/** A way of training: the form's settings with these in their place. */
export interface Way {
  name: string
  values: Partial<Config>
}

/** The ablations of docs/method.md. */
export const ways: readonly Way[] = [
  { name: 'as set', values: {} },
  { name: 'exemplar only', values: { synthetic: false, imageTerm: false, featureTerm: false } },
  { name: 'without synthetic data', values: { synthetic: false } },
  { name: 'without image term', values: { imageTerm: false } },
  { name: 'without feature term', values: { featureTerm: false } },
  { name: 'each taught by itself', values: { teacher: 'self' } },
  { name: 'without CutMix', values: { cutmix: 0 } },
  { name: 'every pixel counts', values: { tau: 0 } },
  { name: 'without warm-up and ramp', values: { warmup: 0, ramp: 0 } },
  { name: 'outside is background', values: { outsideLabel: 'background' } },
  { name: 'BatchNorm', values: { norm: 'batch' } },
]

export const sweepSeeds = [0, 1, 2] as const

export interface Cell {
  way: string
  seed: number
  config: Config
  /** Once it has finished. */
  run: LoggedRun | null
}

export interface Sweep {
  cells: readonly Cell[]
  /** The one that trains; null when none does any more. */
  at: number | null
  /** Why it ended before its last run; null if it did not. */
  ended: string | null
}

const none: Sweep = { cells: [], at: null, ended: null }
export const sweepStore = createStore<Sweep>(() => none)
export const useSweep = (): Sweep => useStore(sweepStore)

let cancelled = false
/** Ends the wait for the run under way, which may be one that cannot come to its end. */
let giveUp: (() => void) | null = null

/** Trains each way with each seed; a run at hand that would be lost is asked about first. */
export function startSweep(chosen: readonly Way[], seeds: readonly number[]): void {
  if (sweepStore.getState().at !== null) return
  anew(() => {
    const { asked } = pageStore.getState()
    const cells = chosen.flatMap(({ name, values }) =>
      seeds.map((seed): Cell => ({ way: name, seed, config: makeConfig({ ...values, seed }, asked), run: null })),
    )
    if (cells.length > 0) void sweep(cells)
  })
}

/** Stops the run under way, and begins no other. */
export function cancelSweep(): void {
  cancelled = true
  if (allowed(pageStore.getState()).stop) void drive('stop')
  else giveUp?.()
}

async function sweep(cells: readonly Cell[]): Promise<void> {
  cancelled = false
  const { asked, picked, given } = pageStore.getState()
  sweepStore.setState({ cells, at: 0, ended: null })
  let ended: string | null = null
  for (const [at, cell] of cells.entries()) {
    sweepStore.setState({ at })
    const run = await trained(cell.config)
    if (typeof run === 'string') {
      ended = cancelled ? 'The sweep was cancelled' : run
      break
    }
    await renameRun(run.id, `${cell.way}, seed ${cell.seed}`)
    sweepStore.setState(({ cells }) => ({ cells: cells.map((one, i) => (i === at ? { ...one, run } : one)) }))
    if (cancelled && at < cells.length - 1) {
      ended = 'The sweep was cancelled'
      break
    }
  }
  giveUp = null
  const { at } = sweepStore.getState()
  sweepStore.setState({ at: null, ended })
  // Settings that were taken meanwhile, because those of a run did not fit in memory, stay.
  if (areSame(pageStore.getState().asked, cells[at!]!.config)) pageStore.setState({ asked, picked, given })
}

const areSame = (a: Config, b: Config): boolean => Object.keys(differing(a, b)).length === 0

/** Trains a run from its start to its end. @returns it, or why it did not come to its end, as the beginning of a sentence */
async function trained(config: Config): Promise<LoggedRun | string> {
  if (!allowed(pageStore.getState()).configure) await ask('reset', {})
  // The form follows; nothing is picked from the data in the place of what the sweep says.
  pageStore.setState({ asked: config, told: config, picked: { values: {}, replaced: {} }, given: new Set(keys) })
  const { running } = pageStore.getState()
  if (running && !areSame(config, running)) await ask('configure', { values: differing(config, running) })
  const { running: taken, run } = pageStore.getState()
  if (!taken || !areSame(config, taken)) return 'The settings of this run were refused'
  if (cancelled) return 'The run was left'
  await drive('start')
  // Cancelled while it was being started.
  if (cancelled && allowed(pageStore.getState()).stop) void drive('stop')
  if (pageStore.getState().status.state === 'ready') return 'This run could not be started'
  return new Promise((resolve) => {
    const look = (state: State): boolean => {
      const { status, log } = state
      const logged = log.runs.find(({ id }) => id === log.present)
      if (status.state === 'finished' && logged?.state === 'finished' && logged.score?.step === status.step) resolve(logged)
      else if (status.state === 'stopped' || status.state === 'failed')
        resolve(`The run was ${status.state === 'failed' ? 'ended by a fault' : 'stopped'}`)
      else if (status.state === 'finished' && log.present !== null && !logged) resolve('What this run left could not be stored')
      else if (state.run > run && status.step === 0) resolve('Another run was begun')
      else return false
      return true
    }
    if (look(pageStore.getState())) return
    const stop = pageStore.subscribe((state) => look(state) && stop())
    giveUp = () => {
      stop()
      resolve('The run was left')
    }
  })
}

/** A way over its seeds. */
export interface SweepRow {
  way: string
  runs: number
  dice: ReturnType<typeof meanAndDeviation> | null
  fit: ReturnType<typeof meanAndDeviation> | null
}

/** The ways of a sweep with what has finished of them. */
export function sweepRows(cells: readonly Pick<Cell, 'way' | 'run'>[]): SweepRow[] {
  return [...new Set(cells.map(({ way }) => way))].map((way) => {
    const scores = cells.flatMap((cell) => (cell.way === way && cell.run?.score ? [cell.run.score] : []))
    const over = (values: number[]) => (values.length > 0 ? meanAndDeviation(values) : null)
    return {
      ...{ way, runs: scores.length },
      dice: over(scores.flatMap(({ dice }) => dice ?? [])),
      fit: over(scores.map(({ fit }) => fit)),
    }
  })
}

/** What the page knows, and how an event of the worker changes it. Pictures and curves are elsewhere: latest.ts and curves.ts. */
import { defaults, keys, makeConfig, presets, type Config, type Preset } from '../method/config'
import type { BackendInfo, DatasetSummary, Event, ExportKind, ProblemEvent, StateEvent } from '../worker/protocol'

export type Status = Omit<StateEvent, 'type' | 'state'> & {
  /** `starting` until the worker has said anything about a run. */
  state: 'starting' | StateEvent['state']
}

export type Problem = Omit<ProblemEvent, 'type'> & { id: number }

export interface State {
  /** Number of the newest run heard of; what older runs still say is dropped. */
  run: number
  status: Status
  backend: BackendInfo | null
  dataset: DatasetSummary | null
  /** Settings as the session holds them; null until it has said so. */
  running: Config | null
  /** Settings as the form shows them; they may be ahead of the session. */
  asked: Config
  /** The unlabelled image that the live view was asked to follow. */
  watched: number
  /** Whether it follows a run while that trains. */
  live: boolean
  problems: Problem[]
  /** True from sending files or a sample until the session answers. */
  loading: boolean
  /** What is being exported, and the last file that was saved. */
  exporting: ExportKind | null
  saved: { name: string; bytes: number } | null
}

export const initial: State = {
  run: -1,
  status: { state: 'starting', step: 0, steps: defaults.steps, stepsPerSecond: null, secondsLeft: null },
  backend: null,
  dataset: null,
  running: null,
  asked: defaults,
  watched: 0,
  live: true,
  problems: [],
  loading: false,
  exporting: null,
  saved: null,
}

/** True for an event of a run that is over. */
export const isStale = (state: State, event: Event): boolean => event.run < state.run

/** The state after an event; the same object when the event changes nothing that is kept here. */
export function reduce(state: State, event: Event): State {
  if (isStale(state, event)) return state
  const next = event.run > state.run ? { ...state, run: event.run, exporting: null, saved: null } : state
  switch (event.type) {
    case 'backend': {
      const { backend, adapter, software } = event
      return { ...next, backend: { backend, adapter, software } }
    }
    case 'dataset': {
      const { dataset, config } = event
      // As the session does: the choice stays where there still is such an image.
      const watched = Math.min(state.watched, Math.max(0, dataset.unlabeled.length - 1))
      return { ...next, dataset, running: config, watched, loading: false }
    }
    case 'state': {
      const { state: name, step, steps, stepsPerSecond, secondsLeft } = event
      return { ...next, status: { state: name, step, steps, stepsPerSecond, secondsLeft } }
    }
    case 'exported':
      return { ...next, exporting: null, saved: { name: event.name, bytes: event.bytes.length } }
    case 'problem':
      return { ...addProblem(next, event), loading: false, exporting: null }
    case 'metrics':
    case 'views':
    case 'predictions':
    case 'bench-progress':
    case 'bench-report':
      return next
    default:
      return event satisfies never
  }
}

/** Adds a problem at the end; one that is already shown is not shown twice. */
export function addProblem(state: State, { kind, message, file }: Omit<Problem, 'id'>): State {
  if (state.problems.some((p) => p.message === message && p.file === file)) return state
  const id = (state.problems.at(-1)?.id ?? 0) + 1
  return { ...state, problems: [...state.problems, { id, kind, message, file }] }
}

/** All settings of a preset, with the seed and the crop of `config`: these belong to the repetition and to the data, not to the size of the run. */
export const applyPreset = (preset: Preset, { seed, crop }: Config): Config => ({ ...makeConfig(presets[preset]), seed, crop })

/** The preset that `config` is, or null for settings of one's own. */
export function presetOf(config: Config): Preset | null {
  const names = Object.keys(presets) as Preset[]
  return names.find((name) => Object.keys(differing(config, applyPreset(name, config))).length === 0) ?? null
}

/** The settings of `config` that are not as in `base`. */
export function differing(config: Config, base: Config): Partial<Config> {
  return Object.fromEntries(keys.filter((key) => config[key] !== base[key]).map((key) => [key, config[key]]))
}

/** What can be done in this state; the buttons follow it. */
export function allowed({ status: { state, step } }: Pick<State, 'status'>) {
  const held = state === 'paused' || state === 'finished' || state === 'failed'
  return {
    start: state === 'ready',
    pause: state === 'running',
    resume: state === 'paused',
    step: state === 'ready' || state === 'paused',
    stop: state === 'running' || state === 'paused',
    reset: state === 'running' || held,
    configure: state === 'ready' || state === 'empty',
    load: state !== 'running' && state !== 'starting',
    export: step > 0 && (state === 'running' || held),
  }
}

/** What the page knows, and how an event of the worker changes it. Pictures and curves are elsewhere: latest.ts and curves.ts. */
import { dataKeys, defaults, keys, makeConfig, presets, type Config, type Preset } from '../method/config'
import type {
  BackendInfo,
  DatasetSummary,
  Event,
  ExportKind,
  ExportOptions,
  PictureEvent,
  ProblemEvent,
  ProgressEvent,
  SourceEvent,
  StateEvent,
} from '../worker/protocol'

export type Status = Omit<StateEvent, 'type' | 'state'> & {
  /** `starting` until the worker has said anything about a run. */
  state: 'starting' | StateEvent['state']
}

export type Problem = Omit<ProblemEvent, 'type'> & { id: number }

/** An image is opened to be drawn on, to choose the region of interest, or to be looked at. */
export type PicturePurpose = 'annotate' | 'region' | 'preview'

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
  /** How far the files being read or written have come; null when there are none. */
  progress: Pick<ProgressEvent, 'what' | 'done' | 'of'> | null
  /** Numbers of the user's volumes that were asked for, by id. */
  details: Record<string, SourceEvent>
  /** What a full image was asked for, and the image when it is there. */
  opening: { purpose: PicturePurpose; of: PictureEvent['of']; index: number } | null
  opened: PictureEvent | null
  /** How masks are exported. */
  exportOptions: ExportOptions
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
  progress: null,
  details: {},
  opening: null,
  opened: null,
  exportOptions: { format: 'source', keepPatient: false },
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
      // Other volumes may have the same number.
      const sameSources = dataset.sources.map(({ name }) => name).join() === state.dataset?.sources.map(({ name }) => name).join()
      return { ...next, dataset, running: config, watched, loading: false, progress: null, details: sameSources ? state.details : {} }
    }
    case 'state': {
      const { state: name, step, steps, stepsPerSecond, secondsLeft } = event
      return { ...next, status: { state: name, step, steps, stepsPerSecond, secondsLeft } }
    }
    case 'progress':
      return { ...next, progress: { what: event.what, done: event.done, of: event.of } }
    case 'source':
      return { ...next, details: { ...next.details, [event.id]: event } }
    case 'picture':
      // Closed again before it came.
      return next.opening?.of === event.of && next.opening.index === event.index ? { ...next, opened: event } : next
    case 'exported':
      return { ...next, progress: null, exporting: null, saved: { name: event.name, bytes: event.bytes.length } }
    case 'problem':
      // An image that could not be opened is not waited for; one that is open stays.
      return { ...addProblem(next, event), loading: false, progress: null, exporting: null, opening: next.opened && next.opening }
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

/** All settings of a preset; the seed belongs to the repetition and what concerns the data to these, so both stay as they are. */
export const applyPreset = (preset: Preset, config: Config): Config =>
  makeConfig(Object.fromEntries((['seed', ...dataKeys] as const).map((key) => [key, config[key]])), makeConfig(presets[preset]))

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

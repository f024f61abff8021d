/** What the page knows, and how an event of the worker changes it. Pictures and curves are elsewhere: latest.ts and curves.ts. */
import { dataKeys, defaults, keys, makeConfig, presets, type Config, type Preset } from '../method/config'
import type {
  BackendInfo,
  DatasetSummary,
  Event,
  EventName,
  ExportKind,
  ExportOptions,
  Given,
  OpenedPicture,
  PictureId,
  Problem,
  RequestName,
  RunStatus,
  VolumeNumbers,
} from '../worker/protocol'

export type Status = Omit<RunStatus, 'state'> & {
  /** `starting` until the worker has said anything about a run. */
  state: 'starting' | RunStatus['state']
}

/** A problem as it is listed. */
export type ListedProblem = Problem & { id: number }

/** A request that waits for its answer. */
export type Pending<T extends RequestName = RequestName> = { [N in T]: { type: N; given: Given<N> } }[T]

type Progress = Pick<Event<'progress'>, 'done' | 'of'>

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
  /** Settings as the session was last told, or said itself. */
  told: Config
  /** The unlabelled image that the live view was asked to follow; null while there is none. */
  watched: PictureId | null
  /** Whether it follows a run while that trains. */
  live: boolean
  problems: ListedProblem[]
  /** What the worker was asked for and has not answered, oldest first. */
  pending: readonly Pending[]
  /** How far the files being read or written have come; as of the last request that told. */
  progress: Record<Event<'progress'>['what'], Progress | null>
  /** Numbers of the user's volumes that were asked for, by id. */
  details: Record<string, VolumeNumbers>
  /** What a full image was asked for, and the image when it is there. */
  opening: { purpose: PicturePurpose; picture: PictureId } | null
  opened: OpenedPicture | null
  /** How masks are exported. */
  exportOptions: ExportOptions
  /** The last file that was saved. */
  saved: { name: string; bytes: number } | null
}

export const initial: State = {
  run: -1,
  status: { state: 'starting', step: 0, steps: defaults.steps, stepsPerSecond: null, secondsLeft: null },
  backend: null,
  dataset: null,
  running: null,
  asked: defaults,
  told: defaults,
  watched: null,
  live: true,
  problems: [],
  pending: [],
  progress: { read: null, export: null },
  details: {},
  opening: null,
  opened: null,
  exportOptions: { format: 'source', keepPatient: false },
  saved: null,
}

/** True for an event of a run that is over. */
export const isStale = (state: Pick<State, 'run'>, event: Event): boolean => event.run < state.run

type Reducer<T extends EventName> = (state: State, event: Event<T>) => Partial<State>

/** What each event changes here; those that are missing go elsewhere, see connection.ts. */
const reducers = {
  dataset: ({ watched }, { dataset, config }) => {
    // As the session does: the choice stays where there still is such an image.
    const there = dataset.unlabeled.some(({ id }) => id === watched)
    return { dataset, running: config, told: config, watched: there ? watched : (dataset.unlabeled[0]?.id ?? null) }
  },
  class: ({ dataset }, { info }) =>
    dataset ? { dataset: { ...dataset, classes: dataset.classes.map((known) => (known.index === info.index ? info : known)) } } : {},
  state: (_, { state, step, steps, stepsPerSecond, secondsLeft }) => ({ status: { state, step, steps, stepsPerSecond, secondsLeft } }),
  progress: ({ progress }, { what, done, of }) => ({ progress: { ...progress, [what]: { done, of } } }),
  problem: (state, problem) => addProblem(state, problem),
} satisfies { [T in EventName]?: Reducer<T> }

export type Reduced = keyof typeof reducers

/** The state after an event; the same object when the event changes nothing that is kept here. */
export function reduce(state: State, event: Event): State {
  if (isStale(state, event)) return state
  const next = event.run > state.run ? { ...state, run: event.run, saved: null } : state
  const reducer = (reducers as Partial<Record<EventName, Reducer<never>>>)[event.type]
  return reducer ? { ...next, ...reducer(next, event as never) } : next
}

/** What is being exported, or null. */
export const exporting = ({ pending }: Pick<State, 'pending'>): ExportKind | null =>
  pending.find((request) => request.type === 'export')?.given.what ?? null

const loads: ReadonlySet<RequestName> = new Set(['load-sample', 'load-files', 'choose-slices'])

/** Whether other data were asked for and are not there yet. */
export const loading = ({ pending }: Pick<State, 'pending'>): boolean => pending.some(({ type }) => loads.has(type))

/** Adds a problem at the end; one that is already shown is not shown twice. */
export function addProblem(state: State, { kind, message, file }: Problem): State {
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

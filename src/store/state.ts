/** The page's state, and how events from the worker change it. Pictures and curves are in latest.ts and curves.ts. */
import { defaults, freeKeys, keys, takenOf, type Config, type Key } from '../method/config'
import type {
  BackendInfo,
  BankInfo,
  DatasetSummary,
  Event,
  EventName,
  ExportKind,
  ExportOptions,
  Finding,
  Given,
  ListedRun,
  Mark,
  MemoryReport,
  OpenedPicture,
  PictureId,
  Problem,
  Recovery,
  RequestName,
  RunStatus,
  Suggestion,
  VolumeNumbers,
} from '../worker/protocol'

export type Status = Omit<RunStatus, 'state'> & {
  /** `starting` until the worker has reported a run. */
  state: 'starting' | RunStatus['state']
}

/** A problem as listed; `of` is the request that was refused, null for what no later request mends. */
export type ListedProblem = Required<Omit<Problem, 'discards' | 'waits'>> & { id: number; waits: boolean; of: RequestName | null }

/** A request that waits for its answer. */
export type Pending<T extends RequestName = RequestName> = { [N in T]: { type: N; given: Given<N> } }[T]

type Progress = Pick<Event<'progress'>, 'done' | 'of'>

/** An image is opened to draw on, to choose the region of interest, or to view. */
export type PicturePurpose = 'annotate' | 'region' | 'preview'

/** Settings that came from the data. */
export interface Picked {
  values: Partial<Config>
  replaced: Partial<Config>
}

const nothing: Picked = { values: {}, replaced: {} }

export interface State {
  /** Number of the newest run heard of; events of older runs are dropped. */
  run: number
  status: Status
  backend: BackendInfo | null
  dataset: DatasetSummary | null
  /** Settings as the session holds them; null until it reports them. */
  running: Config | null
  /** Settings as the form shows them; they may be ahead of the session. */
  asked: Config
  /** Of `asked`, what was picked from the data, and what it replaced. */
  picked: Picked
  /** Whether nothing has been picked for this run yet: its data set is still to be told. */
  unpickedRun: boolean
  /** Settings that the user or the address has set, in whose place nothing is picked. */
  given: ReadonlySet<Key>
  /** Settings last sent to the session or reported by it. */
  told: Config
  /** The unlabelled image that the live view is asked to follow; null if there is none. */
  watched: PictureId | null
  /** Whether the live view follows a run as it trains. */
  live: boolean
  /** At most `mostProblems`, the oldest first. */
  problems: ListedProblem[]
  /** Problems that were not listed, because there were too many. */
  unlisted: number
  /** The last of all, whether they are still shown or not, for a report of a fault. */
  heard: readonly Problem[]
  /** Requests that the worker has not answered, oldest first. */
  pending: readonly Pending[]
  /** Progress in reading or writing files, or making the bank, as last reported. */
  progress: Record<Event<'progress'>['what'], Progress | null>
  /** The bank of pseudo-exemplars, once it is made. */
  bank: BankInfo | null
  /** The file whose networks are at hand without the images that they learnt from; null if there is none. */
  loaded: string | null
  /** Where the run went back after faults. */
  recoveries: readonly Recovery[]
  /** What else happened in the run. */
  marks: readonly Mark[]
  /** What the doctor found. */
  findings: readonly Finding[]
  /** Statistics requested of the user's volumes, by id. */
  details: Record<string, VolumeNumbers>
  /** What a run with these data and settings takes; null until it is known. */
  memory: MemoryReport | null
  /** Why a full image was requested, and the image once it arrives. */
  opening: { purpose: PicturePurpose; picture: PictureId } | null
  opened: OpenedPicture | null
  /** The images whose drawings were taken last, and the step before which: the run has yet to learn from them until it goes on. */
  drawn: { pictures: readonly PictureId[]; step: number } | null
  /** Whether all images are shown to choose an exemplar among, as they are without a mask. */
  picking: boolean
  /** How masks are exported. */
  exportOptions: ExportOptions
  /** The last file that was saved, and the step before which it was asked for. */
  saved: { name: string; bytes: number; what: ExportKind; step: number } | null
  /** Runs that this browser keeps, the newest first, and which of them is at hand. */
  runs: readonly ListedRun[]
  present: string | null
  /** Runs that have ended or were imported, the newest first; which is at hand; whether they outlive the page. */
  log: Pick<Event<'log'>, 'runs' | 'present' | 'kept'>
  /** What was last done to it, in words. */
  saidOfLog: string
  /** Whether the browser has promised not to clear what it keeps. */
  persisted: boolean
  /** A request that would discard the run, until the user has said whether to. */
  question: Pending | null
}

export const initial: State = {
  run: -1,
  status: { state: 'starting', step: 0, steps: defaults.steps, stepsPerSecond: null, secondsLeft: null },
  backend: null,
  dataset: null,
  running: null,
  asked: defaults,
  picked: nothing,
  unpickedRun: true,
  given: new Set(),
  told: defaults,
  watched: null,
  live: true,
  problems: [],
  unlisted: 0,
  heard: [],
  pending: [],
  progress: { read: null, export: null, bank: null },
  bank: null,
  loaded: null,
  recoveries: [],
  marks: [],
  findings: [],
  details: {},
  memory: null,
  opening: null,
  opened: null,
  drawn: null,
  picking: false,
  exportOptions: { format: 'source', keepIdentifiers: false, rename: false },
  saved: null,
  runs: [],
  present: null,
  log: { runs: [], present: null, kept: true },
  saidOfLog: '',
  persisted: false,
  question: null,
}

/** Whether an event belongs to an earlier run. */
export const isStale = (state: Pick<State, 'run'>, event: Event): boolean => event.run < state.run

/** The problems without those that leave; the same list if there are none of the kind. */
const without = (problems: State['problems'], leaves: (problem: ListedProblem) => boolean): State['problems'] =>
  problems.some(leaves) ? problems.filter((problem) => !leaves(problem)) : problems

/** What no run waits for any longer is not listed. */
const withoutWaits = (problems: State['problems']) => without(problems, ({ waits }) => waits)

type Reducer<T extends EventName> = (state: State, event: Event<T>) => Partial<State>

/** What each event changes here; the others are handled in connection.ts. */
const reducers = {
  dataset: (state, { dataset, config }) => {
    const { watched, unpickedRun, problems } = state
    // As in the session, the choice stays if the image still exists.
    const there = dataset.unlabeled.some(({ id }) => id === watched)
    // A run that has begun keeps its settings.
    const own = unpickedRun ? pick(state, dataset.suggestion) : {}
    return {
      dataset,
      picking: isPicking(state, dataset),
      running: config,
      told: config,
      watched: there ? watched : (dataset.unlabeled[0]?.id ?? null),
      unpickedRun: false,
      problems: dataset.sample === null ? problems : withoutWaits(problems),
      ...own,
    }
  },
  continued: ({ dataset, problems }, { config, watched: own }) => ({
    // As the session, which follows the first image if none was chosen.
    ...{ asked: config, told: config, running: config, watched: own ?? dataset?.unlabeled[0]?.id ?? null },
    ...{ picked: nothing, given: new Set(keys) },
    problems: withoutWaits(problems),
  }),
  loaded: (_, { file }) => ({ loaded: file }),
  memory: (_, { memory }) => ({ memory }),
  class: ({ dataset }, { info }) =>
    dataset ? { dataset: { ...dataset, classes: dataset.classes.map((known) => (known.index === info.index ? info : known)) } } : {},
  state: ({ problems }, { state, step, steps, stepsPerSecond, secondsLeft }) => ({
    status: { state, step, steps, stepsPerSecond, secondsLeft },
    problems: state === 'running' ? withoutWaits(problems) : problems,
  }),
  bank: ({ progress }, { bank }) => ({ bank, progress: { ...progress, bank: null } }),
  backend: (_, { backend }) => ({ backend }),
  progress: ({ progress }, { what, done, of }) => ({ progress: { ...progress, [what]: { done, of } } }),
  recovered: (state, { message, recoveries }) => ({
    ...(message === null ? {} : addProblem(state, { kind: 'run', message, file: null })),
    recoveries,
  }),
  marks: (_, { marks }) => ({ marks }),
  advice: (_, { findings }) => ({ findings }),
  problem: (state, problem) => addProblem(state, problem),
  runs: (_, { runs, present }) => ({ runs, present }),
  log: (_, { runs, present, kept }) => ({ log: { runs, present, kept } }),
} satisfies { [T in EventName]?: Reducer<T> }

export type Reduced = keyof typeof reducers

/** The state after an event; the same object if the event changes nothing here. */
export function reduce(state: State, event: Event): State {
  if (isStale(state, event)) return state
  const next =
    event.run > state.run
      ? {
          ...state,
          run: event.run,
          unpickedRun: true,
          saved: null,
          drawn: null,
          bank: null,
          loaded: null,
          recoveries: [],
          marks: [],
          progress: { ...state.progress, bank: null },
        }
      : state
  const reducer = (reducers as Partial<Record<EventName, Reducer<never>>>)[event.type]
  return reducer ? { ...next, ...reducer(next, event as never) } : next
}

/** What is being exported, or null. */
export const exporting = ({ pending }: Pick<State, 'pending'>): ExportKind | null =>
  pending.find((request) => request.type === 'export')?.given.what ?? null

const loads: ReadonlySet<RequestName> = new Set(['load-sample', 'load-files', 'choose-slices', 'choose-modality', 'continue-run'])

/** Whether other data were requested and have not arrived. */
export const loading = ({ pending }: Pick<State, 'pending'>): boolean => pending.some(({ type }) => loads.has(type))

/** As many errors as tell what led to the last one. */
const mostHeard = 20

/** Of a folder of bad files, so many sentences are of use; a page that shows thousands stands still. */
export const mostProblems = 50

/**
 * Adds a problem at the end; one that is already shown moves there. Where the list is full, one about a file is only counted; any other takes the place of the
 * oldest about a file.
 */
export function addProblem(
  before: State,
  { kind, message, file, offers = [], waits = false }: Problem,
  of: RequestName | null = null,
): State {
  const others = without(before.problems, (p) => p.message === message && p.file === file)
  const problems = waits ? withoutWaits(others) : others
  const state = { ...before, heard: [...before.heard, { kind, message, file }].slice(-mostHeard) }
  const full = problems.length >= mostProblems
  const unlisted = state.unlisted + Number(full)
  if (full && kind === 'input' && offers.length === 0) return { ...state, unlisted }
  const id = (before.problems.at(-1)?.id ?? 0) + 1
  const leaving = full
    ? Math.max(
        0,
        problems.findIndex((problem) => problem.kind === 'input'),
      )
    : -1
  return { ...state, unlisted, problems: [...problems.filter((_, i) => i !== leaving), { id, kind, message, file, offers, waits, of }] }
}

/** The problems without refusals of this request: it has been granted since. */
export const withoutRefusals = (problems: State['problems'], of: RequestName) => without(problems, (problem) => problem.of === of)

/** The problems without those of these files: they are given again, or others in their place. */
export const withoutFiles = (problems: State['problems'], names: readonly string[]) =>
  without(problems, ({ kind, file }) => kind === 'input' && file !== null && names.includes(file))

/** Settings without what was picked from the data. */
export const unpicked = ({ asked, picked }: Pick<State, 'asked' | 'picked'>): Config => ({ ...asked, ...picked.replaced })

/** Picks what the data suggest, in place of what was picked before; what is given stays. */
export function pick(state: Pick<State, 'asked' | 'picked' | 'given'>, suggestion: Suggestion | null): Pick<State, 'asked' | 'picked'> {
  const before = unpicked(state)
  const values = takenOf(suggestion?.values ?? {}, before, (key) => state.given.has(key))
  const replaced = Object.fromEntries((Object.keys(values) as Key[]).map((key) => [key, before[key]]))
  return { asked: { ...before, ...values }, picked: { values, replaced } }
}

/** With these values set by the user. */
export function give(state: Pick<State, 'asked' | 'picked' | 'given'>, values: Partial<Config>): Pick<State, 'asked' | 'picked' | 'given'> {
  const set = Object.keys(values) as Key[]
  const without = (config: Partial<Config>): Partial<Config> =>
    Object.fromEntries(Object.entries(config).filter(([key]) => !set.includes(key as Key)))
  const { asked, picked, given } = state
  return {
    asked: { ...asked, ...values },
    picked: { values: without(picked.values), replaced: without(picked.replaced) },
    given: new Set([...given, ...set]),
  }
}

/** Whether settings are such that also a run that has begun can take. */
export const isFree = (values: Partial<Config>): boolean =>
  Object.keys(values).every((key) => (freeKeys as readonly string[]).includes(key))

/** Whether there are images of the user's and no mask: one has to be chosen and annotated first. */
export const wantsMask = ({ dataset }: Pick<State, 'dataset'>): boolean =>
  dataset !== null && dataset.sample === null && dataset.unlabeled.length > 0 && dataset.exemplars.every(({ from }) => from === null)

/** Whether all images are still shown with the next data set. After a drawing they are, for there may be more to draw; a mask from a file ends the search. */
function isPicking(before: State, dataset: DatasetSummary): boolean {
  if (wantsMask({ dataset })) return true
  const found = wantsMask(before) && !dataset.exemplars.some(({ from }) => from === 'drawing')
  return before.picking && !found && dataset.sample === before.dataset?.sample
}

/** Whether forgetting what was learnt would lose it: a run on the user's own images that is not exported as it is. A sample's can be repeated. */
export const wouldForget = ({ status: { step }, saved, dataset }: Pick<State, 'status' | 'saved' | 'dataset'>): boolean =>
  step > 0 && dataset?.sample === null && !(saved?.what === 'run' && saved.step === step)

/** Whether the browser keeps the run at hand as it is. */
export const isKept = ({ status: { step }, runs, present }: Pick<State, 'status' | 'runs' | 'present'>): boolean =>
  runs.find(({ id }) => id === present)?.states[0]?.step === step

/**
 * Whether closing the page would lose a run: one that is going on, or one on the user's own images that is neither exported as it is nor kept by a
 * browser that has promised not to clear it.
 */
export const wouldLose = (state: Pick<State, 'status' | 'saved' | 'dataset' | 'runs' | 'present' | 'persisted'>): boolean =>
  state.status.state === 'running' || (wouldForget(state) && !(state.persisted && isKept(state)))

/** Whether there are networks at rest that images can be segmented with. */
export const canSegment = ({ status: { state, step }, loaded }: Pick<State, 'status' | 'loaded'>): boolean =>
  (step > 0 && (state === 'paused' || state === 'stopped' || state === 'finished')) || (loaded !== null && state === 'empty')

/** What is allowed in this state; the buttons follow it. */
export function allowed({ status: { state, step } }: Pick<State, 'status'>) {
  const waits = state === 'paused' || state === 'stopped'
  const held = waits || state === 'finished' || state === 'failed'
  return {
    start: state === 'ready',
    pause: state === 'running',
    resume: waits,
    step: state === 'ready' || waits,
    stop: state === 'running' || state === 'paused',
    trainOn: step > 0 && (waits || state === 'finished'),
    reset: state === 'running' || held,
    configure: state === 'ready' || state === 'empty',
    // The worker takes them once the engine is loaded.
    load: state !== 'running',
    export: step > 0 && (state === 'running' || held),
  }
}

/** The border between the page and the worker: types only. A new message that someone forgets to handle does not compile. */
import type { NamedFile } from '../data/named-file'
import type { Config } from '../method/config'
import type { ScoreRow, StepMetrics } from '../method/report'
import type {
  BackendInfo,
  BackendName,
  DatasetSummary,
  ExportKind,
  FileRole,
  LiveViews,
  Prediction,
  RunState,
  SampleName,
} from '../session/reports'

export type { NamedFile } from '../data/named-file'
export type { ScoreRow, StepMetrics } from '../method/report'
export type * from '../session/reports'

// ---- page to worker ----------------------------------------------------------------------------------------------------------

/** First message: which backend, or null for the best one there is. */
export interface Init {
  type: 'init'
  backend: BackendName | null
}
export interface LoadSample {
  type: 'load-sample'
  sample: SampleName
}
/** Files with the role of the input they came through; null for a drop, where the session sorts them by itself. */
export interface LoadFiles {
  type: 'load-files'
  files: { role: FileRole | null; file: NamedFile }[]
}
/** Name or colour of one class; index as in DatasetSummary.classes. */
export interface EditClass {
  type: 'edit-class'
  index: number
  name: string
  color: string
}
/** Settings that differ from the running ones; taken in `ready` (and `finished`, `failed` after Reset), otherwise answered by a problem. */
export interface Configure {
  type: 'configure'
  values: Partial<Config>
}
export interface Drive {
  type: 'start' | 'pause' | 'resume' | 'step' | 'stop' | 'reset'
}
/** Which unlabelled image the live view follows. */
export interface Watch {
  type: 'watch'
  image: number
}
export interface Export {
  type: 'export'
  what: ExportKind
}
export type Command = Init | LoadSample | LoadFiles | EditClass | Configure | Drive | Watch | Export

// ---- worker to page ----------------------------------------------------------------------------------------------------------

export interface BackendEvent extends BackendInfo {
  type: 'backend'
}
export interface DatasetEvent {
  type: 'dataset'
  dataset: DatasetSummary
  /** Settings as the session holds them now. */
  config: Config
}
export interface StateEvent {
  type: 'state'
  state: RunState
  step: number
  steps: number
  stepsPerSecond: number | null
  secondsLeft: number | null
}
export interface MetricsEvent {
  type: 'metrics'
  rows: StepMetrics[]
  scores: ScoreRow[]
}
export interface ViewsEvent {
  type: 'views'
  views: LiveViews
}
/** All predictions, most disagreement first; sent now and then while running and whenever a run pauses or ends. */
export interface PredictionsEvent {
  type: 'predictions'
  step: number
  size: number
  items: Prediction[]
}
export interface ExportedEvent {
  type: 'exported'
  what: ExportKind
  /** File name to save under. */
  name: string
  bytes: Uint8Array<ArrayBuffer>
}
/** One sentence a user can act on. `file` names the file it is about. */
export interface ProblemEvent {
  type: 'problem'
  kind: 'input' | 'backend' | 'run' | 'bug'
  message: string
  file: string | null
}
/** `run` counts datasets and resets: an event of an older run is dropped by the page. */
export type Event = { run: number } & (
  BackendEvent | DatasetEvent | StateEvent | MetricsEvent | ViewsEvent | PredictionsEvent | ExportedEvent | ProblemEvent
)

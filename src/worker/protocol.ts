/** The border between the page and the worker: types only. A new message that someone forgets to handle does not compile. */
import type { OptionText } from '../bench/options'
import type { BenchReport, Table } from '../bench/report'
import type { Config } from '../method/config'
import type { BackendName, ExportKind, ExportOptions, FileRole, MaskValueInfo, SampleName, SessionEvent } from '../session/events'

export type { ScoreRow, StepMetrics } from '../method/history'
export type * from '../session/events'

// ---- page to worker ----------------------------------------------------------------------------------------------------------

/** First message: which backend, or null for the best one there is, and how many threads it uses if it is wasm. */
export interface Init {
  type: 'init'
  backend: BackendName | null
  threads: number
}
export interface LoadSample {
  type: 'load-sample'
  sample: SampleName
}
/** Files with the role of the input they came through; null for a drop, where the session sorts them by itself. A blob is read where it arrives. */
export interface LoadFiles {
  type: 'load-files'
  files: { role: FileRole | null; name: string; blob: Blob }[]
}
/** Which slices of a volume are images. */
export interface ChooseSlices {
  type: 'choose-slices'
  source: string
  axis: 0 | 1 | 2
  frame: number | null
  every: number
}
/** Asks for a volume's numbers. */
export interface InspectSource {
  type: 'inspect-source'
  source: string
}
/** What a value of the exemplar's mask counts as. */
export interface MapLabel {
  type: 'map-label'
  value: string
  target: MaskValueInfo['target']
}
/** Asks for an image in full: an unlabelled one, or an exemplar. */
export interface OpenPicture {
  type: 'open-picture'
  of: 'pile' | 'exemplar'
  index: number
  /** Whether it is to be drawn on: then with a prediction where there is no annotation. */
  toDraw: boolean
}
/** What the user drew on such an image. */
export interface Annotate {
  type: 'annotate'
  of: 'pile' | 'exemplar'
  index: number
  /** As in the PictureEvent: that of the image which was drawn on. */
  key: string
  /** Class per pixel, 255 unknown. */
  labels: Uint8Array<ArrayBuffer>
  /** The label list, background first. */
  classes: { name: string; color: string }[]
}
export interface RemoveExemplar {
  type: 'remove-exemplar'
  index: number
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
/** Whether the live view follows a run while it trains; at rest it always shows the newest state. */
export interface Live {
  type: 'live'
  on: boolean
}
export interface Export {
  type: 'export'
  what: ExportKind
  options: ExportOptions
}
/** Measures this browser instead of training. */
export interface Bench {
  type: 'bench'
  options: OptionText
}
export type Command =
  | ChooseSlices
  | InspectSource
  | MapLabel
  | OpenPicture
  | Annotate
  | RemoveExemplar
  | Init
  | LoadSample
  | LoadFiles
  | EditClass
  | Configure
  | Drive
  | Watch
  | Live
  | Export
  | Bench

// ---- worker to page ----------------------------------------------------------------------------------------------------------

/** Which measurement begins. */
export interface BenchProgressEvent {
  type: 'bench-progress'
  message: string
}
/** The end of a benchmark: for machines, and the same for people. */
export interface BenchReportEvent {
  type: 'bench-report'
  report: BenchReport
  /** One line: backend, adapter, versions. */
  place: string
  tables: Table[]
}

/** What the session reports, see session/events, and benchmarks. An event of an older run is dropped by the page. */
export type Event = SessionEvent | ({ run: number } & (BenchProgressEvent | BenchReportEvent))

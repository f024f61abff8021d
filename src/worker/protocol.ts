/** The border between the page and the worker: types only. A new message that someone forgets to handle does not compile. */
import type { OptionText } from '../bench/options'
import type { BenchReport, Table } from '../bench/report'
import type { LabelClass } from '../image/raster'
import type { Config } from '../method/config'
import type {
  BackendInfo,
  BackendName,
  EventOf,
  ExportedFile,
  ExportKind,
  ExportOptions,
  FileRole,
  MaskValueInfo,
  OpenedPicture,
  PictureId,
  Problem,
  SampleName,
  SessionEvents,
  SourceInfo,
  VolumeNumbers,
} from '../session/events'

export type { ScoreRow, StepMetrics } from '../method/history'
export type * from '../session/events'

/** The end of a benchmark: for machines, and the same for people. */
export interface BenchFound {
  report: BenchReport
  /** One line: backend, adapter, versions. */
  place: string
  tables: Table[]
}

type Nothing = Record<string, never>

/** What the page can ask for, by name: what it gives, and the answer when it is done. */
export interface Requests {
  /** First of all: opens a backend, or for null the best one there is, and says which. `threads` is for wasm. */
  init(given: { backend: BackendName | null; threads: number }): BackendInfo
  'load-sample'(given: { sample: SampleName }): void
  /** Files with the role of the input they came through; null for a drop, where the session sorts them by itself. A blob is read where it arrives. */
  'load-files'(given: { files: { role: FileRole | null; name: string; blob: Blob }[] }): void
  /** Which slices of a volume are images. */
  'choose-slices'(given: { source: string } & Pick<SourceInfo, 'axis' | 'frame' | 'every'>): void
  'inspect-source'(given: { source: string }): VolumeNumbers
  /** What a value of the exemplar's mask counts as. */
  'map-label'(given: { value: string; target: MaskValueInfo['target'] }): void
  /** An image in full. `toDraw`: with a prediction where there is no annotation. */
  'open-picture'(given: { picture: PictureId; toDraw: boolean }): OpenedPicture
  /** What the user drew on an image: class per pixel, 255 unknown, and the label list, background first. */
  annotate(given: { picture: PictureId; labels: Uint8Array<ArrayBuffer>; classes: LabelClass[] }): void
  'remove-exemplar'(given: { picture: PictureId }): void
  /** Name and colour of one class; index as in DatasetSummary.classes. */
  'edit-class'(given: { index: number; name: string; color: string }): void
  /** Settings that differ from those of the session; taken while nothing is learnt. */
  configure(given: { values: Partial<Config> }): void
  /** Done when the run has begun, not when it has ended. */
  start(given: Nothing): void
  resume(given: Nothing): void
  pause(given: Nothing): void
  step(given: Nothing): void
  stop(given: Nothing): void
  reset(given: Nothing): void
  /** Which unlabelled image the live view follows. */
  watch(given: { picture: PictureId }): void
  /** Whether the live view follows a run while it trains; at rest it always shows the newest state. */
  live(given: { on: boolean }): void
  export(given: { what: ExportKind; options: ExportOptions }): ExportedFile
  /** Measures this browser instead of training. */
  bench(given: { options: OptionText }): BenchFound
}

export type RequestName = keyof Requests
export type Given<T extends RequestName> = Parameters<Requests[T]>[0]
export type Answer<T extends RequestName> = ReturnType<Requests[T]>

/** A request as it is posted. Its id is answered by exactly one Outcome. */
export type Command<T extends RequestName = RequestName> = { [N in T]: { type: N; id: number; given: Given<N> } }[T]

/** How a request ended. `problem` is null where what went wrong was told already, as an event. */
export type Outcome = { type: 'done'; id: number; answer: Answer<RequestName> } | { type: 'failed'; id: number; problem: Problem | null }

/** What the worker tells without having been asked. */
export interface Events extends SessionEvents {
  /** Which measurement begins. */
  'bench-progress': { message: string }
}

export type EventName = keyof Events

/** An event of an older run is dropped by the page. */
export type Event<T extends EventName = EventName> = EventOf<Events, T>

/** The protocol between the page and the worker: types only. A new message that nobody handles does not compile. */
import type { OptionText } from '../bench/options'
import type { BenchReport, Table } from '../bench/report'
import type { ListedRun } from '../keeping/kept-run'
import type { LoggedRun, RunCurves } from '../keeping/logged-run'
import type { Network } from '../method/history'
import type { LabelClass } from '../image/raster'
import type { Config } from '../method/config'
import type { SelfTestReport } from '../selftest/report'
import type {
  BackendInfo,
  BackendName,
  CaseName,
  ClassChanges,
  Drawn,
  EventOf,
  ExportedFile,
  ExportKind,
  ExportOptions,
  FileRole,
  MaskName,
  MaskValueInfo,
  OpenedPicture,
  PictureId,
  Problem,
  SampleName,
  SessionEvents,
  SliceChoice,
  ViewedPicture,
  VolumeNumbers,
} from '../session/events'

export type { KeptFile, KeptState, ListedRun } from '../keeping/kept-run'
export type { LoggedRun, RunCurves } from '../keeping/logged-run'
export type { Mark, Network, Recovery, ScoreRow, StepMetrics } from '../method/history'
export type * from '../session/events'

/** What a benchmark or a self-test found: for machines, and the same for people. */
export interface Found<R extends BenchReport | SelfTestReport = BenchReport | SelfTestReport> {
  report: R
  /** One line: backend, adapter, versions, and the verdict of a self-test. */
  place: string
  tables: Table[]
  /** All of it as text. */
  text: string
}

type Nothing = Record<string, never>

/** The page's requests, by name: what it sends, and the answer when it is done. */
export interface Requests {
  /** Comes first: opens a backend, or for null the best available, and says which. `threads` is for wasm. */
  init(given: { backend: BackendName | null; threads: number }): BackendInfo
  'load-sample'(given: { sample: SampleName }): void
  /**
   * Files with the role of the input they came through; null for a drop, which the session sorts. A blob is read where it arrives. The answer names those
   * that are not loaded, because they are for the run log.
   */
  'load-files'(given: { files: { role: FileRole | null; name: string; blob: Blob }[] }): { logged: string[] }
  /** Which slices of a volume are images. */
  'choose-slices'(given: { source: string } & SliceChoice): void
  /** Which image of each case is used, where cases have several. */
  'choose-modality'(given: { modality: string }): void
  'inspect-source'(given: { source: string }): VolumeNumbers
  /** Gives an image (the id of its source) another mask, or none. Answers with what that changes, in sentences. */
  'choose-mask'(given: { image: string; mask: string | null }): string
  /** Makes an image (the id of its source) with the mask that it has the exemplar, likewise. The one before keeps its mask, for the score. */
  'choose-exemplar'(given: { image: string }): string
  /** Takes back the last choice of a mask, likewise. */
  'undo-mask'(given: Nothing): string
  /** What a value of the exemplar's mask counts as. */
  'map-label'(given: { value: string; target: MaskValueInfo['target'] }): void
  /** An image at full size. `toDraw`: with a prediction where there is no annotation. */
  'open-picture'(given: { picture: PictureId; toDraw: boolean }): OpenedPicture
  /** An image at full size with all its masks. */
  'view-picture'(given: { picture: PictureId }): ViewedPicture
  /** Pixels of each class in a mask of several images; null for an image without that mask. */
  'measure-masks'(given: { pictures: PictureId[]; mask: MaskName }): (number[] | null)[]
  /** What the user drew on images, and the label list, background first: each becomes an exemplar. */
  annotate(given: { drawings: Drawn[]; classes: LabelClass[] }): void
  /** What is drawn on the volume of the first of these images, in its format; nothing else changes. */
  'export-drawings'(given: { drawings: Drawn[]; classes: LabelClass[]; options: ExportOptions }): ExportedFile
  'remove-exemplar'(given: { picture: PictureId }): void
  /** Leaves an image of the bank out of the steps that follow. */
  'remove-from-bank'(given: { picture: PictureId }): void
  /** Another name or colour of one class; index as in DatasetSummary.classes. */
  'edit-class'(given: { index: number } & ClassChanges): void
  /** Settings that differ from the session's; accepted until something is learnt. */
  configure(given: { values: Partial<Config> }): void
  /** Done when the run has begun, not when it has ended. */
  start(given: Nothing): void
  resume(given: Nothing): void
  pause(given: Nothing): void
  /** One step; `only`: it updates this network alone. */
  step(given: { only?: Network }): void
  stop(given: Nothing): void
  /** A run at rest trains so many steps further. */
  'train-on'(given: { steps: number }): void
  reset(given: Nothing): void
  /** Marks that the run stands here because its worker had died when it had taken so many steps. */
  'mark-respawn'(given: { reached: number }): void
  /** Which unlabelled image the live view follows. */
  watch(given: { picture: PictureId }): void
  /** Whether the live view follows a run as it trains; at rest it always shows the latest state. */
  live(given: { on: boolean }): void
  export(given: { what: ExportKind; options: ExportOptions }): ExportedFile
  /** Which new name is of which image, where exports rename. */
  'case-names'(given: Nothing): CaseName[]
  /** Where runs are kept from now on: the root of the browser's file system, or null and why there is none. They are listed as an event. */
  'keep-in'(given: { root: FileSystemDirectoryHandle | null; refused: string | null }): void
  /** Keeps the run as it is now, between two steps, if it is not kept yet. */
  keep(given: Nothing): void
  /** Loads a kept run in the place of what is loaded. `best`: its best state by Dice instead of its newest. */
  'continue-run'(given: { id: string; best: boolean }): void
  /** Removes a kept run, and all that is kept of it. */
  'forget-run'(given: { id: string }): void
  /** Names or pins a run of the run log. */
  'edit-logged'(given: { id: string } & Partial<Pick<LoggedRun, 'name' | 'pinned'>>): void
  'remove-logged'(given: { ids: string[] }): void
  'logged-curves'(given: { id: string }): RunCurves
  'export-logged'(given: { ids: string[] }): ExportedFile
  /** Adds the runs in files to the run log. Answers with how many, and what is wrong with others. */
  'import-logged'(given: { files: { name: string; blob: Blob }[] }): { count: number; problems: Problem[] }
  /** What each of some runs sees in an image, at full size; null in one that has no mask of it. */
  'logged-masks'(given: { picture: PictureId; ids: string[] }): (Uint8Array<ArrayBuffer> | null)[]
  /** The images that two runs have masks of, those first on which these differ most, with the share of what either marks. */
  'compare-logged'(given: { ids: [string, string] }): { picture: PictureId; share: number }[]
  /** Measures this browser instead of training. */
  bench(given: { options: OptionText }): Found<BenchReport>
  /** Tests whether this browser's adapter computes rightly, instead of training. */
  'self-test'(given: Nothing): Found<SelfTestReport>
  /**
   * The same in short, beside a run: whether the GPU computes rightly, null if that could not be found out. If it does not, the run starts
   * over on wasm.
   */
  'check-adapter'(given: Nothing): { right: boolean | null }
  /** The adapter has been checked before. */
  'trust-adapter'(given: Nothing): void
}

export type RequestName = keyof Requests
export type Given<T extends RequestName> = Parameters<Requests[T]>[0]
export type Answer<T extends RequestName> = ReturnType<Requests[T]>

/** A request as it is posted. Its id is answered by exactly one Outcome. */
export type Command<T extends RequestName = RequestName> = { [N in T]: { type: N; id: number; given: Given<N> } }[T]

/** How a request ended. `problem` is null if it was already reported as an event. */
export type Outcome = { type: 'done'; id: number; answer: Answer<RequestName> } | { type: 'failed'; id: number; problem: Problem | null }

/** Asks for a beat: answered at once, whatever else is waiting. */
export interface Ping {
  type: 'ping'
}

/** A worker's signs of life. `lock` names what it holds as long as it lives; null where a browser has no locks. */
export type Sign = { type: 'alive'; lock: string | null } | { type: 'beat' }

/** What the worker reports unasked. */
export interface Events extends SessionEvents {
  /** Which part of a benchmark or a self-test begins. */
  began: { message: string }
  /** The runs that this browser keeps, the newest first, and which of them is at hand here; with every change. */
  runs: { runs: ListedRun[]; present: string | null }
  /** The newest state of the run at hand as a zip, where the browser stores none: the page holds it. */
  held: { archive: Uint8Array<ArrayBuffer> }
  /** The runs that have ended or were imported, the newest first; which is the one at hand; whether they outlive the page. With every change. */
  log: { runs: LoggedRun[]; present: string | null; kept: boolean }
  /** The worker has asked for an address without a service worker's knowing. It belongs to no run. */
  request: { url: string }
}

export type EventName = keyof Events

/** The page drops events of older runs. */
export type Event<T extends EventName = EventName> = EventOf<Events, T>

/** What a session tells whoever drives it, page or terminal. Pictures are square, row-major, as the network sees them. */

import type { Config } from '../method/config'
import type { ScoreRow, StepMetrics } from '../method/report'

export type { FileRole } from '../data/file-roles'

export type SampleName = 'Cardiac phantom' | 'Abdominal phantom'

export type BackendName = 'webgpu' | 'wasm' | 'cpu'

export type RunState = 'empty' | 'ready' | 'running' | 'paused' | 'finished' | 'failed'

export type ExportKind = 'weights' | 'masks' | 'run'

/** What runs the arithmetic. `software` is true for a WebGPU adapter without a GPU. */
export interface BackendInfo {
  backend: BackendName
  adapter: string
  software: boolean
}

/** One class of the label table; index 0 is background. */
export interface ClassInfo {
  index: number
  name: string
  /** #rrggbb */
  color: string
  /** Value in the exemplar mask's file, as found: "0", "255", "#ff0000". */
  value: string
  /** Pixels of this class in the exemplar mask. */
  pixels: number
}

/** A square picture as the network sees it: grey 0..255, row-major. */
export interface Thumbnail {
  name: string
  pixels: Uint8Array<ArrayBuffer>
}

export interface DatasetSummary {
  /** The sample's name, or null for the user's own files. */
  sample: SampleName | null
  /** Side of every thumbnail and label map below. */
  size: number
  classes: ClassInfo[]
  exemplar: (Thumbnail & { width: number; height: number; labels: Uint8Array<ArrayBuffer> }) | null
  unlabeled: (Thumbnail & { patient: string; width: number; height: number; hasReference: boolean })[]
  /** Reference masks that match an image by name. */
  references: number
  /** What is still missing before Start works, in words, e.g. "an exemplar mask"; empty when ready. */
  missing: string[]
}

/** What one model makes of the watched image. All size x size, row-major. */
export interface ModelView {
  /** Class per pixel, predicted on the strong view: what is being taught. */
  prediction: Uint8Array<ArrayBuffer>
  /** Largest softmax value on the weak view, 0..255. */
  confidence: Uint8Array<ArrayBuffer>
  /** Class per pixel on the weak view: what the other model is taught. */
  pseudoLabel: Uint8Array<ArrayBuffer>
  /** 1 where confidence >= tau. */
  mask: Uint8Array<ArrayBuffer>
}

export interface LiveViews {
  step: number
  size: number
  /** Index and name of the watched unlabelled image. */
  image: number
  name: string
  weak: Uint8Array<ArrayBuffer>
  strong: Uint8Array<ArrayBuffer>
  A: ModelView
  B: ModelView
  /** 1 where the pseudo-labels differ. */
  disagreement: Uint8Array<ArrayBuffer>
  /** An augmented exemplar and a synthetic sample of this step; `known` is 0 where the label is unknown. */
  exemplar: { image: Uint8Array<ArrayBuffer>; labels: Uint8Array<ArrayBuffer> }
  synthetic: { image: Uint8Array<ArrayBuffer>; labels: Uint8Array<ArrayBuffer>; known: Uint8Array<ArrayBuffer> } | null
}

/** One gallery entry, size x size. */
export interface Prediction {
  image: number
  name: string
  labels: Uint8Array<ArrayBuffer>
  /** Share of the pixels that either model calls foreground on which they differ, 0..1. */
  disagreement: number
  /** Mean foreground Dice against the reference mask; null without one. */
  dice: number | null
}

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
/** All predictions, most disagreement first; sent when a run pauses or ends, and of a small pile with every score. */
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
/** `run` counts datasets and resets, so that what belongs to an older one can be told. */
export type SessionEvent = { run: number } & (
  BackendEvent | DatasetEvent | StateEvent | MetricsEvent | ViewsEvent | PredictionsEvent | ExportedEvent | ProblemEvent
)

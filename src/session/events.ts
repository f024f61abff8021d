/** What a session tells whoever drives it, page or terminal: of its own accord, and when asked. Pictures are square, row-major, as the network sees them. */

import type { VolumeSummary } from '../data/volume-summary'
import type { Volume, VolumeKind } from '../data/volume'
import type { Drawable } from '../drawing/drawable'
import type { Config } from '../method/config'
import type { ScoreRow, StepMetrics } from '../method/history'
import type { PictureId } from './picture-id'
import type { RunState } from './run-state'

export type { FileRole } from '../data/file-roles'
export type { PictureId } from './picture-id'
export type { RunState } from './run-state'
export type { WindowPreset } from '../image/window-presets'

export type SampleName = 'Cardiac phantom' | 'Abdominal phantom'

export type BackendName = 'webgpu' | 'wasm' | 'cpu'

export type ExportKind = 'weights' | 'masks' | 'maps' | 'run'

/** How masks are written. */
export interface ExportOptions {
  /** `source`: in the format of each file's own; else what was asked for, where a volume can be. */
  format: 'source' | 'nifti' | 'seg-nrrd' | 'png'
  /** Whether DICOM files written here carry the patient's name. */
  keepPatient: boolean
}

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
  /** Value in the exemplar mask's file, as found: "0", "255", "#ff0000"; of a class that was drawn, its number. */
  value: string
  /** Pixels of this class in all exemplars. */
  pixels: number
}

/** One volume of the user's, as it was understood. */
export interface SourceInfo {
  id: string
  name: string
  kind: VolumeKind
  patient: string
  /** Columns, rows, slices, frames. */
  size: readonly [number, number, number, number]
  /** Millimetres along columns, rows, slices. */
  spacing: readonly [number, number, number] | null
  /** Where the axes point, e.g. "LPS". */
  orientation: string | null
  modality: string | null
  notes: string[]
  /** Along which axis it is cut into images, and what the slices along each axis are called. */
  axis: 0 | 1 | 2
  planes: (string | null)[]
  /** Whether the frames are channels, of which one is chosen for all images that have as many. */
  frameMeans: Volume['frameMeans']
  /** The frame that is used, from 0, or null for all. */
  frame: number | null
  every: number
  /** Images that it gives. */
  images: number
}

/** Where a value of the mask file goes instead of being a class of its own: another value, or nowhere. */
export type Target = { value: string } | 'background' | 'unknown'

/** A value of the exemplar's mask file, and what it counts as: itself, another value, or nothing. */
export interface MaskValueInfo {
  value: string
  count: number
  name: string | null
  target: 'own' | Target
}

/** Shares of width and height, 0..1. */
export interface Region {
  x: number
  y: number
  width: number
  height: number
}

/** One image of the pile. How it looks to the networks is told apart, see `thumbnails`. */
export interface UnlabeledInfo {
  id: PictureId
  name: string
  patient: string
  width: number
  height: number
  /** Millimetres per column and per row. */
  spacing: readonly [number, number] | null
  hasReference: boolean
  /** It is an exemplar too. */
  annotated: boolean
  source: string
}

/** An annotated image, or one that waits for its annotation. */
export interface ExemplarInfo {
  id: PictureId
  name: string
  width: number
  height: number
  /** Millimetres per column and per row. */
  spacing: readonly [number, number] | null
  /** Classes that its annotation shows the networks, 255 for unknown. */
  shows: number[]
  from: 'file' | 'drawing' | null
}

export interface DatasetSummary {
  /** The sample's name, or null for the user's own files. */
  sample: SampleName | null
  /** Side of the pictures that the networks see. */
  size: number
  classes: ClassInfo[]
  exemplars: ExemplarInfo[]
  /** Values of the exemplar's mask file; empty without one. */
  values: MaskValueInfo[]
  /** Sentences about how the exemplar's mask file was understood. */
  maskNotes: string[]
  /** The volumes that the unlabelled images come from, each once; of a sample none. */
  sources: SourceInfo[]
  /** A region of interest around what is annotated; null without an annotation. */
  proposedRegion: Region | null
  unlabeled: UnlabeledInfo[]
  /** Images with a reference mask. */
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
  /** The watched unlabelled image, and its name. */
  image: PictureId
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
  image: PictureId
  name: string
  labels: Uint8Array<ArrayBuffer>
  /** Share of the pixels that either model calls foreground on which they differ, 0..1. */
  disagreement: number
  /** Mean foreground Dice against the reference mask; null without one. */
  dice: number | null
}

/** An image in full, to draw on or to look at. */
export interface OpenedPicture extends Drawable {
  id: PictureId
  pixels: Float32Array<ArrayBuffer>
  labels: Uint8Array<ArrayBuffer>
}

/** The numbers of one volume. */
export interface VolumeNumbers extends VolumeSummary {
  /** Voxels in equal steps from min to max. */
  histogram: number[]
}

export interface ExportedFile {
  /** File name to save under. */
  name: string
  bytes: Uint8Array<ArrayBuffer>
}

/** Where a run is. */
export interface RunStatus {
  state: RunState
  step: number
  steps: number
  stepsPerSecond: number | null
  secondsLeft: number | null
}

/** All predictions, most disagreement first. */
export interface Predictions {
  step: number
  size: number
  items: Prediction[]
}

/** One sentence a user can act on. `file` names the file it is about. */
export interface Problem {
  kind: 'input' | 'backend' | 'run' | 'bug'
  message: string
  file: string | null
}

/** What a session tells of its own accord, by name. The answer to a request goes to whoever asked, and is not among them. */
export interface SessionEvents {
  /** `config`: settings as the session holds them now. */
  dataset: { dataset: DatasetSummary; config: Config }
  /**
   * Pictures of the next data set as the networks see them, size x size: grey 0..255, and of annotations the class per pixel, 255 unknown.
   * Only what is new or looks different; `gone` are those that are no longer in use.
   */
  thumbnails: {
    size: number
    pixels: [PictureId, Uint8Array<ArrayBuffer>][]
    labels: [PictureId, Uint8Array<ArrayBuffer>][]
    gone: PictureId[]
  }
  /** A class of the data set has another name or colour. */
  class: { info: ClassInfo }
  state: RunStatus
  metrics: { rows: StepMetrics[]; scores: ScoreRow[] }
  views: { views: LiveViews }
  /** Sent when a run pauses or ends, and of a small pile with every score. */
  predictions: { predictions: Predictions }
  /** How far reading or exporting files has come. */
  progress: { what: 'read' | 'export'; done: number; of: number }
  /** Of one file among several, or of the run as a whole. */
  problem: Problem
}

/** Events by their names. `run` counts data sets and resets, so that what belongs to an older one can be told. */
export type EventOf<Events, T extends keyof Events = keyof Events> = { [N in T]: { type: N; run: number } & Events[N] }[T]

export type SessionEvent<T extends keyof SessionEvents = keyof SessionEvents> = EventOf<SessionEvents, T>

/** What a session reports to its driver, page or terminal, unasked or on request. Pictures are square, row-major, as the network sees them. */

import type { VolumeSummary } from '../data/volume-summary'
import type { Place } from '../data/slices'
import type { Volume, VolumeKind } from '../data/volume'
import type { Finding } from '../doctor/finding'
import type { Drawable } from '../drawing/drawable'
import type { Config } from '../method/config'
import type { Mark, Recovery, ScoreRow, StepMetrics } from '../method/history'
import type { PictureId } from '../image/picture-id'
import type { LiveViews } from '../timeline/live-views'
import type { Snapshot } from '../timeline/snapshot'
import type { Recording } from '../timeline/timeline'
import type { RunState } from './run-state'

export type { FileRole } from '../data/file-roles'
export type { Action, Finding } from '../doctor/finding'
export type { PictureId } from '../image/picture-id'
export type { RunState } from './run-state'
export type { FeatureView, LiveViews, MixView, ModelView } from '../timeline/live-views'
export type { Place } from '../data/slices'
export type { WindowPreset } from '../image/window-presets'

export type SampleName = 'Cardiac phantom' | 'Abdominal phantom'

export type BackendName = 'webgpu' | 'wasm' | 'cpu'

export type ExportKind = 'weights' | 'masks' | 'maps' | 'run'

/** How masks are written. */
export interface ExportOptions {
  /** `source`: in each file's own format; else the chosen format, where the volume allows it. */
  format: 'source' | 'nifti' | 'seg-nrrd' | 'png'
  /** Whether DICOM files written here carry what identifies the patient; else a case number stands for the patient. */
  keepIdentifiers: boolean
  /** Whether files are called case-001, case-002, ... in all that is written. */
  rename: boolean
}

/** A field of DICOM files that can identify a person, and what it says in the files at hand. */
export interface IdentifierInfo {
  tag: string
  name: string
  /** A few of the different values, and how many more there are. */
  values: string[]
  more: number
  /** In which exports it is: in every DICOM SEG, in one where it is asked for, in the names of files, or in none. */
  written: 'always' | 'asked' | 'names' | 'never'
}

/** Names of files that look like a person's: how many, and a few of them with the reason. */
export interface PersonalNames {
  count: number
  examples: { name: string; why: string }[]
}

/** What an image is called where files are renamed. */
export interface CaseName {
  name: string
  file: string
}

/** The backend in use. `software` is true for a WebGPU adapter without a GPU. */
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
  /** Value in the exemplar mask's file, as found: "0", "255", "#ff0000"; for a drawn class, its number. */
  value: string
  /** Pixels of this class in all exemplars. */
  pixels: number
}

/** What of a class is to be another one; the rest stays. */
export type ClassChanges = Partial<Pick<ClassInfo, 'name' | 'color'>>

/** One of the user's volumes, as it was understood. */
export interface SourceInfo {
  id: string
  name: string
  kind: VolumeKind
  patient: string
  /** Columns, rows, slices, frames. */
  size: readonly [number, number, number, number]
  /** Millimetres along columns, rows and, if the file says so, slices. */
  spacing: readonly [number, number, number | null] | null
  /** Where the axes point, e.g. "LPS". */
  orientation: string | null
  modality: string | null
  notes: string[]
  /** The axis along which it is cut into images, and the names of the slices along each axis. */
  axis: 0 | 1 | 2
  planes: (string | null)[]
  /** Whether the frames are channels; one is chosen for all images with the same number. */
  frameMeans: Volume['frameMeans']
  /** The frame in use, from 0, or null for all. */
  frame: number | null
  every: number
  /** Number of images made from it. */
  images: number
}

/** What is to be used of a volume; what is not given stays, but for fewer slices along another axis. */
export type SliceChoice = Partial<Pick<SourceInfo, 'axis' | 'frame' | 'every'>>

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

/** One unlabelled image. How it looks to the networks is sent separately, see `thumbnails`. */
export interface UnlabeledInfo {
  id: PictureId
  name: string
  patient: string
  width: number
  height: number
  /** Millimetres per column and per row. */
  spacing: readonly [number, number] | null
  hasReference: boolean
  /** The patient or volume that its score counts for. */
  scoredAs: string
  /** Whether it is also an exemplar. */
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
  /** Classes present in its annotation as the networks see it, 255 for unknown. */
  shows: number[]
  from: 'file' | 'drawing' | null
}

/** An image that has a mask or could have one. */
export interface PairedImage {
  id: string
  name: string
  /** The mask that it has. */
  mask: string | null
  /** Why it has that, such as "same case 003" or "you chose". */
  why: string | null
  /** Whether its mask is learnt from; the others are used for the score only. */
  exemplar: boolean
  /** Images of one number lie on one grid. */
  grid: number
}

export interface PairedMask {
  id: string
  name: string
  /** The image whose mask it is. */
  image: string | null
  /** Why it is of none. */
  why: string | null
  /** The images that it could belong to. */
  candidates: string[]
  /** The grids that it lies on: only images there can have it. */
  grids: number[]
}

/** Which mask is of which image. */
export interface PairList {
  images: PairedImage[]
  masks: PairedMask[]
  /** The last choice, which can be taken back, in words. */
  undo: string | null
}

/** Settings that the data suggest. */
export interface Suggestion {
  /** Of what they are taken to be, in words. */
  what: string
  values: Partial<Config>
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
  /** The same of reference masks, alike ones together. */
  referenceNotes: string[]
  /** The modalities of cases with several images each, and which is used; null where no case has. */
  modality: { known: string[]; used: string | null } | null
  /** The volumes that the unlabelled images come from, each once; none for a sample. */
  sources: SourceInfo[]
  /** Null for a sample and without masks from files. */
  pairs: PairList | null
  /** What could identify a person: in the files, and in their names. */
  identifiers: IdentifierInfo[]
  personal: PersonalNames
  /** A region of interest around what is annotated; null without an annotation. */
  proposedRegion: Region | null
  /** Null where nothing is known to be better than the defaults. */
  suggestion: Suggestion | null
  unlabeled: UnlabeledInfo[]
  /** Classes that the exemplars show in one piece, and those without a hole. */
  shapes: { single: number[]; solid: number[] }
  /** What is segmented and not learnt from, and the volumes that it comes from. */
  further: { images: UnlabeledInfo[]; sources: SourceInfo[] }
  /** Images with a reference mask. */
  references: number
  /** Tells data apart, whatever their files are called: see data-hash.ts; null while something is missing. */
  hash: string | null
  /** What is still missing before Start works, in words, e.g. "an exemplar mask"; empty when ready. */
  missing: string[]
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
  /** Pixels of each class as A and as B see it. */
  each: { A: number[]; B: number[] }
}

/** An image in full, to draw on or to look at. */
export interface OpenedPicture extends Drawable {
  id: PictureId
  pixels: Float32Array<ArrayBuffer>
  labels: Uint8Array<ArrayBuffer>
}

/** Whose mask: of both networks together, of one, of the exemplar, or the reference. */
export type MaskName = 'mean' | 'A' | 'B' | 'exemplar' | 'reference'

/** An image in full with all that is known of it, to compare. */
export interface ViewedPicture extends OpenedPicture {
  /** Which of how many slices of its volume it is, and which of how many frames, from 0. */
  slice: number
  slices: number
  frame: number
  frames: number
  frameMeans: Volume['frameMeans']
  /** Millimetres from one slice in use of its volume to the next; null for a single one and without spacing. */
  thickness: number | null
  /** Degrees by which the axes of the volume leave the patient's; null without geometry. */
  oblique: number | null
  /** Where it lies in the patient; null without geometry. */
  place: Place | null
  /** Steps of the networks that predicted; 0 without a prediction. */
  step: number
  /** Class per pixel, 255 unknown. */
  masks: Partial<Record<MaskName, Uint8Array<ArrayBuffer>>>
  /** Whether the exemplar's mask was drawn, not given as a file. */
  drawn: boolean
  /** Of each class, 0..255 for 0..1; empty without a prediction. */
  probabilities: Uint8Array<ArrayBuffer>[]
}

/** What somebody drew on one image. */
export interface Drawn {
  picture: PictureId
  /** Class per pixel, 255 unknown. */
  labels: Uint8Array<ArrayBuffer>
}

/** Statistics of one volume. */
export interface VolumeNumbers extends VolumeSummary {
  /** Voxel counts in equal steps from min to max. */
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

/** An unlabelled image that trains with labels that registration gave it. */
export interface BankEntryInfo {
  image: PictureId
  name: string
  /** Class per pixel, as the networks see it. */
  labels: Uint8Array<ArrayBuffer>
  /** How well the exemplar fits there, normalised cross-correlation, -1..1. */
  fit: number
  /** Dice of the exemplar's labels after the way there and back, 0..1. */
  wayBack: number
  /** How many slices it lies from the exemplar in its stack; 0 for another patient's. */
  away: number
}

/** The bank of pseudo-exemplars of a run. */
export interface BankInfo {
  entries: BankEntryInfo[]
  /** Patients of whom an image found its way back, of all that were tried. */
  eligible: number
  tried: number
  /** How far the exemplar is turned (degrees) and scaled (times smaller or larger) in most images that found their way back. */
  reach: { rotation: number; scale: number } | null
}

/** All predictions, most disagreement first. */
export interface Predictions {
  step: number
  size: number
  items: Prediction[]
  /** How further images are unlike those that were learnt from, in sentences. */
  unlike: string[]
}

/** Settings that would solve a problem, and what they are in a few words. */
export interface Offer {
  label: string
  values: Partial<Config>
}

/** One sentence a user can act on. `file` names the file it is about. `load`: one of our own files did not come; asking again may help. */
export interface Problem {
  kind: 'input' | 'load' | 'backend' | 'run' | 'bug'
  message: string
  file: string | null
  offers?: readonly Offer[]
  /** The request was refused because it would discard what was learnt; after `reset` it may be made again. */
  discards?: true
  /** It says what a run waits for: once that is there, or another run begins, it is said no more. */
  waits?: boolean
}

/** The backend's memory that a run will take at most, and whether there is room for it as far as the backend says. */
export interface MemoryReport {
  bytes: number
  fits: boolean
}

/** What a session reports unasked, by name. Answers to requests go to whoever asked and are not among these. */
export interface SessionEvents {
  /** `config`: settings as the session holds them now. */
  dataset: { dataset: DatasetSummary; config: Config }
  /**
   * Pictures of the next data set as the networks see them, size x size: grey 0..255, and for annotations the class per pixel, 255 unknown.
   * Only those that are new or look different; `gone` lists those no longer in use.
   */
  thumbnails: {
    size: number
    pixels: [PictureId, Uint8Array<ArrayBuffer>][]
    labels: [PictureId, Uint8Array<ArrayBuffer>][]
    gone: PictureId[]
  }
  /** The session took the settings of a run that it shows or continues, and the image that the live view followed. */
  continued: { config: Config; watched: PictureId | null }
  /** Networks of a run are at hand without the images that they learnt from. */
  loaded: { file: string }
  /** With every change of data or settings. */
  memory: { memory: MemoryReport }
  /** A class of the data set was renamed or recoloured. */
  class: { info: ClassInfo }
  state: RunStatus
  /** What computes from now on. */
  backend: { backend: BackendInfo }
  metrics: { rows: StepMetrics[]; scores: ScoreRow[] }
  /** Something went wrong and was made good: what was done, if it has just happened, and where the run went back so far, in order. */
  recovered: { message: string | null; recoveries: readonly Recovery[] }
  /** What happened so far, in order, with every change. */
  marks: { marks: readonly Mark[] }
  /** What the watched image looks like now, and the same to be kept. */
  views: { views: LiveViews; snapshot: Snapshot }
  /** What was kept of a run that is shown or continued. */
  timeline: { recording: Recording }
  /** Sent when a run pauses or ends and, for few images, with every score. */
  predictions: { predictions: Predictions }
  /** What the doctor finds: with every change of data or settings, and with predictions. */
  advice: { findings: readonly Finding[] }
  /** How far reading or exporting files, or making the bank, has come. */
  progress: { what: 'read' | 'export' | 'bank'; done: number; of: number }
  /** The bank was made, or changed; null if the run has none. */
  bank: { bank: BankInfo | null }
  /** About one file among several, or the run as a whole. */
  problem: Problem
}

/** Events by name. `run` counts data sets and resets, so that events of an older one can be recognised. */
export type EventOf<Events, T extends keyof Events = keyof Events> = { [N in T]: { type: N; run: number } & Events[N] }[T]

export type SessionEvent<T extends keyof SessionEvents = keyof SessionEvents> = EventOf<SessionEvents, T>

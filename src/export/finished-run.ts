/** The contents of an export: types only. */
import type { Volume } from '../data/volume'
import type { Finding } from '../doctor/finding'
import type { Config } from '../method/config'
import type { Mark, Recovery, ScoreRow, StepMetrics } from '../method/history'
import type { StoredTensor } from '../lib/safetensors'

/** One row of the label table; background comes first. */
export interface ExportedClass {
  name: string
  /** #rrggbb */
  color: string
  /** The value in the exemplar mask's file, as found: "0", "255", "#ff0000". */
  value: string
}

/** Both networks, with what is needed to check a copy. */
export interface Networks {
  /** By PyTorch's names and in its layout (OIHW); with BatchNorm, running statistics too. */
  modelA: Record<string, StoredTensor>
  modelB: Record<string, StoredTensor>
  /** Both models' output for one image. */
  testVector: {
    /** [1, 1, S, S], values 0..1 */
    input: StoredTensor
    /** [1, C, S, S] */
    softmaxA: StoredTensor
    softmaxB: StoredTensor
  }
}

/** What `config.json` says of a run. */
export interface RunFacts {
  /** Version of the app. */
  version: string
  config: Config
  /** At most 256; the index is the class. */
  classes: ExportedClass[]
  /** How each image was preprocessed, in words. */
  preprocessing: string
  backend: string
  adapter: string
  /** Steps taken. */
  step: number
  /** Where the run went back after faults, and the learning rate from there on. */
  recoveries: readonly Recovery[]
  /** What else happened to it. */
  marks: readonly Mark[]
  /** What the networks were trained on, in numbers; see session/domain.ts. */
  domain: Record<string, unknown>
  /** Facts about the data, as JSON: names, counts, sizes. */
  data: Record<string, unknown>
}

/** Everything an export is made from. */
export interface FinishedRun extends RunFacts {
  /** What the doctor finds; nothing where the pile is not predicted for the report. */
  findings: readonly Finding[]
  /** Null if the export has none, as for masks. */
  networks: Networks | null
  rows: StepMetrics[]
  scores: ScoreRow[]
  /** What the patient or volume of each picture that may be scored is called, by the picture's id. */
  patients: Record<string, string>
  /** Predictions by volume, in its layout, including the user's drawings. */
  masks: ExportedMask[]
  /** How far both models differ, and the probability of each class but background, by volume and in its layout, 0..1. */
  maps: { source: Volume; disagreement: Float32Array<ArrayBuffer>; probabilities: Float32Array<ArrayBuffer>[] }[]
  /** For the report: pictures as the networks see them, and numbers. */
  images: ReportedImage[]
  exemplars: ReportedExemplar[]
  /** Seconds of training since this step, as far as they were watched. */
  trained: { seconds: number; from: number } | null
}

export interface ExportedMask {
  source: Volume
  labels: Uint8Array<ArrayBuffer>
  /** Which of its frames were predicted. */
  frames: number[]
  /** How many images it is made of, and on how many of them the user's mask takes the place of the prediction. */
  images: number
  drawn: number
  /** Whether it was only segmented, not learnt from. */
  further: boolean
}

/** The user's file that a written file belongs to. */
export interface SourceOfFile {
  file: string
  source: string
  /** On how many of the source's images the user's mask takes the place of the prediction: "all", or "3 of 30". */
  drawn?: string
  /** It was only segmented, not learnt from. */
  further?: true
}

/** A square picture as the network sees it: grey 0..255 and class indices, row-major. */
export interface ReportedPicture {
  name: string
  grey: Uint8Array
  labels: Uint8Array
  size: number
}

export interface ReportedExemplar extends ReportedPicture {
  /** By which marks name it. */
  id: string
  from: 'drawing' | 'file'
  /** The step after which it was added; 0 for one that was there from the start. */
  since: number
}

export interface ReportedImage extends ReportedPicture {
  /** By which its mask is found; none in what is not to be compared. */
  id?: string
  /** Whether its mask is the user's, and the prediction counts only where that says nothing. */
  drawn: boolean
  /** Whether it was only segmented, not learnt from. */
  further: boolean
  /** Share of the pixels that either model calls foreground on which they differ, 0..1. */
  disagreement: number
  /** Mean foreground Dice against the reference mask; null without one. */
  dice: number | null
  /** Pixels of the source for each class, background first. */
  pixels: number[]
  /** Square millimetres of one of them, where the source has a spacing. */
  pixelMm2: number | null
  /** The volume or series that it is a slice of, and how far its slices lie apart, in mm; null for a single image and without spacing. */
  volume: { id: string; name: string; thickness: number } | null
  /** Its reference mask as the network sees it, and pixels of each class in the size of the source; null without one. */
  truth: { labels: Uint8Array; pixels: number[] } | null
}

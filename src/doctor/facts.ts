/** What the doctor goes by: numbers that a run has anyway. */
import type { Config } from '../method/config'
import type { ScoreRow, StepMetrics } from '../method/history'

/** One picture as the networks see it, and what its file says of it. */
export interface PictureFacts {
  id: string
  name: string
  /** Means of 8 x 8 parts of it, row by row, 0..1. */
  coarse: Float32Array
  /** Pixels of the source that are used. */
  width: number
  height: number
  /** Millimetres per column and per row. */
  spacing: readonly [number, number] | null
  /** Such as "axial". */
  plane: string | null
}

export interface ExemplarFacts extends PictureFacts {
  /** Pixels of each class, background first, as the networks see them. */
  pixels: readonly number[]
}

/** What the networks see in an image of the pile. */
export interface SeenFacts {
  id: string
  name: string
  /** Whether it is an exemplar. */
  annotated: boolean
  /** Pixels of each class, background first: as A and B see it, and in its mask. */
  A: readonly number[]
  B: readonly number[]
  mask: readonly number[]
  /** Share of what either calls foreground on which they differ. */
  disagreement: number
}

export interface Facts {
  /** As steps are taken by them. */
  config: Config
  /** Names, background first. */
  classes: readonly string[]
  exemplars: readonly ExemplarFacts[]
  pile: readonly PictureFacts[]
  /** Of the run so far; empty before the first step. */
  rows: readonly StepMetrics[]
  scores: readonly ScoreRow[]
  /** Null before there are predictions. */
  seen: readonly SeenFacts[] | null
}

const sum = (values: readonly number[]) => values.reduce((all, v) => all + v, 0)
export const meanOf = (values: readonly number[]): number => sum(values) / values.length

/** Share of all pixels that are not background, 0..1. */
export const foreground = (pixels: readonly number[]): number => 1 - pixels[0]! / sum(pixels)

/** Share of pixels of one class. */
export const shareOf = (pixels: readonly number[], c: number): number => pixels[c]! / sum(pixels)

/** Means of 8 x 8 parts of a picture of `size` x `size` pixels. */
export function coarsely(picture: Float32Array, size: number): Float32Array {
  const out = new Float32Array(64)
  const part = size / 8
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) out[Math.floor(y / part) * 8 + Math.floor(x / part)]! += picture[y * size + x]! / (part * part)
  return out
}

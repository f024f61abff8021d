/** What goes into the drawing editor, and what comes out of it. */
import type { LabelClass } from '../image/raster'
import type { GreyWindow } from '../image/window'
import type { WindowPreset } from '../image/window-presets'

export const background = 0

/** In a label map: the class of this pixel is unknown, so nothing is learnt from it. */
export { unknown } from '../image/raster'

/** One image to draw on. Arrays are row-major, width * height. */
export interface Drawable {
  /** Names the image across visits: what was drawn is saved under it. */
  id: string
  /** Another name, under which it may have been saved before pictures had an id. */
  formerKey: string
  name: string
  width: number
  height: number
  /** The file's own units; NaN is shown black and never within a range. */
  pixels: Float32Array
  /** Millimetres per column and per row; null where the file does not say. */
  spacing: [number, number] | null
  /** Orientation letters at the four edges. */
  sides: { left: string; right: string; top: string; bottom: string } | null
  window: GreyWindow
  presets: WindowPreset[]
  /** Background first. */
  classes: LabelClass[]
  /** This many classes, from the first on, are in use elsewhere and cannot be removed; at least 1. */
  fixed: number
  /** A class's place in `classes`, or 255 for unknown. */
  labels: Uint8Array
  /** The labels are a prediction to be corrected. */
  proposal: boolean
}

/** What was drawn: labels as in `Drawable`. */
export interface Annotation {
  labels: Uint8Array<ArrayBuffer>
  classes: LabelClass[]
}

/** A drawing as it was saved. */
export interface Saved extends Annotation {
  /** Milliseconds since 1970. */
  savedAt: number
}

/** A place in image coordinates: pixel (i, j) covers i <= x < i + 1, j <= y < j + 1. */
export interface Point {
  x: number
  y: number
}

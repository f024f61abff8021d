/** What the page shows of a run at one step: types only. Pictures are square, row-major, as the networks see them. */
import type { PictureId } from '../image/picture-id'

type Bytes = Uint8Array<ArrayBuffer>

/** One model's predictions for the watched image. All size x size, row-major. */
export interface ModelView {
  /** Class per pixel, predicted on the strong view: the prediction being trained. */
  prediction: Bytes
  /** Largest softmax value on the weak view, 0..255. */
  confidence: Bytes
  /** Class per pixel on the weak view: what the other model is taught. */
  pseudoLabel: Bytes
  /** 1 where confidence >= tau. */
  mask: Bytes
  /** What comes of the weak view's perturbed features; null where the feature term is off. */
  feature: FeatureView | null
}

export interface FeatureView {
  /** Class per pixel. */
  prediction: Bytes
  /** For each level, the finest first, 1 for the channels that were set to zero. */
  dropped: Bytes[]
}

/** What CutMix pasted: a box of another image's strong view, to the same place. */
export interface MixView {
  image: PictureId
  name: string
  /** The other image's strong view. */
  pixels: Bytes
  /** Its left and upper edge and its size, in pixels. */
  box: { x: number; y: number; width: number; height: number }
}

export interface LiveViews {
  step: number
  size: number
  /** The watched unlabelled image, and its name. */
  image: PictureId
  name: string
  weak: Bytes
  strong: Bytes
  /** Where the box in the strong view comes from; null if there is none this time. */
  mix: MixView | null
  A: ModelView
  B: ModelView
  /** 1 where the pseudo-labels differ. */
  disagreement: Bytes
  /** An augmented exemplar and a synthetic sample of this step; `known` is 0 where the label is unknown. */
  exemplar: { image: Bytes; labels: Bytes }
  synthetic: { image: Bytes; labels: Bytes; known: Bytes } | null
}

/**
 * How both networks label an image as it is. A view is moved anew in every step, so that only here a pixel is the same pixel at every step.
 */
export interface SeenLabels {
  image: PictureId
  /** Class per pixel, size x size. */
  A: Bytes
  B: Bytes
}

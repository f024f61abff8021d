/** What can lie over the image, and how each of these is painted. */
import { disagreementColour, unknownColour, viridis } from '../../image/palette'
import { differing } from '../../image/masks'
import { unknown, type LabelClass } from '../../image/raster'
import { hexOf } from '../../lib/hex'
import type { LayerName } from '../../store/viewer'
import type { MaskName, ViewedPicture } from '../../worker/protocol'
import type { Look } from '../annotation/layers'

interface LayerRow {
  layer: LayerName
  name: string
  key: string
  /** What it shows. */
  hint: string
}

/** In the order of their buttons. */
export const layerRows: readonly LayerRow[] = [
  { layer: 'image', name: 'Image', key: 'I', hint: 'The image alone' },
  { layer: 'mean', name: 'Mean', key: 'M', hint: 'The mask of both networks together' },
  { layer: 'A', name: 'A', key: 'A', hint: 'The mask of network A' },
  { layer: 'B', name: 'B', key: 'B', hint: 'The mask of network B' },
  { layer: 'disagreement', name: 'Disagreement', key: 'D', hint: 'Where the masks of A and B differ' },
  { layer: 'probability', name: 'Probability', key: 'P', hint: 'How probable one class is to both networks together' },
  { layer: 'exemplar', name: 'Exemplar', key: 'E', hint: 'The mask that the networks learn from here' },
  { layer: 'reference', name: 'True mask', key: 'T', hint: 'The reference mask' },
]

/** Why an image lacks a layer; null if it has it. */
export function lackOf(layer: LayerName, { masks, probabilities }: ViewedPicture): string | null {
  if (layer === 'image') return null
  if (layer === 'exemplar') return masks.exemplar ? null : 'This image is not annotated.'
  if (layer === 'reference') return masks.reference ? null : 'No reference mask of this image is loaded.'
  const predicted = layer === 'probability' ? probabilities.length > 0 : masks.mean !== undefined
  return predicted ? null : 'Nothing is predicted here: the networks predict unlabelled images, from the first step on.'
}

/** The wanted layer, or the one shown in its place on an image that lacks it. */
export const layerOn = (wanted: LayerName, picture: ViewedPicture): LayerName =>
  ([wanted, 'mean', 'exemplar', 'image'] as const).find((layer) => lackOf(layer, picture) === null)!

/** The mask whose areas are given beside a layer; null if the image has none. */
export function measuredMask(layer: LayerName, { masks }: ViewedPicture): MaskName | null {
  if (layer === 'mean' || layer === 'A' || layer === 'B' || layer === 'exemplar' || layer === 'reference') return layer
  return masks.mean ? 'mean' : masks.exemplar ? 'exemplar' : null
}

/** A label per pixel, and the colour of each; a label without one is not painted. */
export interface PaintedLayer extends Pick<Look, 'table'> {
  labels: Uint8Array<ArrayBuffer>
  /** Whether its labels have outlines. */
  outlined: boolean
}

/** Below this an improbable class would colour all of the image; of 255. */
const leastShown = 13

const heat = Array.from({ length: unknown - leastShown }, (_, i) => {
  const value = i + leastShown
  return { value, color: `#${hexOf(viridis.subarray(value * 3, value * 3 + 3))}` }
})

/** @param of the class whose probability is shown @param classes background first */
export function paintedLayer(layer: LayerName, picture: ViewedPicture, of: number, classes: readonly LabelClass[]): PaintedLayer {
  const { masks, probabilities, width, height } = picture
  if (layer === 'disagreement' && masks.A && masks.B)
    return { labels: differing(masks.A, masks.B), table: [{ value: 1, color: disagreementColour }], outlined: true }
  // The label that stands for unknown elsewhere is not used.
  if (layer === 'probability' && probabilities[of])
    return { labels: probabilities[of].map((v) => Math.min(v, unknown - 1)), table: heat, outlined: false }
  const labels = layer === 'image' || layer === 'disagreement' || layer === 'probability' ? undefined : masks[layer]
  const table = [...classes.map(({ color }, value) => ({ value, color })), { value: unknown, color: unknownColour }]
  return { labels: labels ?? new Uint8Array(width * height), table, outlined: true }
}

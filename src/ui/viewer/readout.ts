/** What is said of one place of the image. */
import type { Point } from '../../drawing/drawable'
import { unknown, type LabelClass } from '../../image/raster'
import type { LayerName } from '../../store/viewer'
import type { ViewedPicture } from '../../worker/protocol'
import { reading } from '../source-words'
import { patientPlace } from './measures'

const percent = (byte: number) => `${Math.round(byte / 2.55)} %`

/**
 * Position in pixels and in the patient, value, and what the layer says there; empty outside the image.
 * @param of whose probability @param whose masks the disagreement is of
 */
export function describe(
  picture: ViewedPicture,
  { x, y }: Point,
  layer: LayerName,
  of: number,
  classes: readonly LabelClass[],
  whose: readonly [string, string] = ['A', 'B'],
): string {
  const { width, height, pixels, place, masks, probabilities } = picture
  if (x < 0 || y < 0 || x >= width || y >= height) return ''
  const [column, row] = [Math.floor(x), Math.floor(y)]
  const at = row * width + column
  const nameOf = (label: number | undefined) => (label === unknown ? 'unknown' : (classes[label ?? 0]?.name ?? ''))
  const said = () => {
    if (layer === 'image') return null
    if (layer === 'disagreement') return `${whose[0]} ${nameOf(masks.A?.[at])}, ${whose[1]} ${nameOf(masks.B?.[at])}`
    if (layer === 'probability') return `${nameOf(of)} ${percent(probabilities[of]?.[at] ?? 0)}`
    const label = masks[layer]?.[at]
    const sure = layer === 'mean' && label !== undefined ? probabilities[label]?.[at] : undefined
    return nameOf(label) + (sure === undefined ? '' : ` ${percent(sure)}`)
  }
  const parts = [
    `x ${column}, y ${row}`,
    place && patientPlace(place, column + 0.5, row + 0.5),
    `value ${Number.isFinite(pixels[at]) ? reading(pixels[at]!) : 'none'}`,
    said(),
  ]
  return parts.filter((part) => part !== null).join(' · ')
}

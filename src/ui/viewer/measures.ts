/** Lengths, areas and volumes of what is shown, and how they are written. */
import { tidy } from '../../lib/round-numbers'
import type { Place } from '../../worker/protocol'
import { count } from '../format'

/** The longest round length, 1, 2 or 5 times a power of ten, that fits into `room` screen pixels. @param each units in a screen pixel, above 0 */
export function scaleBar(each: number, room: number): { length: number; width: number } {
  const most = room * each * (1 + 1e-9)
  const power = 10 ** Math.floor(Math.log10(most))
  const length = tidy(power * [5, 2, 1].find((factor) => factor * power <= most)!, 1)
  return { length, width: length / each }
}

/** Square millimetres of so many pixels; null where the file does not say how large one is. */
export const squareMillimetres = (pixels: number, spacing: readonly [number, number] | null): number | null =>
  spacing && pixels * spacing[0] * spacing[1]

/** Millilitres of so many pixels of slices that lie `thickness` millimetres apart; null where either is unknown. */
export function millilitres(pixels: number, spacing: readonly [number, number] | null, thickness: number | null): number | null {
  const area = squareMillimetres(pixels, spacing)
  return area === null || thickness === null ? null : (area * thickness) / 1000
}

/** A measure with three significant figures, and all before the decimal point. */
export function measure(v: number): string {
  if (v === 0) return '0'
  return v >= 100 ? count(v) : String(tidy(v, 3))
}

/** Where a place of the image lies in the patient: "L 12.3, P 4.5, S 33.0 mm". @param x, y in pixels; the middle of the first is 0.5, 0.5 */
export function patientPlace({ origin, across, down }: Place, x: number, y: number): string {
  const letters = ['RL', 'AP', 'SI'] as const
  const at = ([0, 1, 2] as const).map((r) => {
    const v = origin[r] + (x - 0.5) * across[r] + (y - 0.5) * down[r]
    return `${letters[r][v < 0 ? 1 : 0]} ${Math.abs(v).toFixed(1)}`
  })
  return `${at.join(', ')} mm`
}

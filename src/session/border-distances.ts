/** HD95 of what is scored. */
import { putSlice } from '../data/slices'
import type { Triple, Volume } from '../data/volume'
import { unknown, type LabelMap } from '../image/raster'
import { borderDistances, meanOf, type Case, type Grid } from '../method/metrics'
import type { Picture } from './dataset'

/** An image with its reference. */
export interface ScoredPicture {
  picture: Picture
  reference: LabelMap
}

/** In millimetres where all images say their spacing. */
export const unitOf = (pictures: readonly Pick<Picture, 'spacing'>[]): 'mm' | 'pixel' =>
  pictures.every(({ spacing }) => spacing) ? 'mm' : 'pixel'

/** Pixels of all scored images that are measured at every score: half a second of the processor as a rule, more where masks are noise. */
const mostMeasured = 8_000_000

/** Whether HD95 of all scored images can be measured at every score. */
export const isQuicklyMeasured = (scored: readonly ScoredPicture[]): boolean =>
  scored.reduce((sum, { picture: { width, height } }) => sum + width * height, 0) <= mostMeasured

/**
 * HD95 of every foreground class of each patient or volume, both directions pooled: of a volume in three dimensions, of separate images, and of slices
 * that are unknown distances apart, the mean over them; NaN where a class is absent.
 * @param cases of the scored images, in their order @param pause awaited after each patient
 */
export async function distancesOf(
  scored: readonly ScoredPicture[],
  cases: readonly Case[],
  classes: number,
  pause: () => Promise<void> = () => Promise.resolve(),
): Promise<{ patient: string; hd95: number[] }[]> {
  const foreground = Array.from({ length: classes - 1 }, (_, i) => i + 1)
  const inMm = unitOf(scored.map(({ picture }) => picture)) === 'mm'
  const measure = (prediction: Grid, reference: Grid, spacing: readonly number[]) =>
    borderDistances(prediction, reference, foreground, spacing).map(({ pooled95 }) => pooled95)
  const patients = new Map<string, number[]>()
  cases.forEach(({ patient }, i) => patients.set(patient, [...(patients.get(patient) ?? []), i]))
  const found: { patient: string; hd95: number[] }[] = []
  for (const [patient, own] of patients) {
    const rows: number[][] = []
    const slices = new Map<Volume, number[]>()
    for (const i of own) {
      const { width, height, spacing, source } = scored[i]!.picture
      const { prediction, reference } = cases[i]!
      const size = [width, height]
      const { volume } = source
      const isDeep = volume.size[2] > 1 && (volume.spacing === null || volume.stepKnown)
      if (isDeep) slices.set(volume, [...(slices.get(volume) ?? []), i])
      else rows.push(measure({ size, labels: prediction }, { size, labels: reference }, (inMm && spacing) || [1, 1]))
    }
    for (const [volume, numbers] of slices) {
      const { still, spacing, placeOf } = stackInUse(volume, (inMm && volume.spacing) || [1, 1, 1], scored[numbers[0]!]!.picture)
      const stacked = (labelsOf: (one: Case) => Uint8Array): Grid => {
        // Slices that are not scored are unknown: as background they would make a border of whole slices beside them.
        const labels = new Uint8Array(still.size[0] * still.size[1] * still.size[2]).fill(unknown)
        for (const i of numbers) putSlice(still, labels, scored[i]!.picture.plane, placeOf(scored[i]!.picture), 0, labelsOf(cases[i]!))
        return { size: still.size.slice(0, 3), labels }
      }
      rows.push(
        measure(
          stacked((one) => one.prediction),
          stacked((one) => one.reference),
          spacing,
        ),
      )
    }
    found.push({ patient, hd95: foreground.map((_, c) => meanOf(rows.map((row) => row[c]!))) })
    await pause()
  }
  return found
}

/** The volume of the slices in use alone, one frame of it: how far they are apart, and which place in it a picture has. */
function stackInUse(volume: Volume, steps: Triple, { plane: { axis }, source: { every } }: Picture) {
  const along = <T>(values: readonly [T, T, T], change: (value: T) => T) =>
    values.map((value, a) => (a === axis ? change(value) : value)) as [T, T, T]
  const [columns, rows, slices] = along([volume.size[0], volume.size[1], volume.size[2]], (n) => Math.ceil(n / every))
  const still: Volume = { ...volume, size: [columns, rows, slices, 1] }
  return { still, spacing: along(steps, (step) => step * every), placeOf: ({ slice }: Picture) => slice / every }
}

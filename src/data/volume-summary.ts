import { hexOf } from '../lib/hex'
import { valueOf, type Volume } from './volume'

/** One value of a label map, in the file's units. */
export interface LabelCount {
  value: number
  /** Voxels that have it. */
  count: number
  /** Its name in the file, or null. */
  name: string | null
  /** #rrggbb, from the segments or the palette, or null. */
  color: string | null
}

export interface VolumeSummary {
  /** In the file's units, over the finite values of all slices and frames; NaN if there are none. */
  min: number
  max: number
  mean: number
  /** In ascending order; null unless there is one channel of whole numbers with at most `maxLabels` values. */
  labels: LabelCount[] | null
}

/** With more values it is an image, not labels. */
export const maxLabels = 32

/** Range, mean and labels of a volume, in one pass; for colours, over all samples except opacity. */
export function summariseVolume(volume: Volume): VolumeSummary {
  const { samples, channels, alpha, slope, intercept } = volume
  const used = alpha ? channels - 1 : channels
  const valued = valueOf(volume)
  let [min, max, sum, finite] = [Infinity, -Infinity, 0, 0]
  let counts: Map<number, number> | null = used === 1 ? new Map() : null
  // Label maps have long runs of one value, so the map is queried once per run.
  let [run, length] = [NaN, 0]
  const endRun = () => {
    if (!counts || length === 0) return
    counts.set(run, (counts.get(run) ?? 0) + length)
    if (counts.size > maxLabels || !Number.isInteger(valued(run))) counts = null
  }
  for (let i = 0; i < samples.length; i += channels)
    for (let c = 0; c < used; c++) {
      const sample = samples[i + c]!
      if (counts) {
        if (sample === run) length++
        else {
          endRun()
          ;[run, length] = [sample, 1]
        }
      }
      // NaN and infinities differ from themselves.
      if (sample - sample !== 0) continue
      if (sample < min) min = sample
      if (sample > max) max = sample
      sum += sample
      finite++
    }
  endRun()
  const scaled = (sample: number) => sample * slope + intercept
  const ends = finite === 0 ? [NaN, NaN] : [scaled(min), scaled(max)].sort((a, b) => a - b)
  return { min: ends[0]!, max: ends[1]!, mean: finite === 0 ? NaN : scaled(sum / finite), labels: counts && labelsOf(volume, counts) }
}

function labelsOf(volume: Volume, counts: Map<number, number>): LabelCount[] {
  const { segments, palette } = volume
  const valued = valueOf(volume)
  return [...counts]
    .map(([sample, count]) => {
      const value = valued(sample)
      const segment = segments.find((one) => one.value === value)
      const color = segment?.color ?? (palette[sample] ? '#' + hexOf(palette[sample]) : null)
      return { value, count, name: segment?.name ?? null, color }
    })
    .sort((a, b) => a.value - b.value)
}

/**
 * The number of samples, except opacity, in each of `bins` equal parts of from..to, in the file's units; the last includes its upper end. Others
 * and values that are not finite are left out.
 */
export function histogramOf(volume: Volume, bins: number, from: number, to: number): Float64Array<ArrayBuffer> {
  const { samples, channels, alpha, slope, intercept } = volume
  const used = alpha ? channels - 1 : channels
  const counts = new Float64Array(bins)
  const scale = bins / (to - from)
  for (let i = 0; i < samples.length; i += channels)
    for (let c = 0; c < used; c++) {
      const value = samples[i + c]! * slope + intercept
      // Written so that NaN is left out too.
      if (value >= from && value <= to) counts[to > from ? Math.min(bins - 1, Math.floor((value - from) * scale)) : 0]!++
    }
  return counts
}

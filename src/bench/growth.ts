/** How the time of a step grows with the size of its images and with their number. */
import type { BackendInfo } from '../session/events'
import type { Engine, GrowthResult } from './report'
import { secondsPerStep, type Patience } from './step-bench'

/** Sizes at a fixed batch, then batches at a fixed size; `weak` if a step of 64 px takes many seconds. */
export function growthSeries(weak: boolean): { baseWidth: number; size: number[]; sizeBatch: number; batch: number[]; batchSize: number } {
  return weak
    ? { baseWidth: 4, size: [16, 32, 48], sizeBatch: 2, batch: [1, 2, 4], batchSize: 16 }
    : { baseWidth: 8, size: [32, 64, 128], sizeBatch: 4, batch: [2, 4, 8], batchSize: 64 }
}

export async function measureGrowth(
  engine: Engine,
  info: BackendInfo,
  weak: boolean,
  patience: Patience,
  tell: (message: string) => void,
): Promise<GrowthResult[]> {
  const { baseWidth, size, sizeBatch, batch, batchSize } = growthSeries(weak)
  const cases = [
    ...size.map((s) => ({ series: 'size' as const, size: s, batch: sizeBatch })),
    ...batch.map((b) => ({ series: 'batch' as const, size: batchSize, batch: b })),
  ]
  const results: GrowthResult[] = []
  for (const one of cases) {
    tell(`Growth: ${one.size} px, ${one.batch} + ${one.batch} images, ${engine}`)
    const seconds = await secondsPerStep({ ...one, baseWidth }, engine, info, patience)
    results.push({ ...one, engine, secondsPerStep: seconds, relative: 1 })
  }
  return relativeToFirst(results)
}

/** Fills in `relative`, within each series. */
export function relativeToFirst(results: readonly GrowthResult[]): GrowthResult[] {
  const share = ({ secondsPerStep, size, batch }: GrowthResult) => secondsPerStep / (size ** 2 * batch)
  return results.map((one) => ({ ...one, relative: share(one) / share(results.find((other) => other.series === one.series)!) }))
}

/** What is marked in the charts, with the step, in order. */
import { useMemo } from 'react'
import { useStore } from 'zustand'
import type { Config } from '../method/config'
import { markNames } from '../lib/mark'
import { recoveryWords } from '../lib/recovery'
import { loneSteps } from '../store/curves'
import { usePage } from '../store/page-store'
import { useRunEvents, type RunEvent } from '../store/run-events'

/** Where the unlabelled terms begin to count, and where they count in full: what the settings say. */
function scheduled({ warmup, ramp, steps }: Config): RunEvent[] {
  const begins = Math.ceil(warmup * steps) + 1
  const full = Math.ceil((warmup + ramp) * steps) + 1
  return [
    ...(warmup > 0 ? [{ step: begins, words: 'warm-up ends' }] : []),
    ...(ramp > 0 && full <= steps ? [{ step: full, words: 'full ramp' }] : []),
  ]
}

export function useChartEvents(): readonly RunEvent[] {
  const config = usePage((state) => state.running)
  const recoveries = usePage((state) => state.recoveries)
  const marks = usePage((state) => state.marks)
  const lone = useStore(loneSteps, ({ steps }) => steps)
  const seen = useRunEvents()
  return useMemo(
    () =>
      [
        ...(config ? scheduled(config) : []),
        ...recoveries.map((recovery) => ({ step: recovery.step, words: recoveryWords(recovery) })),
        ...marks.map(({ step, what }) => ({ step, words: markNames[what].toLowerCase() })),
        ...lone.map(({ step, only }) => ({ step, words: `updated ${only} only` })),
        ...seen,
      ].sort((a, b) => a.step - b.step),
    [config, recoveries, marks, lone, seen],
  )
}

/** What is marked in the charts, with the step, in order. */
import { useMemo } from 'react'
import { useStore } from 'zustand'
import type { Config } from '../method/config'
import { shortWords, type Mark } from '../lib/mark'
import { recoveryWords } from '../lib/recovery'
import { loneSteps } from '../store/curves'
import { usePage } from '../store/page-store'

export interface RunEvent {
  step: number
  words: string
}

/** Where the unlabelled terms count in full: the ramp follows the warm-up, which has ended with a mark. */
function fullRamp({ warmup, ramp, steps }: Config, marks: readonly Mark[]): RunEvent[] {
  const begun = marks.find(({ what }) => what === 'teaching')
  if (!begun || ramp === 0) return []
  const step = Math.ceil((begun.step * (warmup + ramp)) / warmup)
  return step < steps ? [{ step, words: 'full ramp' }] : []
}

export function useChartEvents(): readonly RunEvent[] {
  const config = usePage((state) => state.running)
  const recoveries = usePage((state) => state.recoveries)
  const marks = usePage((state) => state.marks)
  const lone = useStore(loneSteps, ({ steps }) => steps)
  return useMemo(
    () =>
      [
        ...(config ? fullRamp(config, marks) : []),
        ...recoveries.map((recovery) => ({ step: recovery.step, words: recoveryWords(recovery) })),
        // A step comes before what happens after it.
        ...lone.map(({ step, only }) => ({ step, words: `updated ${only} only` })),
        ...marks.map((mark) => ({ step: mark.step, words: shortWords(mark) })),
      ].sort((a, b) => a.step - b.step),
    [config, recoveries, marks, lone],
  )
}

/** The curves of pinned runs, for the charts: they lie over those of the run at hand. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { RunCurves } from '../worker/protocol'
import { ask } from './connection'
import { charts, type ChartName } from './curves'
import { pageStore } from './page-store'
import { nameOf } from './run-log'
import { Series } from './series'

/** More lines cannot be told apart. */
export const mostPinned = 4

export interface PinnedRun {
  id: string
  name: string
  series: Record<ChartName, Series<string>>
}

export const pinnedRuns = createStore<{ runs: readonly PinnedRun[] }>(() => ({ runs: [] }))
export const usePinnedRuns = (): readonly PinnedRun[] => useStore(pinnedRuns, ({ runs }) => runs)

/** By run and by the time at which it ended: one that goes on ends again. */
const known = new Map<string, Promise<PinnedRun['series'] | null>>()

function seriesOf({ steps, scores }: RunCurves): PinnedRun['series'] {
  const own = Object.keys(scores).filter((key) => key !== 'step')
  const of = (name: keyof typeof charts) => new Series<string>(charts[name]).fill(steps)
  return { loss: of('loss'), confident: of('confident'), agreement: of('agreement'), dice: new Series<string>(own).fill(scores) }
}

// Whatever changes the log: pins, names, runs that end.
pageStore.subscribe(({ log }, before) => {
  if (log === before.log) return
  const wanted = log.runs.filter(({ id, pinned }) => pinned && id !== log.present).slice(0, mostPinned)
  const keyOf = ({ id, ended }: (typeof wanted)[number]) => `${id} ${ended}`
  for (const key of known.keys()) if (wanted.every((run) => keyOf(run) !== key)) known.delete(key)
  const coming = wanted.map(async (run) => {
    const key = keyOf(run)
    const curves = known.get(key) ?? ask('logged-curves', { id: run.id }).then((found) => (found ? seriesOf(found) : null))
    known.set(key, curves)
    const series = await curves
    return series && { id: run.id, name: nameOf(run), series }
  })
  void Promise.all(coming).then((runs) => {
    // Others may be pinned by now.
    if (pageStore.getState().log === log) pinnedRuns.setState({ runs: runs.filter((run) => run !== null) })
  })
})

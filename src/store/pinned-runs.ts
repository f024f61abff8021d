/** The curves of pinned runs, for the charts: they lie over those of the run at hand. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { ScoreRow } from '../worker/protocol'
import { ask } from './connection'
import { charts, scoreView, seriesOfScores, type ChartName } from './curves'
import { pageStore } from './page-store'
import { nameOf } from './run-log'
import { Series } from './series'

/** More lines cannot be told apart. */
export const mostPinned = 4

export interface PinnedRun {
  id: string
  name: string
  scores: readonly ScoreRow[]
  series: Record<ChartName, Series<string>>
}

/** What the log has of a run; its scores are drawn as they are chosen to be. */
interface Kept {
  scores: readonly ScoreRow[]
  series: Omit<PinnedRun['series'], 'dice'>
}

export const pinnedRuns = createStore<{ runs: readonly PinnedRun[] }>(() => ({ runs: [] }))
export const usePinnedRuns = (): readonly PinnedRun[] => useStore(pinnedRuns, ({ runs }) => runs)

/** By run and by the time at which it ended: one that goes on ends again. */
const known = new Map<string, Promise<Kept | null>>()

async function curvesOf(id: string): Promise<Kept | null> {
  const found = await ask('logged-curves', { id })
  if (!found) return null
  const { steps, scores } = found
  const of = (name: keyof typeof charts) => new Series<string>(charts[name]).fill(steps)
  return { scores, series: { loss: of('loss'), confident: of('confident'), agreement: of('agreement') } }
}

/** With the scores as what was chosen to be shown of them. */
const asChosen = (run: Kept & Pick<PinnedRun, 'id' | 'name'>): PinnedRun => ({
  ...run,
  series: { ...run.series, dice: seriesOfScores(run.scores) },
})

scoreView.subscribe(() => pinnedRuns.setState(({ runs }) => ({ runs: runs.map(asChosen) })))

// Whatever changes the log: pins, names, runs that end.
pageStore.subscribe(({ log }, before) => {
  if (log === before.log) return
  const wanted = log.runs.filter(({ id, pinned }) => pinned && id !== log.present).slice(0, mostPinned)
  const keyOf = ({ id, ended }: (typeof wanted)[number]) => `${id} ${ended}`
  for (const key of known.keys()) if (wanted.every((run) => keyOf(run) !== key)) known.delete(key)
  const coming = wanted.map(async (run) => {
    const key = keyOf(run)
    const curves = known.get(key) ?? curvesOf(run.id)
    known.set(key, curves)
    const kept = await curves
    // It is asked for again with the next change of the log.
    if (!kept) known.delete(key)
    return kept && { id: run.id, name: nameOf(run), ...kept }
  })
  void Promise.all(coming).then((runs) => {
    // Others may be pinned by now.
    if (pageStore.getState().log === log) pinnedRuns.setState({ runs: runs.filter((run) => run !== null).map(asChosen) })
  })
})

/** What happened to the run while this page was open, for the charts: where it was resumed, lost an exemplar or got another setting. Its marks say the rest. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { differing } from '../method/config'
import { pageStore } from './page-store'

export interface RunEvent {
  step: number
  words: string
}

export const runEvents = createStore<{ events: readonly RunEvent[] }>(() => ({ events: [] }))
export const useRunEvents = (): readonly RunEvent[] => useStore(runEvents, ({ events }) => events)

const note = (step: number, words: string) => runEvents.setState(({ events }) => ({ events: [...events, { step, words }] }))

pageStore.subscribe((now, before) => {
  if (now.run !== before.run) return runEvents.setState({ events: [] })
  const { step, state } = now.status
  if (step === 0) return
  if (state === 'running' && before.status.state === 'paused') note(step, 'resumed')
  const [has, had] = [now.dataset?.exemplars.length ?? 0, before.dataset?.exemplars.length ?? 0]
  if (now.dataset !== before.dataset && has < had) note(step, 'exemplar removed')
  if (now.running && before.running && now.running !== before.running) {
    const changed = Object.entries(differing(now.running, before.running))
    if (changed.length > 0) note(step, `setting: ${changed.map(([key, value]) => `${key} ${String(value)}`).join(', ')}`)
  }
})

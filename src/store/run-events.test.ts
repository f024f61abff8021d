import { beforeEach, expect, it, vi } from 'vitest'
import { makeConfig } from '../method/config'
import type { DatasetSummary } from '../worker/protocol'

async function open() {
  const { pageStore } = await import('./page-store')
  const { runEvents } = await import('./run-events')
  const { initial } = await import('./state')
  const status = (state: 'paused' | 'running' | 'ready', step: number) => pageStore.setState({ status: { ...initial.status, state, step } })
  const exemplars = (count: number) =>
    pageStore.setState({ dataset: { exemplars: new Array(count).fill({}) } as unknown as DatasetSummary })
  return { pageStore, status, exemplars, events: () => runEvents.getState().events }
}

beforeEach(() => vi.resetModules())

it('notes where a run was resumed, and lost an exemplar or got another setting', async () => {
  const { pageStore, status, exemplars, events } = await open()
  pageStore.setState({ running: makeConfig({}) })
  exemplars(1)
  status('ready', 0)
  status('running', 0)
  expect(events()).toEqual([])
  status('paused', 5)
  status('running', 5)
  status('paused', 9)
  exemplars(2)
  exemplars(2)
  exemplars(1)
  pageStore.setState({ running: makeConfig({ parts: 2 }) })
  expect(events()).toEqual([
    { step: 5, words: 'resumed' },
    { step: 9, words: 'exemplar removed' },
    { step: 9, words: 'setting: parts 2' },
  ])
  pageStore.setState({ run: pageStore.getState().run + 1 })
  expect(events()).toEqual([])
})

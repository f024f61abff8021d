import { afterEach, expect, it, vi } from 'vitest'
import { FakeWorker } from '../worker/fake-worker.test-support'
import type { Event, RequestName } from '../worker/protocol'

afterEach(() => vi.unstubAllGlobals())

/** The page with a worker that answers whatever it is asked, and holds a lock that `die` lets go. */
async function open() {
  vi.resetModules()
  vi.stubGlobal('Worker', FakeWorker)
  vi.stubGlobal('location', { search: '', pathname: '/' })
  vi.stubGlobal('history', { replaceState: () => undefined })
  vi.stubGlobal('addEventListener', () => undefined)
  let die = () => undefined as void
  const request = (_: string, __: unknown, granted: () => void) => {
    die = granted
    return new Promise<void>(() => undefined)
  }
  vi.stubGlobal('navigator', { locks: { request } })
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined })
  const { begin, drive, replaceWorker } = await import('./commands')
  const { pageStore } = await import('./page-store')
  const { initial } = await import('./state')
  begin()
  const asked = () => FakeWorker.newest.posted.map(({ command }) => command.type)
  const answer = async (type: RequestName, value: unknown = undefined) => {
    await vi.waitFor(() => expect(asked()).toContain(type))
    FakeWorker.newest.say({ type: 'done', id: FakeWorker.newest.idOf(type), answer: value as never })
    await Promise.resolve()
  }
  const state = (values: Partial<Event<'state'>>) =>
    FakeWorker.newest.say({ type: 'state', run: 1, steps: 60, step: 0, state: 'ready', stepsPerSecond: null, secondsLeft: null, ...values })
  const dataset = () =>
    FakeWorker.newest.say({
      type: 'dataset',
      run: 1,
      dataset: { sample: 'Abdominal phantom', unlabeled: [] } as unknown as Event<'dataset'>['dataset'],
      config: initial.asked,
    })
  const said = () => pageStore.getState().problems.map(({ message }) => message)
  const alive = () => FakeWorker.newest.say({ type: 'alive', lock: 'a' })
  return { drive, replaceWorker, asked, answer, state, dataset, said, alive, die: () => die() }
}

it('replaces a worker that died by one with the same data, and trains on', async () => {
  const { asked, answer, state, dataset, said, alive, die } = await open()
  const first = FakeWorker.newest
  alive()
  dataset()
  state({ state: 'running', step: 26 })
  die()
  expect(first.ended).toBe(true)
  expect(FakeWorker.newest).not.toBe(first)
  await answer('init', { backend: 'wasm', adapter: 'SIMD', software: false })
  await answer('keep-in')
  await answer('load-sample')
  expect(FakeWorker.newest.posted.find(({ command }) => command.type === 'load-sample')!.command.given).toEqual({
    sample: 'Abdominal phantom',
  })
  await vi.waitFor(() => expect(asked()).toContain('start'))
  expect(said()).toEqual(['The worker died. Another has what it had; nothing of the run was kept, so it starts over.'])
})

it('does not replace for ever a worker that dies before the run has come further', async () => {
  const { state, dataset, said, alive, die } = await open()
  for (let i = 0; i < 3; i++) {
    alive()
    dataset()
    state({ state: 'running', step: 5 })
    die()
  }
  expect(said()).toContain('The worker died again and again, so it is not replaced by itself.')
})

import { afterEach, expect, it, vi } from 'vitest'
import { yieldTask } from '../lib/yield-task'
import { FakeWorker } from '../worker/fake-worker.test-support'
import type { Event, RequestName } from '../worker/protocol'
import { stubPage } from './opened-page.test-support'

afterEach(() => vi.unstubAllGlobals())

/** The page with a worker that answers whatever it is asked, and holds a lock that `die` lets go. */
async function open(search = '') {
  stubPage(search)
  let die = () => undefined as void
  const request = (_: string, __: unknown, granted: () => void) => {
    die = granted
    return new Promise<void>(() => undefined)
  }
  vi.stubGlobal('navigator', { locks: { request } })
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined })
  const { begin, drive, loadFiles, replaceWorker } = await import('./commands')
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
  const dataset = (values: object = { sample: 'Abdominal phantom', exemplars: [{}], unlabeled: [{}] }) =>
    FakeWorker.newest.say({ type: 'dataset', run: 1, dataset: values as Event<'dataset'>['dataset'], config: initial.asked })
  const listed = (present: string | null, ...kept: { id: string; begun?: number; elsewhere?: boolean }[]) =>
    FakeWorker.newest.say({ type: 'runs', run: 1, runs: kept as unknown as Event<'runs'>['runs'], present })
  const runs = (present: string | null, ...ids: string[]) => listed(present, ...ids.map((id) => ({ id })))
  const said = () => pageStore.getState().problems.map(({ message }) => message)
  const alive = () => FakeWorker.newest.say({ type: 'alive', lock: 'a' })
  return { drive, loadFiles, replaceWorker, asked, answer, state, dataset, runs, listed, said, alive, die: () => die() }
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

it('loads the sample again where the new worker has only been told settings, which it answers with a data set without images', async () => {
  const { asked, answer, state, dataset, alive, die } = await open('?steps=40')
  alive()
  dataset()
  state({ state: 'running', step: 2 })
  die()
  await answer('init', { backend: 'wasm', adapter: 'SIMD', software: false })
  await answer('configure')
  dataset({ sample: null, exemplars: [], unlabeled: [] })
  await answer('keep-in')
  await vi.waitFor(() => expect(asked().slice(-2)).toEqual(['load-sample', 'start']))
})

it('brings back all files when the worker dies again while it is given them', async () => {
  const { loadFiles, asked, answer, state, dataset, said, alive, die } = await open()
  alive()
  for (const name of ['a.png', 'b.png']) {
    void loadFiles([new File([], name)], null)
    await answer('load-files')
    FakeWorker.newest.posted = FakeWorker.newest.posted.filter(({ command }) => command.type !== 'load-files')
  }
  dataset({ sample: null, exemplars: [{}], unlabeled: [{}] })
  state({ state: 'running', step: 7 })
  die()
  alive()
  await answer('init', { backend: 'wasm', adapter: 'SIMD', software: false })
  await answer('keep-in')
  await vi.waitFor(() => expect(asked()).toContain('load-files'))
  die()
  await answer('init', { backend: 'wasm', adapter: 'SIMD', software: false })
  expect(asked()).toEqual(['init', 'keep-in'])
  await answer('keep-in')
  const given = []
  for (let i = 0; i < 2; i++) {
    await answer('load-files')
    const { posted } = FakeWorker.newest
    const at = posted.findIndex(({ command }) => command.type === 'load-files')
    given.push(...posted.splice(at, 1).map(({ command }) => (command.given as { files: { name: string }[] }).files[0]!.name))
  }
  expect(given).toEqual(['a.png', 'b.png'])
  await vi.waitFor(() => expect(asked()).toContain('start'))
  expect(said()).toEqual(['The worker died. Another has what it had; nothing of the run was kept, so it starts over.'])
})

it('continues what was kept of a run by a worker that died before the page heard of it, and no other run', async () => {
  const { asked, answer, state, dataset, listed, said, alive, die } = await open()
  const before = Date.now() - 1000
  alive()
  dataset()
  state({})
  state({ state: 'running', step: 2 })
  die()
  await answer('init', { backend: 'wasm', adapter: 'SIMD', software: false })
  const begun = Date.now()
  listed(
    null,
    { id: 'of another tab', begun, elsewhere: true },
    { id: 'this', begun, elsewhere: false },
    { id: 'older', begun: before, elsewhere: false },
  )
  await answer('keep-in')
  await vi.waitFor(() => expect(asked()).toContain('continue-run'))
  expect(FakeWorker.newest.posted.find(({ command }) => command.type === 'continue-run')!.command.given).toEqual({
    id: 'this',
    best: false,
  })
  dataset()
  state({ state: 'paused', step: 1 })
  await answer('continue-run')
  await vi.waitFor(() => expect(asked()).toContain('mark-respawn'))
  await answer('mark-respawn')
  await vi.waitFor(() => expect(asked()).toContain('resume'))
  expect(said()).toEqual(['The worker died. Another has what it had; the run goes on from step 1, 1 before where it was.'])
})

it.each([
  ['trains a run to its end again that had ended and was kept further back', 59, ['resume']],
  ['leaves one alone that was kept at its end', 60, []],
])('%s', async (_, step, driven) => {
  const { asked, answer, state, dataset, runs, alive, die } = await open()
  alive()
  dataset()
  runs('this', 'this')
  state({ state: 'finished', step: 60 })
  die()
  await answer('init', { backend: 'wasm', adapter: 'SIMD', software: false })
  await answer('keep-in')
  await vi.waitFor(() => expect(asked()).toContain('continue-run'))
  dataset()
  state({ state: step < 60 ? 'paused' : 'finished', step })
  await answer('continue-run')
  await answer('mark-respawn')
  await yieldTask()
  expect(asked().filter((type) => type === 'resume')).toEqual(driven)
})

it('trains on nothing else where neither the run nor its images can be brought back', async () => {
  const { asked, answer, state, dataset, runs, said, alive, die } = await open()
  alive()
  dataset({ sample: null, exemplars: [{}], unlabeled: [{}] })
  runs('this', 'this')
  state({ state: 'running', step: 7 })
  die()
  await answer('init', { backend: 'wasm', adapter: 'SIMD', software: false })
  await answer('keep-in')
  await vi.waitFor(() => expect(asked()).toContain('continue-run'))
  const problem = { kind: 'input', message: 'It cannot be read.', file: null } as const
  FakeWorker.newest.say({ type: 'failed', id: FakeWorker.newest.idOf('continue-run'), problem })
  await answer('load-sample')
  expect(said().at(-1)).toBe('The worker died. Neither the run nor its images could be brought back: load them again.')
  expect(asked()).not.toContain('start')
})

it('replaces a worker in each of several runs, however far those before came', async () => {
  const { state, dataset, said, alive, answer, asked, die } = await open()
  for (let i = 0; i < 4; i++) {
    alive()
    dataset()
    state({ state: 'running', step: 50 - i })
    die()
    await answer('init', { backend: 'wasm', adapter: 'SIMD', software: false })
    await answer('keep-in')
    await answer('load-sample')
    await vi.waitFor(() => expect(asked()).toContain('start'))
    state({ state: 'running', step: 60 - i })
    state({ state: 'ready', step: 0 })
  }
  expect(said()).not.toContain('The worker died again and again, so it is not replaced by itself.')
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

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { makeConfig } from '../method/config'
import { madeSnapshot } from '../timeline/views.test-support'
import { FakeWorker } from '../worker/fake-worker.test-support'
import type { DatasetSummary, LiveViews, RunState } from '../worker/protocol'
import { stubPage } from './opened-page.test-support'

/** The page with a run that has taken `step` of ten steps. */
async function open(state: RunState = 'paused', step = 3, seen = true) {
  const commands = await import('./commands')
  const { latest } = await import('./latest')
  const walking = await import('./walk')
  commands.begin()
  const worker = FakeWorker.newest
  const tell = (state: RunState, step: number) =>
    worker.say({ type: 'state', run: 0, state, step, steps: 10, stepsPerSecond: null, secondsLeft: null })
  const show = (step: number) => worker.say({ type: 'views', run: 0, views: { step } as LiveViews, snapshot: madeSnapshot(step) })
  const dataset = { sample: null, unlabeled: [], exemplars: [], classes: [] } as unknown as DatasetSummary
  worker.say({ type: 'dataset', run: 0, dataset, config: makeConfig({}) })
  tell(state, step)
  if (seen) show(step)
  worker.posted = []
  return {
    ...{ worker, tell, show, ...walking },
    now: () => walking.walks.getState().walk,
    shown: () => latest.getState().views?.step,
    posted: () => worker.posted.map(({ command }) => command.type),
  }
}

beforeEach(() => {
  stubPage()
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it('tells a step in five phases, takes it before its losses are told, and shows its pictures last', async () => {
  const { beginWalk, nextPhase, lastPhase, now, shown, posted, tell, show } = await open()
  await beginWalk('tour')
  expect(now()).toEqual({ kind: 'tour', phase: 'views', busy: false, taken: null })
  await nextPhase()
  await nextPhase()
  expect([now()!.phase, posted()]).toEqual(['predictions', []])
  const taking = nextPhase()
  expect([now(), posted()]).toEqual([{ kind: 'tour', phase: 'losses', busy: true, taken: null }, ['step']])
  // While it is taken nothing goes on.
  await nextPhase()
  lastPhase()
  expect([now()!.phase, posted()]).toEqual(['losses', ['step']])
  tell('paused', 4)
  show(4)
  await taking
  expect([now(), shown()]).toEqual([{ kind: 'tour', phase: 'losses', busy: false, taken: 4 }, 3])
  // Back and forth: the step is taken once.
  lastPhase()
  await nextPhase()
  expect([now()!.phase, posted(), shown()]).toEqual(['losses', ['step'], 3])
  await nextPhase()
  expect([now()!.phase, shown()]).toEqual(['update', 4])
  await nextPhase()
  expect(now()).toBeNull()
})

it('goes on by itself in slow motion, step after step, to the end of the run', async () => {
  const { beginWalk, dwell, now, posted, tell } = await open('paused', 8)
  await beginWalk('slow')
  const wait = () => vi.advanceTimersByTimeAsync(dwell)
  for (const step of [9, 10]) {
    for (const phase of ['lessons', 'predictions', 'losses']) {
      await wait()
      expect(now()!.phase).toBe(phase)
    }
    await wait()
    expect(now(), 'waits for the step').toMatchObject({ phase: 'losses', busy: true })
    tell(step === 10 ? 'finished' : 'paused', step)
    await vi.advanceTimersByTimeAsync(0)
    expect(now()).toMatchObject({ phase: 'losses', busy: false, taken: step })
    await wait()
    expect(now()!.phase).toBe('update')
    await wait()
  }
  expect([now(), posted()]).toEqual([null, ['step', 'step']])
})

it('pauses a run, takes the first step of one that has no pictures yet, and ends when the run goes on', async () => {
  const running = await open('running', 5)
  const begun = running.beginWalk('slow')
  expect([running.posted(), running.now()!.busy]).toEqual([['pause'], true])
  running.tell('paused', 6)
  running.worker.say({ type: 'done', id: running.worker.idOf('pause'), answer: undefined })
  await begun
  expect(running.now()).toMatchObject({ phase: 'views', busy: false })
  running.tell('running', 6)
  expect(running.now()).toBeNull()
})

it('takes the first step of a run that has no pictures yet', async () => {
  const { beginWalk, now, posted, tell } = await open('ready', 0, false)
  const begun = beginWalk('tour')
  expect([posted(), now()!.busy]).toEqual([['step'], true])
  tell('paused', 1)
  await begun
  expect(now()).toMatchObject({ phase: 'views', busy: false, taken: null })
})

it('shows the newest pictures when it is ended in the middle of a step, and is not resumed by its answer', async () => {
  const { beginWalk, nextPhase, endWalk, now, shown, tell, show } = await open()
  await beginWalk('slow')
  await nextPhase()
  await nextPhase()
  const taking = nextPhase()
  tell('paused', 4)
  show(4)
  endWalk()
  expect(shown()).toBe(4)
  await taking
  expect(now()).toBeNull()
})

it('tells of a run that has ended without a step, and not in slow motion', async () => {
  const { beginWalk, nextPhase, now, posted } = await open('finished', 10)
  await beginWalk('slow')
  expect(now()).toBeNull()
  await beginWalk('tour')
  for (let i = 0; i < 3; i++) await nextPhase()
  expect([now(), posted()]).toEqual([{ kind: 'tour', phase: 'losses', busy: false, taken: null }, []])
  await nextPhase()
  await nextPhase()
  expect(now()).toBeNull()
})

import { beforeEach, expect, it, vi } from 'vitest'
import { makeConfig } from '../method/config'
import { madeSnapshot, madeViews } from '../timeline/views.test-support'
import { FakeWorker } from '../worker/fake-worker.test-support'
import type { DatasetSummary } from '../worker/protocol'
import { stubPage } from './opened-page.test-support'

/** The page with a run that was looked at after these steps. */
async function open(...steps: number[]) {
  const commands = await import('./commands')
  const { latest } = await import('./latest')
  const { chartView, stepTold } = await import('./chart-view')
  const timeline = await import('./timeline')
  const walk = await import('./walk')
  commands.begin()
  const worker = FakeWorker.newest
  const tell = (step: number, run = 0) =>
    worker.say({ type: 'state', run, state: 'running', step, steps: 100, stepsPerSecond: null, secondsLeft: null })
  const look = (step: number, run = 0) => {
    tell(step, run)
    worker.say({ type: 'views', run, views: madeViews(step), snapshot: madeSnapshot(step) })
  }
  const dataset = { sample: null, unlabeled: [{ id: 'abc/2/0/0', name: 'mine.png' }], exemplars: [], classes: [] }
  worker.say({ type: 'dataset', run: 0, dataset: dataset as unknown as DatasetSummary, config: makeConfig({}) })
  steps.forEach((step) => look(step))
  return {
    ...{ worker, tell, look, ...timeline, walk },
    shown: () => latest.getState().views,
    told: () => stepTold(chartView.getState()),
    at: () => timeline.timelines.getState().at?.step ?? null,
    kept: () => timeline.timelines.getState().snapshots.map(({ step }) => step),
  }
}

beforeEach(() => {
  vi.resetModules()
  vi.useFakeTimers()
  stubPage()
})

it('goes to the nearest kept step: pictures as they were shown, and the step that charts tell', async () => {
  const { goTo, shown, told, at } = await open(10, 20, 40)
  goTo(27)
  expect(at()).toBe(20)
  expect(shown()).toEqual({ ...madeViews(20), name: 'mine.png', mix: { ...madeViews(20).mix!, name: '' } })
  expect(told()).toBe(20)
})

it('stays there while the run goes on, and returns to now', async () => {
  const { goTo, goLive, look, shown, told, at, kept } = await open(10, 20)
  goTo(10)
  look(30)
  expect(kept()).toEqual([10, 20, 30])
  expect(shown()!.step).toBe(10)
  goLive()
  expect([shown()!.step, told(), at()]).toEqual([30, null, null])
  look(40)
  expect(shown()!.step).toBe(40)
})

it('goes from one kept step to the next, and past the newest to now', async () => {
  const { goBy, at } = await open(10, 20, 40)
  const went = [-1, -1, 1, -10, 1, 10].map((by) => {
    goBy(by)
    return at()
  })
  expect(went).toEqual([40, 20, 40, 10, 20, null])
})

it('plays from the beginning to now', async () => {
  const { play, timelines, at } = await open(10, 20, 40)
  play()
  const seen = [at()]
  for (let i = 0; i < 3; i++) {
    vi.advanceTimersByTime(150)
    seen.push(at())
  }
  expect(seen).toEqual([10, 20, 40, null])
  expect(timelines.getState().playing).toBe(false)
})

it('is forgotten with its run, and leaves a step that the run went back from', async () => {
  const { goTo, look, tell, shown, told, at, kept } = await open(10, 20, 40)
  goTo(40)
  look(25)
  expect([kept(), at(), shown()!.step]).toEqual([[10, 20, 25], null, 25])
  goTo(10)
  tell(0, 1)
  expect([kept(), at(), shown(), told()]).toEqual([[], null, null, null])
})

it('shows a recorded run from its end, with its own names and classes', async () => {
  const { worker, shown, at, goBy, classesHere, greyOf, nameOf, timelines } = await open()
  const grey = new Uint8Array(256).fill(9)
  worker.say({
    type: 'timeline',
    run: 0,
    recording: {
      size: 16,
      classes: [{ name: 'wall', color: '#c02060' }],
      pictures: [{ id: 'ghi/2/2/0', name: 'theirs.png', grey }],
      snapshots: [madeSnapshot(3), madeSnapshot(8)],
    },
  })
  expect([shown()!.step, at(), timelines.getState().replay]).toEqual([8, null, true])
  expect(nameOf('ghi/2/2/0')).toBe('theirs.png')
  expect(greyOf('ghi/2/2/0')).toEqual(grey)
  expect(classesHere()).toEqual([{ name: 'wall', color: '#c02060' }])
  goBy(-1)
  expect([shown()!.step, at()]).toEqual([3, 3])
})

it('a walk shows now, and going back ends it', async () => {
  const { goTo, at, shown, walk } = await open(10, 20)
  goTo(10)
  void walk.beginWalk('tour')
  expect([at(), shown()!.step]).toEqual([null, 20])
  goTo(10)
  expect(walk.walks.getState().walk).toBeNull()
  expect(shown()!.step).toBe(10)
})

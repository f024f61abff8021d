import { beforeEach, expect, test, vi } from 'vitest'
import { makeConfig, type Config } from '../method/config'
import type { DatasetSummary, Given, LoggedRun, RequestName } from '../worker/protocol'
import { FakeWorker } from '../worker/fake-worker.test-support'
import { stubPage } from './opened-page.test-support'

beforeEach(() => stubPage('?steps=5&seed=9'))

const modules = async () => ({ ...(await import('./sweep')), ...(await import('./page-store')), ...(await import('./commands')) })

/** A page whose worker trains as it is told, in no time; what it was asked is listed. */
async function opened(
  steps: (seed: number) => 'finished' | 'stopped' | 'running' | 'refused' | 'unlogged' | 'unstored' = () => 'finished',
  before: Partial<Record<'reset' | 'start', () => void>> = {},
) {
  const { sweepStore, startSweep, cancelSweep, ways, sweepRows, pageStore, begin } = await modules()
  begin()
  const asked: string[] = []
  let [run, config, runs] = [0, makeConfig({ steps: 5, seed: 9 }), [] as LoggedRun[]]
  const say = FakeWorker.newest.say.bind(FakeWorker.newest)
  const status = (state: 'ready' | 'running' | 'finished' | 'stopped', step: number) =>
    say({ type: 'state', run, state, step, steps: config.steps, stepsPerSecond: null, secondsLeft: null })
  const dataset = () =>
    say({
      type: 'dataset',
      run,
      config,
      dataset: {
        sample: null,
        unlabeled: [],
        exemplars: [],
        suggestion: null,
        references: 1,
        missing: [],
        hash: 'a',
      } as never as DatasetSummary,
    })
  const log = (present: string | null) => say({ type: 'log', run, runs: [...runs], present, kept: true })
  const acts: { [T in RequestName]?: (given: Given<T>) => void } = {
    stop: () => status('stopped', 1),
    reset: () => {
      before.reset?.()
      run++
      log(null)
      dataset()
      status('ready', 0)
    },
    configure: ({ values }) => {
      config = makeConfig(values as Partial<Config>, config)
      run++
      dataset()
      status('ready', 0)
    },
    start: () => {
      before.start?.()
      const outcome = steps(config.seed)
      if (outcome === 'refused') return
      status('running', 0)
      if (outcome === 'running') return
      const ended = outcome === 'unlogged' || outcome === 'unstored' ? 'finished' : outcome
      status(ended, config.steps)
      if (outcome === 'unlogged') return
      if (outcome === 'unstored') return log(`r${run}`)
      const score = {
        step: config.steps,
        fit: 0.9,
        dice: config.seed / 10 + (config.teacher === 'self' ? 0.5 : 0),
        diceA: 0,
        diceB: 0,
        perClass: [],
      }
      runs = [{ id: `r${run}`, config, state: ended, score, name: null } as never as LoggedRun, ...runs]
      log(`r${run}`)
    },
    'edit-logged': ({ id, name }) => void (runs = runs.map((one) => (one.id === id ? { ...one, name: name ?? null } : one))),
  }
  FakeWorker.newest.postMessage = ({ type, id, given }) => {
    asked.push(type)
    queueMicrotask(() => {
      ;(acts[type] as ((given: never) => void) | undefined)?.(given as never)
      say({ type: 'done', id, answer: undefined as never })
    })
  }
  dataset()
  status('ready', 0)
  const chosen = (...names: string[]) => ways.filter(({ name }) => names.includes(name))
  const rested = () => vi.waitFor(() => expect(sweepStore.getState().at).toBeNull())
  return {
    asked,
    chosen,
    rested,
    startSweep,
    cancelSweep,
    sweepRows,
    pageStore,
    sweep: () => sweepStore.getState(),
    named: () => runs.map(({ name }) => name),
  }
}

test('each way is trained with each seed, and the form has its settings back', async () => {
  const { asked, chosen, rested, startSweep, sweepRows, pageStore, sweep, named } = await opened()
  startSweep(chosen('as set', 'each taught by itself'), [1, 2])
  await rested()
  expect(sweep().ended).toBeNull()
  expect(sweep().cells.map(({ run }) => [run!.config.teacher, run!.config.seed, run!.config.steps])).toEqual([
    ['cross', 1, 5],
    ['cross', 2, 5],
    ['self', 1, 5],
    ['self', 2, 5],
  ])
  expect(named().reverse()).toEqual(['as set, seed 1', 'as set, seed 2', 'each taught by itself, seed 1', 'each taught by itself, seed 2'])
  expect(asked.filter((type) => type === 'start')).toHaveLength(4)
  expect(pageStore.getState().asked).toMatchObject({ seed: 9, teacher: 'cross' })
  const deviation = expect.closeTo(Math.sqrt(0.005), 12) as number
  expect(sweepRows(sweep().cells)).toMatchObject([
    { way: 'as set', runs: 2, dice: { mean: expect.closeTo(0.15, 12) as number, deviation } },
    { way: 'each taught by itself', runs: 2, dice: { mean: expect.closeTo(0.65, 12) as number, deviation } },
  ])
})

test('a run that is stopped ends the sweep, and what had finished stays', async () => {
  const { chosen, rested, startSweep, sweepRows, sweep } = await opened((seed) => (seed === 1 ? 'stopped' : 'finished'))
  startSweep(chosen('as set'), [0, 1, 2])
  await rested()
  expect(sweep().ended).toBe('The run was stopped')
  expect(sweepRows(sweep().cells)).toMatchObject([{ runs: 1, dice: { mean: 0, deviation: null } }])
})

test('a run that cannot be started ends the sweep, and settings that are taken instead stay', async () => {
  const { chosen, rested, startSweep, sweep, pageStore } = await opened(() => 'refused')
  startSweep(chosen('as set'), [0, 1])
  await rested()
  expect(sweep().ended).toBe('This run could not be started')
  expect(pageStore.getState().asked).toMatchObject({ seed: 9 })
})

test('a sweep can be cancelled while it waits for a run that no log has', async () => {
  const { chosen, rested, startSweep, cancelSweep, sweep, pageStore } = await opened(() => 'unlogged')
  startSweep(chosen('as set'), [0, 1])
  await vi.waitFor(() => expect(pageStore.getState().status.state).toBe('finished'))
  await new Promise((done) => setTimeout(done))
  expect(sweep().at).toBe(0)
  pageStore.setState(({ asked }) => ({ asked: { ...asked, size: 32 } }))
  cancelSweep()
  await rested()
  expect(sweep().ended).toBe('The sweep was cancelled')
  expect(pageStore.getState().asked, 'taken meanwhile').toMatchObject({ size: 32, seed: 0 })
})

test('a sweep that is cancelled between two runs begins no other', async () => {
  const { asked, chosen, rested, startSweep, cancelSweep, sweep } = await opened(undefined, { reset: () => cancelSweep() })
  startSweep(chosen('as set'), [0, 1])
  await rested()
  expect(sweep()).toMatchObject({ ended: 'The sweep was cancelled', cells: [{ run: { state: 'finished' } }, { run: null }] })
  expect(asked.filter((type) => type === 'start')).toHaveLength(1)
})

test('a sweep that is cancelled while a run is being started stops it', async () => {
  const { asked, chosen, rested, startSweep, cancelSweep, sweep } = await opened(() => 'running', { start: () => cancelSweep() })
  startSweep(chosen('as set'), [0])
  await rested()
  expect(sweep()).toMatchObject({ ended: 'The sweep was cancelled', cells: [{ run: null }] })
  expect(asked.at(-1)).toBe('stop')
})

test('a run whose record could not be stored ends the sweep', async () => {
  const { chosen, rested, startSweep, sweep } = await opened((seed) => (seed === 1 ? 'unstored' : 'finished'))
  startSweep(chosen('as set'), [0, 1, 2])
  await rested()
  expect(sweep()).toMatchObject({
    ended: 'What this run left could not be stored',
    cells: [{ run: { state: 'finished' } }, { run: null }, { run: null }],
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { yieldTask } from '../lib/yield-task'
import { makeConfig } from '../method/config'
import { FakeWorker } from '../worker/fake-worker.test-support'
import type { BackendInfo, DatasetSummary, OpenedPicture, Outcome, PictureId, RequestName } from '../worker/protocol'

const problem = { kind: 'input', message: 'No.', file: null } as const

/** The page as first opened, with an empty data set. */
async function open() {
  const commands = await import('./commands')
  const { pageStore } = await import('./page-store')
  commands.begin()
  const worker = FakeWorker.newest
  const dataset = { sample: null, unlabeled: [], exemplars: [], classes: [] } as unknown as DatasetSummary
  worker.say({ type: 'dataset', run: 0, dataset, config: makeConfig({}) })
  worker.say({ type: 'state', run: 0, state: 'ready', step: 0, steps: 600, stepsPerSecond: null, secondsLeft: null })
  worker.posted = []
  return { ...commands, worker, state: pageStore.getState, posted: () => worker.posted.map(({ command }) => command.type) }
}

beforeEach(() => {
  vi.resetModules()
  vi.stubGlobal('Worker', FakeWorker)
  vi.stubGlobal('location', { search: '', pathname: '/' })
  vi.stubGlobal('navigator', { hardwareConcurrency: 2 })
  vi.stubGlobal('history', { replaceState: () => undefined })
  vi.stubGlobal('addEventListener', () => undefined)
})
afterEach(() => vi.unstubAllGlobals())

const id: PictureId = 's/2/0/0'

it('waits for an image until its own answer, and stops if it cannot be opened', async () => {
  const { openPicture, worker, state } = await open()
  const first = openPicture('annotate', id)
  expect(state()).toMatchObject({ opening: { purpose: 'annotate', picture: id }, opened: null })
  worker.say({ type: 'problem', run: 0, ...problem })
  expect(state().opening).not.toBeNull()
  worker.say({ type: 'failed', id: worker.idOf('open-picture'), problem })
  await first
  expect(state().opening).toBeNull()

  const second = openPicture('annotate', id)
  const answer = { id } as OpenedPicture
  worker.say({ type: 'done', id: worker.idOf('open-picture'), answer })
  await second
  worker.say({ type: 'problem', run: 0, ...problem })
  expect(state().opened).toBe(answer)
})

it('drops an image that was closed or replaced before it came', async () => {
  const { openPicture, closePicture, worker, state } = await open()
  const closed = openPicture('preview', id)
  closePicture()
  worker.say({ type: 'done', id: worker.idOf('open-picture'), answer: { id } as OpenedPicture })
  await closed
  expect(state()).toMatchObject({ opening: null, opened: null })

  const left = openPicture('preview', id)
  const late = worker.idOf('open-picture')
  const other: PictureId = 's/2/1/0'
  const stays = openPicture('preview', other)
  worker.say({ type: 'failed', id: late, problem })
  await left
  expect(state()).toMatchObject({ opening: { picture: other }, opened: null })
  worker.say({ type: 'done', id: worker.idOf('open-picture'), answer: { id: other } as OpenedPicture })
  await stays
  expect(state().opened).toEqual({ id: other })
})

it('sends settings before a command, and refused ones again before the next', async () => {
  const { setValue, drive, worker, posted } = await open()
  setValue('steps', 5)
  drive('start')
  expect(posted()).toEqual(['configure', 'start'])
  worker.say({ type: 'failed', id: worker.idOf('configure'), problem })
  await vi.waitFor(() => {
    worker.posted = []
    drive('start')
    expect(posted()).toEqual(['configure', 'start'])
  })
  worker.say({ type: 'done', id: worker.idOf('configure'), answer: undefined })
  worker.posted = []
  drive('start')
  expect(posted()).toEqual(['start'])
})

/** A first visit or a later one, up to a run that has begun. */
async function started(opened: Partial<BackendInfo>, right: boolean | null = true) {
  vi.resetModules()
  const { drive, worker, posted } = await open()
  const answer = async (type: RequestName, answer: unknown = undefined, id = worker.idOf(type)) => {
    worker.say({ type: 'done', id, answer } as Outcome)
    await yieldTask()
  }
  const first = 1
  await answer('init', { backend: 'webgpu', adapter: 'one', software: false, ...opened }, first)
  const press = async () => {
    drive('start')
    await answer('start')
  }
  await press()
  const asked = posted()
  if (asked.includes('check-adapter')) await answer('check-adapter', { right })
  return { asked, press, posted }
}

describe('the GPU is tested beside the first run', () => {
  beforeEach(() => {
    const kept = new Map<string, string>()
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    })
  })

  it('once for each adapter and browser', async () => {
    expect((await started({})).asked).toEqual(['start', 'check-adapter'])
    expect((await started({})).asked).toEqual(['trust-adapter', 'start'])
    expect((await started({ adapter: 'two' })).asked).toEqual(['start', 'check-adapter'])
    expect((await started({})).asked).toEqual(['trust-adapter', 'start'])
    vi.stubGlobal('navigator', { hardwareConcurrency: 2, userAgent: 'a newer one' })
    expect((await started({})).asked).toEqual(['start', 'check-adapter'])
  })

  it.each([null, false])('again if it was found %s', async (right) => {
    const { press, posted } = await started({}, right)
    await press()
    expect(posted()).toEqual(['start', 'check-adapter', 'start', 'check-adapter'])
    expect((await started({})).asked).toEqual(['start', 'check-adapter'])
  })

  it('not on another backend', async () => {
    expect((await started({ backend: 'wasm' })).asked).toEqual(['start'])
  })

  it('each time where nothing can be kept', async () => {
    vi.stubGlobal('localStorage', undefined)
    expect((await started({})).asked).toEqual(['start', 'check-adapter'])
    expect((await started({})).asked).toEqual(['start', 'check-adapter'])
  })
})

it('asks for another mask, says what that changed, and shows why it was refused', async () => {
  const { chooseMask, undoMask, worker, state } = await open()
  const chosen = chooseMask('image', 'mask')
  expect(worker.posted.at(-1)!.command).toMatchObject({ type: 'choose-mask', given: { image: 'image', mask: 'mask' } })
  expect(state().pending.map(({ type }) => type)).toContain('choose-mask')
  worker.say({ type: 'done', id: worker.idOf('choose-mask'), answer: 'It has a mask now.' })
  expect(await chosen).toBe('It has a mask now.')
  const refused = undoMask()
  worker.say({ type: 'failed', id: worker.idOf('undo-mask'), problem })
  expect(await refused).toBeUndefined()
  expect(state().problems.map(({ message }) => message)).toEqual(['No.'])
  expect(state().pending.map(({ type }) => type)).not.toContain('undo-mask')
})

it('shows the settings of a run that is continued, in form and address, and asks for no others afterwards', async () => {
  vi.useFakeTimers()
  const replaced: string[] = []
  vi.stubGlobal('history', { replaceState: (_: unknown, __: string, url: string) => replaced.push(url) })
  const { setValue, drive, worker, state, posted } = await open()
  setValue('seed', 5)
  const config = makeConfig({ steps: 77, tau: 0.5 })
  worker.say({ type: 'continued', run: 1, config, watched: id })
  expect(state()).toMatchObject({ asked: config, watched: id })
  expect(replaced.at(-1)).toBe('/?steps=77&tau=0.5')
  vi.advanceTimersByTime(1000)
  drive('step')
  expect(posted()).toEqual(['step'])
  vi.useRealTimers()
})

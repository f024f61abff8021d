import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { makeConfig } from '../method/config'
import { FakeWorker } from '../worker/fake-worker.test-support'
import type { DatasetSummary, OpenedPicture, PictureId } from '../worker/protocol'

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

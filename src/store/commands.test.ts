import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { yieldTask } from '../lib/yield-task'
import { makeConfig } from '../method/config'
import { stubPage } from './opened-page.test-support'
import type { State } from './state'
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

beforeEach(() => stubPage())
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

it('says when the drawing tools are closed, and which slice they showed last', async () => {
  const { openEditor, turnedTo, annotate, worker } = await open()
  const closings: PictureId[] = []
  const opened = async (answer: OpenedPicture | null) => {
    const closed = openEditor(id).then((last) => closings.push(last))
    if (answer) worker.say({ type: 'done', id: worker.idOf('open-picture'), answer })
    else worker.say({ type: 'failed', id: worker.idOf('open-picture'), problem })
    await Promise.resolve()
    return closed
  }
  const used = opened({ id } as OpenedPicture)
  turnedTo('s/2/4/0')
  turnedTo('s/2/3/0')
  expect(closings).toEqual([])
  annotate([{ picture: 's/2/3/0', labels: new Uint8Array(4) }], [])
  await used
  expect(closings).toEqual(['s/2/3/0'])
  // Also when the image cannot be had.
  await opened(null)
  expect(closings).toEqual(['s/2/3/0', id])
})

it('sends settings before a command, and refused ones again before the next', async () => {
  const { setValue, drive, worker, posted } = await open()
  setValue('steps', 5)
  drive('start')
  expect(posted()).toEqual(['configure', 'start'])
  const begun = async () => {
    worker.say({ type: 'done', id: worker.idOf('start'), answer: undefined })
    await yieldTask()
  }
  worker.say({ type: 'failed', id: worker.idOf('configure'), problem })
  await begun()
  worker.posted = []
  drive('start')
  expect(posted()).toEqual(['configure', 'start'])
  await begun()
  worker.say({ type: 'done', id: worker.idOf('configure'), answer: undefined })
  worker.posted = []
  drive('start')
  expect(posted()).toEqual(['start'])
})

it('sends what was asked for a moment before the masks were chosen', async () => {
  const { setValue, configureRun, worker } = await open()
  setValue('steps', 5)
  configureRun({ holes: true })
  expect(worker.posted.map(({ command }) => command.given)).toEqual([{ values: { steps: 5 } }, { values: { holes: true } }])
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

it('asks once for what is pressed twice, and again once it is answered', async () => {
  const { drive, trainOn, worker, posted } = await open()
  const twice = async (press: () => unknown, type: RequestName) => {
    void press()
    void press()
    worker.say({ type: 'done', id: worker.idOf(type), answer: undefined } as Outcome)
    await yieldTask()
    void press()
  }
  await twice(() => drive('resume'), 'resume')
  await twice(() => trainOn(200), 'train-on')
  expect(posted()).toEqual(['resume', 'resume', 'train-on', 'train-on'])
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

/** The page with a run on the user's own images, paused after some steps. */
async function withRun(step = 5) {
  const page = await open()
  page.worker.say({ type: 'state', run: 0, state: 'paused', step, steps: 600, stepsPerSecond: null, secondsLeft: null })
  const answer = async (type: RequestName) => {
    page.worker.say({ type: 'done', id: page.worker.idOf(type), answer: undefined } as Outcome)
    await yieldTask()
  }
  const runs = await import('./kept-runs')
  return { ...page, ...runs, answer }
}
const file = new File([], 'run.zip')

it('says which files are for the run log, for the page to import them', async () => {
  const { loadFiles, worker } = await withRun()
  const log = new File([], 'exemplar-lab-run-log.zip')
  const left = loadFiles([file, log], null)
  worker.say({ type: 'done', id: worker.idOf('load-files'), answer: { logged: [log.name] } })
  expect((await left).map(({ name }) => name)).toEqual([log.name])
})

describe('what would discard a run', () => {
  it('is asked about first: Reset, which is then made or not', async () => {
    const { drive, discard, keepRun, posted, state } = await withRun()
    void drive('reset')
    expect([posted(), state().question?.type]).toEqual([[], 'reset'])
    keepRun()
    expect([posted(), state().question]).toEqual([[], null])
    void drive('reset')
    void discard()
    expect([posted(), state().question]).toEqual([['reset'], null])
  })

  it('is asked about once the worker has refused it, and is made again after Reset', async () => {
    const { loadFiles, discard, answer, worker, posted, state } = await withRun()
    void loadFiles([file], null)
    worker.say({ type: 'failed', id: worker.idOf('load-files'), problem: { ...problem, discards: true } })
    await yieldTask()
    expect([state().question?.type, state().problems]).toEqual(['load-files', []])
    worker.posted = []
    const discarded = discard()
    expect(posted()).toEqual(['reset'])
    await answer('reset')
    expect(posted()).toEqual(['reset', 'load-files'])
    // Of files given together one may be for the run log.
    worker.say({ type: 'done', id: worker.idOf('load-files'), answer: { logged: [file.name] } })
    expect((await discarded).map(({ name }) => name)).toEqual([file.name])
  })

  it('does what only a new run takes after its own Reset, and no more once something else was decided', async () => {
    const { anew, drive, loadFiles, discard, segmentInstead, keepRun, answer, worker, state } = await withRun()
    const work = vi.fn()
    const dropped = async () => {
      anew(work)
      expect(state().question?.type).toBe('reset')
      void loadFiles([file], null)
      worker.say({ type: 'failed', id: worker.idOf('load-files'), problem: { ...problem, discards: true } })
      await yieldTask()
      expect(state().question?.type).toBe('load-files')
    }
    const reset = async () => {
      void discard()
      await answer('reset')
    }
    await dropped()
    void segmentInstead()
    await answer('load-files')
    void drive('reset')
    await reset()
    expect(work, 'after another Reset').not.toHaveBeenCalled()
    await dropped()
    await reset()
    await answer('load-files')
    expect(work, 'before other files').not.toHaveBeenCalled()
    anew(work)
    keepRun()
    void drive('reset')
    await reset()
    expect(work).not.toHaveBeenCalled()
    anew(work)
    await reset()
    expect(work).toHaveBeenCalledOnce()
  })

  it('is not a kept run that another takes the place of', async () => {
    const { continueRun, worker, posted, state } = await withRun()
    void continueRun('other')
    expect([posted(), state().question?.type]).toEqual([[], 'continue-run'])
    worker.say({ type: 'runs', run: 0, runs: [{ id: 'this', states: [{ step: 5 }] }] as unknown as State['runs'] & [], present: 'this' })
    void continueRun('other')
    expect(posted()).toEqual(['continue-run'])
  })
})

it('keeps the run when the page is hidden, and takes files while the engine loads', async () => {
  const heard = new Map<string, () => void>()
  vi.stubGlobal('addEventListener', (type: string, hear: () => void) => void heard.set(type, hear))
  vi.stubGlobal('document', { visibilityState: 'hidden' })
  const commands = await import('./commands')
  commands.begin()
  const worker = FakeWorker.newest
  worker.posted = []
  heard.get('visibilitychange')!()
  void commands.loadFiles([file], null)
  worker.say({ type: 'state', run: 0, state: 'running', step: 5, steps: 600, stepsPerSecond: null, secondsLeft: null })
  heard.get('visibilitychange')!()
  expect(worker.posted.map(({ command }) => command.type)).toEqual(['load-files', 'keep'])
})

describe('after the worker has died, the run is brought back', () => {
  /** What a new worker is asked, each answered as it comes, and the run it then has. */
  async function backIn(page: Awaited<ReturnType<typeof withRun>>) {
    const { ask, reconnect } = await import('./connection')
    const { presentRun } = await import('./present-run')
    const run = presentRun()
    reconnect()
    const worker = FakeWorker.newest
    const back = page.bringBack(run, ask)
    const asked: RequestName[] = []
    for (let i = 0; i < 10; i++) {
      await yieldTask()
      const { command } = worker.posted[asked.length] ?? {}
      if (!command) continue
      asked.push(command.type)
      worker.say({ type: 'state', run: 0, state: 'paused', step: 4, steps: 600, stepsPerSecond: null, secondsLeft: null })
      worker.say({ type: 'done', id: command.id, answer: undefined } as Outcome)
    }
    return { asked, back: await back, worker }
  }

  it('from what the browser keeps', async () => {
    const page = await withRun()
    page.worker.say({ type: 'runs', run: 0, runs: [{ id: 'this' }] as unknown as State['runs'] & [], present: 'this' })
    void page.loadFiles([file], null)
    await page.answer('load-files')
    const { asked, back, worker } = await backIn(page)
    expect([asked, back]).toEqual([['continue-run'], true])
    // Should that become unreadable.
    const { presentRun } = await import('./present-run')
    expect(presentRun().files).toHaveLength(1)
    expect(worker.posted[0]!.command.given).toEqual({ id: 'this', best: false })
  })

  it('from what the page holds, with its files, as often as it takes', async () => {
    const page = await withRun()
    void page.loadFiles([file], null)
    await page.answer('load-files')
    for (let i = 0; i < 2; i++) {
      page.worker.say({ type: 'held', run: 0, archive: new Uint8Array([1, 2]) })
      FakeWorker.newest.say({ type: 'held', run: 0, archive: new Uint8Array([1, 2]) })
      expect(await backIn(page)).toMatchObject({ asked: ['load-files', 'reset', 'load-files'], back: true })
    }
  })

  it('unless nothing was kept', async () => {
    expect(await backIn(await withRun(0))).toMatchObject({ asked: [], back: false })
  })
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

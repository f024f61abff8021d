import { unzipSync } from 'fflate'
import { expect, test, vi } from 'vitest'
import { fromBytes } from '../data/given-file'
import { disagreement } from '../image/masks'
import { splitRuns } from '../session/run-archive'
import { exemplar, images, inRole } from '../session/disc-files.test-support'
import { sessionsOnWasm, threeSteps } from '../session/sessions.test-support'
import { Keeper } from './keeper'
import { MemoryBrowser } from './memory-storage.test-support'
import { MemoryLog, most, RunLog, type LogEvent } from './run-log'
import type { LoggedRun } from './logged-run'

const { openSession, wasm } = sessionsOnWasm()

/** A session with what keeps it and its log, as in the worker of a tab. */
async function openTab(browser = new MemoryBrowser()) {
  const [told, problems]: [LogEvent[], string[]] = [[], []]
  let clock = 0
  const { session, runTo } = openSession((event) => {
    log.hear(event)
    keeper.hear(event)
  })
  const keeper = new Keeper(session, wasm(), () => undefined)
  const log: RunLog = new RunLog(
    session,
    () => keeper.identify(),
    (event) => told.push(event),
    (message) => problems.push(message),
    () => ++clock,
  )
  const storage = browser.tab()
  await Promise.all([keeper.open(storage), log.open(storage.log)])
  /** What is listed once all that was heard is written. */
  const listed = async () => {
    await keeper.keep()
    await log.remove([])
    return told.at(-1)!
  }
  return { session, keeper, log, listed, told: () => told.at(-1)!, problems, storage, runTo, close: storage.close }
}

async function withImages(browser?: MemoryBrowser) {
  const tab = await openTab(browser)
  await tab.keeper.load([...exemplar, ...inRole('unlabeled', ...images)])
  await tab.session.configure(threeSteps)
  return tab
}

test('each run that ends is listed once, however often it goes on, also after a reload', async () => {
  const browser = new MemoryBrowser()
  const tab = await withImages(browser)
  await tab.runTo(2)
  expect((await tab.listed()).runs).toEqual([])
  await tab.session.stop()
  const stopped = await tab.listed()
  expect(stopped).toMatchObject({ kept: true, present: stopped.runs[0]!.id })
  expect(stopped.runs).toMatchObject([{ state: 'stopped', step: 2, masks: images.length, name: null, pinned: false }])
  await tab.log.edit(stopped.runs[0]!.id, { name: ' Mine ', pinned: true })
  await tab.runTo()
  const finished = await tab.listed()
  expect(finished.runs).toMatchObject([{ id: stopped.runs[0]!.id, state: 'finished', step: 3, name: 'Mine', pinned: true }])
  expect(finished.runs[0]!.score!.step).toBe(3)

  tab.close()
  const other = await openTab(browser)
  const [kept] = await browser.tab().records.all()
  await other.keeper.resume(kept!.id, false)
  expect((await other.listed()).present).toBe(stopped.runs[0]!.id)
  await other.session.trainOn(1)
  await other.session.settled()
  expect((await other.listed()).runs).toMatchObject([{ id: stopped.runs[0]!.id, step: 4, name: 'Mine', pinned: true, seconds: null }])

  // Another run on the same images.
  await other.session.reset()
  expect((await other.listed()).present).toBeNull()
  await other.session.configure({ ...threeSteps, seed: 5 })
  await other.runTo()
  const both = await other.listed()
  expect(both.runs.map(({ config, name }) => [config.seed, name])).toEqual([
    [5, null],
    [0, 'Mine'],
  ])
})

test('the list is read once for each time that a run is written, and other tabs hear of it', async () => {
  const browser = new MemoryBrowser()
  const tab = await withImages(browser)
  const read = vi.spyOn(browser.log, 'all')
  await tab.runTo()
  await tab.listed()
  // At its end, with its masks, and above.
  expect(read).toHaveBeenCalledTimes(3)
  const other = await openTab(browser)
  const [run] = other.told().runs
  await tab.log.edit(run!.id, { name: 'Mine' })
  await vi.waitFor(() => expect(other.told().runs).toMatchObject([{ id: run!.id, name: 'Mine' }]))
  await other.log.remove([run!.id])
  await vi.waitFor(() => expect(tab.told().runs).toEqual([]))
})

test('curves, masks and what differs come from what is kept, and a list that is exported is imported as it was', async () => {
  const tab = await withImages()
  await tab.runTo()
  await tab.session.reset()
  await tab.session.configure({ ...threeSteps, teacher: 'self', seed: 1 })
  await tab.runTo()
  const { runs } = await tab.listed()
  const [b, a] = runs.map(({ id }) => id) as [string, string]
  const { steps, scores } = await tab.log.curves(b)
  expect([...steps['step']!]).toEqual([1, 2, 3])
  expect(steps['totalA']).toHaveLength(3)
  expect(scores.map(({ step }) => step)).toEqual([2, 3])

  const differing = await tab.log.differing([a, b])
  expect(differing).toHaveLength(images.length)
  const shares = differing.map(({ share }) => share)
  expect(shares).toEqual([...shares].sort((x, y) => y - x))
  const { picture, share } = differing[0]!
  const [one, other] = await tab.log.masks(picture, [a, b])
  const own = await tab.session.viewPicture(picture)
  expect([one!.length, other!.length]).toEqual([own.pixels.length, own.pixels.length])
  expect(disagreement(one!, other!) > 0).toBe(share > 0)
  // The run at hand is the second: its mask here is the one that the viewer has, but for what is between the networks' pixels.
  const wrong = other!.filter((label, i) => label !== own.masks.mean![i]).length
  expect(wrong / other!.length).toBeLessThan(0.1)

  await tab.log.edit(a, { name: 'Cross' })
  const file = await tab.log.export([a, b])
  expect(new TextDecoder().decode(unzipSync(file.bytes)['README.txt'])).toContain('Do not use it for diagnosis or treatment.')
  const given = fromBytes(file.name, file.bytes)
  expect((await splitRuns([{ role: null, file: given }])).records).toEqual([given])
  const fresh = await openTab()
  expect(await fresh.log.import([fromBytes(file.name, file.bytes)])).toEqual({ count: 2, problems: [] })
  const same = (run: LoggedRun) => ({ ...run, id: '', ended: 0, pinned: false, bytes: 0 })
  const now = (await fresh.listed()).runs
  const before = (await tab.listed()).runs
  expect(now.map(same).sort((x, y) => x.config.seed - y.config.seed)).toEqual(
    before.map(same).sort((x, y) => x.config.seed - y.config.seed),
  )
  await expect(fresh.log.import([fromBytes('a.txt', Uint8Array.of(1))])).rejects.toThrow('"a.txt" is no run')
  await expect(fresh.log.curves('none')).rejects.toThrow('no longer in the run log')
})

test('the oldest runs leave when there are too many or they are too large, but not those that are pinned', async () => {
  const tab = await withImages()
  await tab.runTo()
  const { runs } = await tab.listed()
  const file = await tab.log.export([runs[0]!.id])
  const store = new MemoryLog()
  const [old] = runs
  for (let i = 0; i < most.runs + 3; i++)
    await store.write({ ...old!, id: `old ${i}`, ended: -i, pinned: i === most.runs + 2 }, new Uint8Array(1))
  const log = new RunLog(
    tab.session,
    () => Promise.resolve(null),
    () => undefined,
    () => undefined,
  )
  await log.open(store)
  await log.import([fromBytes('one.zip', file.bytes)])
  const left = await store.all()
  expect(left.filter(({ pinned }) => !pinned)).toHaveLength(most.runs)
  expect(left.map(({ id }) => id)).toEqual(expect.arrayContaining(['old 0', `old ${most.runs + 2}`]))
  expect(left.map(({ id }) => id)).not.toContain(`old ${most.runs}`)

  await store.write({ ...old!, id: 'large', ended: -1000, bytes: most.bytes }, new Uint8Array(1))
  await log.import([fromBytes('one.zip', file.bytes)])
  expect((await store.all()).map(({ id }) => id)).not.toContain('large')
})

test('a run that cannot be stored is told, and one that could not be read is read when it is asked for again', async () => {
  const tab = await withImages()
  const write = vi.spyOn(tab.storage.log, 'write').mockRejectedValue(new DOMException('', 'QuotaExceededError'))
  await tab.runTo()
  expect((await tab.listed()).runs).toEqual([])
  expect(new Set(tab.problems)).toEqual(
    new Set(['This run is not in the run log (its storage is full). Export run saves what it would hold.']),
  )
  write.mockRestore()
  await tab.session.trainOn(1)
  await tab.session.settled()
  const [{ id }] = (await tab.listed()).runs as [LoggedRun]
  vi.spyOn(tab.storage.log, 'read').mockRejectedValueOnce(new DOMException('No answer within 30 s.', 'TimeoutError'))
  await expect(tab.log.curves(id)).rejects.toThrow('No answer')
  expect((await tab.log.curves(id)).steps.step).toHaveLength(4)
})

test('storage that is full is told as such, and what came before is listed', async () => {
  const tab = await withImages()
  await tab.runTo()
  const { runs } = await tab.listed()
  const { bytes } = await tab.log.export([runs[0]!.id, runs[0]!.id])
  const real = tab.storage.log.write.bind(tab.storage.log)
  const full = new DOMException('', 'QuotaExceededError')
  const write = vi.spyOn(tab.storage.log, 'write').mockImplementationOnce(real).mockRejectedValue(full)
  const said = 'The run log could not be changed (its storage is full): delete runs that are kept, or in the run log, to make room.'
  await expect(tab.log.import([fromBytes('log.zip', bytes)])).rejects.toMatchObject({ name: 'InputError', message: said })
  expect(tab.told().runs).toHaveLength(2)
  await expect(tab.log.edit(runs[0]!.id, { pinned: true })).rejects.toThrow(said)
  write.mockRestore()
})

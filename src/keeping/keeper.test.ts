import { diceAlone } from '../method/history'
import { afterEach, describe, expect, it, test, vi } from 'vitest'
import { fromBytes } from '../data/given-file'
import { LostError } from '../kernels/lost-error'
import { Random } from '../lib/random'
import type { Config } from '../method/config'
import { StepRunner } from '../method/step-runner'
import { openCheckpoint } from '../session/checkpoint'
import { disc, exemplar, images, inRole, pngFile } from '../session/disc-files.test-support'
import type { Session } from '../session/session'
import { sessionsOnWasm } from '../session/sessions.test-support'
import { mostImageBytes } from './image-copies'
import { Keeper, type KeeperEvents } from './keeper'
import type { ListedRun } from './kept-run'
import { MemoryBrowser } from './memory-storage.test-support'
import type { Storage } from './storage'

const tiny: Partial<Config> = { size: 16, baseWidth: 4, steps: 12, warmup: 0.25, ramp: 0, tau: 0.34, scoreEvery: 4 }

const { openSession, wasm } = sessionsOnWasm()
// Before the sessions end.
afterEach(() => void vi.restoreAllMocks())

/** A session and its keeper, as in the worker of a tab that was just opened. */
async function openTab(browser: MemoryBrowser | null, own: Partial<Storage> = {}) {
  const storage = browser?.tab()
  const listed: KeeperEvents['runs'][] = []
  const held: Uint8Array[] = []
  const said: string[] = []
  let alive = true
  const { session, runTo } = openSession(
    (event) => {
      if (!alive) return
      if (event.type === 'problem') said.push(event.message)
      keeper.hear(event)
    },
    () => Promise.resolve(wasm()),
  )
  const keeper: Keeper = new Keeper(session, wasm(), (type, event) => {
    if (type === 'runs') listed.push(event as KeeperEvents['runs'])
    if (type === 'held') held.push((event as KeeperEvents['held']).archive)
    if (type === 'problem') said.push((event as KeeperEvents['problem']).message)
  })
  await keeper.open(storage ? { ...storage, ...own } : null, storage ? null : 'it was refused')
  const goOn = async (until = Infinity) => {
    await runTo(until)
    if (alive) await keeper.keep()
  }
  /** As a crash: nothing is kept any more, and what the tab has taken is free. */
  const crash = () => {
    alive = false
    storage?.close()
  }
  return { session, keeper, said, held, goOn, crash, runs: () => listed.at(-1)!.runs, present: () => listed.at(-1)!.present }
}

type Tab = Awaited<ReturnType<typeof openTab>>

/** The user's files, given one after another. */
async function giveFiles({ keeper, session }: Tab, settings = tiny) {
  for (const files of [exemplar, inRole('unlabeled', ...images.slice(0, 2)), inRole('unlabeled', images[2]!)]) await keeper.load(files)
  await session.configure(settings)
}

/** A tab with a run on the user's files that is paused after 3 steps and kept. */
async function withRun(browser: MemoryBrowser) {
  const tab = await openTab(browser)
  await giveFiles(tab)
  await tab.goOn(3)
  return tab
}

/** A tab with a run on a sample that is paused after 2 steps and kept. */
async function withSampleRun(browser: MemoryBrowser) {
  const tab = await openTab(browser)
  await tab.session.loadSample('Cardiac phantom')
  await tab.session.configure(tiny)
  await tab.goOn(2)
  return tab
}

/** A comparison element by element would take seconds. */
const expectSame = (a: Uint8Array, b: Uint8Array) => expect(Buffer.compare(a, b)).toBe(0)

const steps = (run: ListedRun | undefined) => run?.states.map(({ step }) => step)

describe('a run that is interrupted', () => {
  test(
    'five times at random in 300 steps, each time in another way, ends with the weights of one that is not',
    { timeout: 500_000 },
    async () => {
      const steps = 300
      const settings = { ...tiny, batchLabeled: 2, batchUnlabeled: 1, steps, scoreEvery: 100 }
      const whole = await openTab(null)
      await giveFiles(whole, settings)
      await whole.goOn()
      const expected = await openCheckpoint(await whole.session.checkpoint())

      const browser = new MemoryBrowser()
      const seed = Date.now()
      const random = new Random(seed, 'interruptions')
      let tab = await openTab(browser)
      await giveFiles(tab, settings)
      const fromDisk = async () => {
        tab = await openTab(browser)
        await tab.keeper.resume(tab.runs()[0]!.id, false)
      }
      const ways: (() => Promise<void>)[] = [
        // The tab is closed while the run is paused.
        async () => {
          tab.crash()
          await fromDisk()
        },
        // It goes on for some steps that nobody keeps, and crashes.
        async () => {
          tab.crash()
          await tab.goOn(tab.session.stepsTaken + 3)
          await fromDisk()
        },
        // The newest state is damaged by the crash.
        async () => {
          await tab.goOn(tab.session.stepsTaken + 2)
          tab.crash()
          const [run] = tab.runs()
          browser.folders.get(run!.id)!.set(run!.states[0]!.file, new Uint8Array(1000))
          await fromDisk()
          expect(tab.said.splice(0)).toEqual([expect.stringMatching(/^What was kept of this run at step \d+ is damaged/)])
        },
        // The worker dies where the disk is full: another gets what the page holds, on the images of the state before.
        async () => {
          browser.quota = browser.used
          await tab.goOn(tab.session.stepsTaken + 2)
          tab.crash()
          const held = tab.held.at(-1) as Uint8Array<ArrayBuffer>
          browser.quota = Infinity
          await fromDisk()
          await tab.session.reset()
          await tab.keeper.load(inRole(null, fromBytes('held', held)))
        },
        // What computes is lost in the middle of a step.
        async () => {
          vi.spyOn(StepRunner.prototype, 'read').mockRejectedValueOnce(new LostError('The GPU was lost (a test)'))
          await tab.goOn(tab.session.stepsTaken + 2)
        },
      ]
      const moments = ways.map(() => 2 + random.integer(steps - 20)).sort((a, b) => a - b)
      for (const at of moments) {
        if (at > tab.session.stepsTaken) await tab.goOn(at)
        const before = tab.session.stepsTaken
        const [way] = ways.splice(random.integer(ways.length), 1)
        await way!()
        expect(tab.session.stepsTaken, `seed ${seed}, at ${at} of ${moments.join()}`).toBeGreaterThanOrEqual(before - 1)
      }
      await tab.goOn()
      expect(tab.session).toMatchObject({ state: 'finished', stepsTaken: steps })
      const { tensors, rows, scores, recoveries } = await openCheckpoint(await tab.session.checkpoint())
      expect({ rows, scores }).toEqual({ rows: expected.rows, scores: expected.scores })
      for (const [name, { data }] of Object.entries(expected.tensors)) if (name !== 'seal') expect(tensors[name]!.data, name).toEqual(data)
      expect(recoveries).toMatchObject([{ why: 'backend' }])
      expect(tab.said).toEqual([])
      expect(browser.records.size).toBe(1)
    },
  )

  test('has the images that were only segmented too, and does not need them to go on', async () => {
    const browser = new MemoryBrowser()
    const first = await withRun(browser)
    await first.keeper.load(inRole('further', pngFile('q_1.png', disc(5).image)))
    await first.keeper.keep()
    const masks = await first.session.files('masks')
    expect(Object.keys(masks)).toContain('masks/q_1.png')
    first.crash()
    const second = await openTab(browser)
    await second.keeper.resume(second.runs()[0]!.id, false)
    await second.session.settled()
    expect(second.session.stepsTaken).toBe(3)
    expect(second.said).toEqual([])
    expectSame((await second.session.files('masks'))['masks/q_1.png']!, masks['masks/q_1.png']!)
  })

  test('on a sample comes back without files', async () => {
    const browser = new MemoryBrowser()
    const tab = await withSampleRun(browser)
    tab.crash()
    const again = await openTab(browser)
    await again.keeper.resume(again.runs()[0]!.id, false)
    expect(again.session).toMatchObject({ state: 'paused', stepsTaken: 2 })
    expectSame(await again.session.checkpoint(), await tab.session.checkpoint())
  })

  test('on a sample has all images that were only segmented, given one after another', async () => {
    const browser = new MemoryBrowser()
    const tab = await withSampleRun(browser)
    for (const [i, name] of ['q_1.png', 'q_2.png'].entries()) await tab.keeper.load(inRole('further', pngFile(name, disc(5 + i).image)))
    await tab.session.configure({ largest: true })
    await tab.keeper.keep()
    const paths = ['masks/q_1.png', 'masks/q_2.png']
    const masks = await tab.session.files('masks')
    tab.crash()
    const again = await openTab(browser)
    await again.keeper.resume(again.runs()[0]!.id, false)
    await again.session.settled()
    const back = await again.session.files('masks')
    expect(Object.keys(back)).toEqual(expect.arrayContaining(paths))
    for (const path of paths) expectSame(back[path]!, masks[path]!)
  })
})

describe('what is kept', () => {
  it('is the last two states, the best, and each image once, whatever changed last', async () => {
    const browser = new MemoryBrowser()
    const tab = await withRun(browser)
    const dice = (dice: number) =>
      tab.keeper.hear({
        type: 'metrics',
        run: 0,
        rows: [],
        scores: [{ step: 0, fit: 1, dice, diceA: null, diceB: null, perClass: [], ...diceAlone }],
      })
    dice(0.7)
    await tab.goOn(5)
    dice(0.6)
    for (const until of [6, 7, 8]) await tab.goOn(until)
    const [run] = tab.runs()
    expect(run!.states.map(({ step, dice }) => [step, dice])).toEqual([
      [8, 0.6],
      [7, 0.6],
      [5, 0.7],
    ])
    expect(run).toMatchObject({ sample: null, backend: 'wasm', config: tiny, elsewhere: false })
    expect(run!.files.map(({ name, batch }) => [name, batch])).toEqual([
      ['e_1.png', 0],
      ['e_1_mask.png', 0],
      ['p0_1.png', 1],
      ['p1_1.png', 1],
      ['p2_1.png', 2],
    ])
    // No other file, and the images without holes.
    const states = run!.states.map(({ file }) => `${run!.id}/${file}`)
    expect(browser.files).toEqual([`${run!.id}/images`, ...states].sort())
    const sizes = [...exemplar.map(({ file }) => file), ...images].reduce((sum, { size }) => sum + size, 0)
    expect(browser.folders.get(run!.id)!.get('images')).toHaveLength(sizes)

    await tab.session.editClass(1, { name: 'Wall', color: '#123456' })
    await tab.keeper.keep()
    expect(steps(tab.runs()[0])).toEqual([8, 8, 5])
    await tab.keeper.resume(run!.id, true)
    expect(tab.session.stepsTaken).toBe(5)
  })

  it('goes with Reset, unless the next run is made from the copies of its images, which are then kept for it', async () => {
    const browser = new MemoryBrowser()
    const tab = await withRun(browser)
    await tab.session.reset()
    await tab.keeper.forget('settle')
    expect([browser.files, browser.records.size, tab.runs()]).toEqual([[], 0, []])

    await tab.goOn(2)
    tab.crash()
    const again = await openTab(browser)
    const [{ id }] = again.runs() as [ListedRun]
    await again.keeper.resume(id, false)
    await again.session.reset()
    await again.keeper.forget('settle')
    expect(browser.files).toEqual([`${id}/images`])
    await again.goOn(3)
    expect(steps(again.runs()[0])![0]).toBe(3)
    expect(browser.records.size).toBe(1)

    // Of a crash between them nothing stays.
    await again.session.reset()
    await again.keeper.forget('settle')
    again.crash()
    await openTab(browser)
    expect([browser.files, browser.records.size]).toEqual([[], 0])
  })

  it('is really gone when it is forgotten, and is not kept again while the run goes on', async () => {
    const browser = new MemoryBrowser()
    const tab = await withRun(browser)
    await tab.keeper.forget(tab.runs()[0]!.id)
    expect([browser.files, browser.records.size, tab.runs(), tab.present()]).toEqual([[], 0, [], null])
    await tab.goOn(5)
    expect(browser.files).toEqual([])
    await tab.session.reset()
    await tab.goOn(1)
    expect(steps(tab.runs()[0])).toEqual([1])
  })

  it('is of runs on samples only the newest, and never another of the user’s images', async () => {
    const browser = new MemoryBrowser()
    const own = await withRun(browser)
    own.crash()
    for (const until of [1, 2]) {
      const tab = await openTab(browser)
      await tab.session.loadSample('Cardiac phantom')
      await tab.session.configure(tiny)
      await tab.goOn(until)
      expect(tab.runs().map((run) => [run.sample, steps(run)![0]])).toEqual([
        ['Cardiac phantom', until],
        [null, 3],
      ])
      tab.crash()
    }
  })
})

describe('when something is wrong', () => {
  const damage = (browser: MemoryBrowser, { id, states }: ListedRun, n: number) => {
    const files = browser.folders.get(id)!
    const bytes = files.get(states[n]!.file)!.slice()
    bytes[bytes.length >> 1]! += 1
    files.set(states[n]!.file, n === 0 ? bytes : bytes.slice(0, 100))
  }

  it('takes the state before a damaged one and says so, and refuses a run that has none', async () => {
    const browser = new MemoryBrowser()
    const tab = await withRun(browser)
    await tab.goOn(4)
    tab.crash()
    const [run] = tab.runs()
    damage(browser, run!, 0)
    const again = await openTab(browser)
    await again.keeper.resume(run!.id, false)
    expect(again.session).toMatchObject({ state: 'paused', stepsTaken: 3 })
    expect(again.said).toEqual(['What was kept of this run at step 4 is damaged, so it goes on from step 3.'])
    again.crash()

    const left = (await openTab(browser)).runs()[0]!
    for (const n of left.states.keys()) damage(browser, left, n)
    const third = await openTab(browser)
    await expect(third.keeper.resume(run!.id, false)).rejects.toThrow('can be read any more: forget it')
    expect(third.session.state).toBe('empty')
    await third.keeper.forget(run!.id)
    expect(browser.files).toEqual([])
  })

  it.each([
    ['refused', 'it was refused'],
    ['full', 'its storage is full'],
  ])('goes on where storage is %s, says it once, and gives the page each state to hold', async (kind, reason) => {
    const browser = new MemoryBrowser()
    browser.quota = 1000
    const tab = await openTab(kind === 'full' ? browser : null)
    await giveFiles(tab)
    await tab.goOn(3)
    await tab.goOn(4)
    expect(tab.said).toEqual([
      `This run is not kept in this browser (${reason}). It goes on, but closing the page would lose it: Export run saves it.`,
    ])
    expect(tab.held.length).toBeGreaterThanOrEqual(2)
    expect(browser.files).toEqual([])

    const again = await openTab(null)
    for (const files of [exemplar, inRole('unlabeled', ...images)]) await again.keeper.load(files)
    await again.keeper.load(inRole(null, fromBytes('held', tab.held.at(-1) as Uint8Array<ArrayBuffer>)))
    expect(again.session).toMatchObject({ state: 'paused', stepsTaken: 4 })
    expectSame(await again.session.checkpoint(), await tab.session.checkpoint())
  })

  it('makes room of what is least needed before it gives up, and never of the newest', async () => {
    const browser = new MemoryBrowser()
    const tab = await withRun(browser)
    await tab.goOn(4)
    const bytes = tab.runs()[0]!.states[0]!.bytes
    browser.quota = browser.used + bytes / 2
    await tab.goOn(5)
    expect([steps(tab.runs()[0]), tab.said]).toEqual([[5, 4], []])
    browser.quota = browser.used - bytes / 2
    await tab.goOn(6)
    expect(steps(tab.runs()[0])![0]).toBe(5)
    expect(tab.said).toHaveLength(1)
    browser.quota = Infinity
    await tab.goOn(7)
    expect(steps(tab.runs()[0])![0]).toBe(7)
  })

  it('asks for just those images that were too large to keep, and takes them in their roles', async () => {
    const browser = new MemoryBrowser()
    const huge = { ...exemplar[0]!.file, size: mostImageBytes + 1 }
    const tab = await openTab(browser)
    await tab.keeper.load([{ ...exemplar[0]!, file: huge }, exemplar[1]!, ...inRole('unlabeled', ...images)])
    await tab.session.configure(tiny)
    await tab.goOn(3)
    const [run] = tab.runs()
    expect(run!.files.filter(({ at }) => at === null)).toMatchObject([{ name: 'e_1.png', bytes: huge.size }])
    tab.crash()

    const again = await openTab(browser)
    await again.keeper.resume(run!.id, false)
    expect(again.said).toEqual(['This run needs a file that could not be kept: drop "e_1.png" (1.0 GB) to continue it.'])
    expect(again.session).toMatchObject({ state: 'empty', stepsTaken: 0 })
    expect(again.present()).toBeNull()
    await again.keeper.load(inRole(null, huge))
    expect(again.session).toMatchObject({ state: 'paused', stepsTaken: 3 })
    await again.goOn(4)
    expect(again.present()).toBe(run!.id)
    expect(steps(again.runs()[0])).toEqual([4, 3])
    expect(browser.records.size).toBe(1)
  })

  it('takes the whole pile for the images that it asks for, and of files of one name in several folders each for its own', async () => {
    const browser = new MemoryBrowser()
    const tab = await openTab(browser)
    const large = (file: (typeof images)[0], name: string) => ({ ...file, name, size: mostImageBytes + 1 })
    const pile = [large(images[0]!, 'p1/a.png'), large(images[1]!, 'p2/a.png'), images[2]!]
    await tab.keeper.load([...exemplar, ...inRole('unlabeled', ...pile)])
    await tab.session.configure(tiny)
    await tab.goOn(3)
    const [run] = tab.runs()
    tab.crash()
    const again = await openTab(browser)
    await again.keeper.resume(run!.id, false)
    expect(again.said).toEqual([expect.stringContaining('drop "p1/a.png" (1.0 GB), "p2/a.png" (1.0 GB) to continue it')])
    // What is kept alone helps nothing, but is of this run.
    await again.keeper.load(inRole(null, images[2]!))
    expect(again.said).toHaveLength(2)
    await again.keeper.load(inRole(null, pile[1]!, images[2]!, pile[0]!, ...exemplar.map(({ file }) => file)))
    expect(again.session).toMatchObject({ state: 'paused', stepsTaken: 3 })
    expect(again.runs()[0]!.files.map(({ name }) => name)).toEqual(run!.files.map(({ name }) => name))
  })

  it('keeps a run that waits for its images when another is begun instead', async () => {
    const browser = new MemoryBrowser()
    const huge = { ...images[0]!, size: mostImageBytes + 1 }
    const tab = await openTab(browser)
    await tab.keeper.load([...exemplar, ...inRole('unlabeled', huge, images[1]!)])
    await tab.session.configure(tiny)
    await tab.goOn(3)
    const [run] = tab.runs()
    tab.crash()
    const again = await openTab(browser)
    await again.keeper.resume(run!.id, false)
    await again.session.loadSample('Abdominal phantom')
    await again.session.configure(tiny)
    await again.goOn(1)
    expect(again.runs().map((one) => [one.sample, steps(one)![0]])).toEqual([
      ['Abdominal phantom', 1],
      [null, 3],
    ])
  })
})

describe('two tabs', () => {
  it('the second is told, may look, and writes over nothing of the first', async () => {
    const browser = new MemoryBrowser()
    const first = await withRun(browser)
    const [{ id }] = first.runs() as [ListedRun]
    const second = await openTab(browser)
    expect(second.runs()).toMatchObject([{ id, elsewhere: true }])
    await expect(second.keeper.forget(id)).rejects.toThrow('goes on in another tab')

    await second.keeper.resume(id, false)
    expect(second.session).toMatchObject({ state: 'paused', stepsTaken: 3 })
    const stored = () => [
      browser.records.get(id),
      [...browser.folders.get(id)!].map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
    ]
    const before = structuredClone(stored())
    await second.goOn(5)
    expect(stored()).toEqual(before)
    // What it went on with is a run of its own.
    expect(second.present()).not.toBe(id)
    expect(second.runs().map((run) => steps(run)![0])).toEqual([5, 3])

    await first.goOn(4)
    first.crash()
    await second.keeper.forget('settle')
    expect(second.runs().map((run) => [steps(run)![0], run.elsewhere])).toEqual([
      [5, false],
      [4, false],
    ])
  })

  it('leave the run that one of them had open when it continues another', async () => {
    const browser = new MemoryBrowser()
    const first = await withRun(browser)
    first.crash()
    const tab = await withRun(browser)
    await tab.goOn(4)
    const [newer, older] = tab.runs() as [ListedRun, ListedRun]
    await tab.keeper.resume(older.id, false)
    expect(tab.session.stepsTaken).toBe(3)
    expect(tab.present()).toBe(older.id)
    expect(tab.runs().map((run) => steps(run)![0])).toEqual([4, 3])
    await tab.keeper.resume(newer.id, false)
    expect(tab.session.stepsTaken).toBe(4)
  })
})

it('costs a run at most a fiftieth of its time after its first state, however slow storage is', async () => {
  const browser = new MemoryBrowser()
  const storage = browser.tab()
  for (const slow of [5, 400, 3000]) {
    let [now, step, spent] = [0, 1, 0]
    const write: Storage['disk']['write'] = async (folder, name, bytes) => {
      now += slow
      spent += slow
      await storage.disk.write(folder, name, bytes)
    }
    const session = {
      state: 'running',
      get stepsTaken() {
        return step
      },
      betweenSteps: async (work: () => unknown) => await work(),
      archive: () => Promise.resolve(new Uint8Array(10)),
    } as unknown as Session
    const keeper = new Keeper(
      session,
      wasm(),
      () => undefined,
      () => now,
    )
    await keeper.open({ ...storage, disk: { ...storage.disk, write } })
    const times: number[] = []
    let states = 0
    while (now < 600_000) {
      now += 250
      step++
      const before = spent
      keeper.hear({ type: 'state', run: 0, state: 'running', step, steps: 1e6, stepsPerSecond: 4, secondsLeft: 1 })
      await (keeper as unknown as { busy: Promise<void> | null }).busy
      if (spent > before) times[states++] = now
    }
    expect(times[0]).toBeLessThanOrEqual(250 + slow)
    expect(spent - slow, `${slow} ms`).toBeLessThanOrEqual(600_000 / 50 + slow)
    const gaps = times.slice(1).map((time, i) => time - times[i]!)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.max(30_000, 50 * slow) + slow + 250)
    storage.close()
  }
})

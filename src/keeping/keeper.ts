import type { GivenFile } from '../data/given-file'
import { fromBytes } from '../data/given-file'
import { InputError } from '../data/input-error'
import { amount } from '../lib/amount'
import { sha256 } from '../lib/hex'
import { storageReason } from '../lib/storage-reason'
import type { Config } from '../method/config'
import type { BackendInfo, Problem, SampleName, SessionEvent } from '../session/events'
import type { RoleFile } from '../session/given-files'
import type { Session } from '../session/session'
import { copyImages, imagesOf, recordOf, type Given } from './image-copies'
import type { KeptFile, KeptRun, KeptState, ListedRun } from './kept-run'
import type { Storage } from './storage'
import { tellStorage } from './storage-problem'

/** What a keeper reports to the page, unasked. */
export interface KeeperEvents {
  /** All kept runs, the newest first, and which of them is the one at hand; with every change. */
  runs: { runs: ListedRun[]; present: string | null }
  /** The newest state of the run at hand, where storage takes none: the page holds it. */
  held: { archive: Uint8Array<ArrayBuffer> }
  problem: Problem
}

export type TellOfKeeping = <T extends keyof KeeperEvents>(type: T, event: KeeperEvents[T]) => void

/** Longest time between two states of a running run, in milliseconds. The first come sooner. */
const longest = 30_000
const shortest = 1000
/** A run spends at most one part in so many on being kept. */
const share = 50

/** How long a tab that was just closed or has crashed may take to give its run free, in milliseconds. */
const patience = 1000

/** The run that this worker writes. */
interface Own {
  run: KeptRun
  release: () => void
  /** Whether the run is discarded, and only the images are kept for the next run on them. */
  spent: boolean
  /** For the names of its files. */
  count: number
}

/** A kept run that waits for files that were too large to keep. */
interface Awaited {
  id: string
  best: boolean
  /** All files of the run. */
  files: readonly KeptFile[]
  missing: KeptFile[]
  found: Given[]
}

/** A state of the session, taken between two steps. */
interface Taken {
  step: number
  ended: Pick<KeptState, 'ended'>
  bytes: Uint8Array<ArrayBuffer>
  /** Milliseconds for which the run was held up. */
  cost: number
}

/**
 * Keeps the run of a session where it outlives the page: its states and copies of its images on the browser's disk, and a record that names
 * them. A state is written to a new name, and counts once the record, written whole or not at all, names it with its SHA-256. The last two
 * and the best by Dice stay. Whatever fails, the run goes on.
 */
export class Keeper {
  private storage: Storage | null = null
  /** Why there is no storage; null until the page has said. */
  private refused: unknown = null
  private own: Own | null = null
  private awaited: Awaited | null = null
  private given: Given[] = []
  private batch = 0
  private sample: SampleName | null = null
  private config: Config | null = null
  private dice: number | null = null
  /** The step of the newest state that is kept or held, and whether something but the step has changed since. */
  private keptStep = -1
  private changed = true
  /** When the next state of a running run is due, and the time to it from the last one. */
  private due = 0
  private interval = 0
  /** Counts runs of the session, so that a state of a former one is not written. */
  private life = 0
  /** No events are followed while a kept run is loaded. */
  private loading = false
  /** The user wants nothing kept of the run at hand. */
  private unwanted = false
  private told = false
  private wanted = false
  private busy: Promise<void> | null = null
  private last: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly session: Session,
    private backend: BackendInfo,
    private readonly tell: TellOfKeeping,
    private readonly now = () => performance.now(),
  ) {}

  /** Says where runs are kept, or why nowhere; lists what is there. Until then nothing is kept. */
  async open(storage: Storage | null, refused: unknown = null): Promise<void> {
    this.storage = storage
    this.refused = refused
    await this.inTurn(async () => {
      await this.sweep()
      await this.list()
    }).catch((error: unknown) => {
      this.storage = null
      this.refused = error
    })
  }

  /** Names the run at hand, by the same name when it goes on after a reload; null if it is not kept. */
  async identify(): Promise<string | null> {
    await this.resuming
    const { life } = this
    await this.keep()
    const run = life === this.life && this.own && !this.own.spent && this.own.run.states.length > 0 ? this.own.run : null
    // The run that follows on the same images has the same folder.
    return run && `${run.id} ${run.begun}`
  }

  // ---- when ----------------------------------------------------------------------------------------------------------------------

  /** Follows what the session reports. */
  hear(event: SessionEvent): void {
    if (event.type === 'dataset') {
      const { sample, further } = event.dataset
      this.sample = sample
      this.config = event.config
      // Of a sample, files are given to be segmented only.
      if (sample !== null && further.images.length === 0) this.given = []
      if (!this.loading) this.awaited = null
      if (sample !== null && this.own?.spent) void this.forget(this.own.run.id).catch(() => undefined)
    }
    if (event.type === 'backend') this.backend = event.backend
    if (event.type === 'metrics') this.dice = event.scores.at(-1)?.dice ?? this.dice
    if (event.type === 'dataset' || event.type === 'class' || event.type === 'bank' || event.type === 'marks') this.changed = true
    if (this.loading) return
    const { state, stepsTaken: step } = this.session
    if (event.type === 'state' && (state === 'ready' || state === 'empty')) return this.over()
    if (step > 0 && (state !== 'running' || this.now() >= this.due)) void this.keep()
  }

  /** Keeps the run as it is now, between two steps, unless it is kept already. Never fails; what is wrong is told. */
  keep(): Promise<void> {
    this.wanted = true
    return (this.busy ??= this.work().finally(() => (this.busy = null)))
  }

  private async work(): Promise<void> {
    while (this.wanted) {
      this.wanted = false
      await this.keepOnce()
    }
  }

  /** Whether the run is kept as it is now, or is not to be. */
  get upToDate(): boolean {
    const { state, stepsTaken } = this.session
    if (this.loading || this.unwanted || stepsTaken === 0 || !['running', 'paused', 'stopped', 'finished'].includes(state)) return true
    if (!this.storage && this.refused === null) return true
    // Files may have come while the last state was taken.
    const lacking = this.storage !== null && this.given.some(({ kept }) => kept === null)
    return stepsTaken === this.keptStep && !this.changed && !lacking
  }

  private async keepOnce(): Promise<void> {
    if (this.upToDate) return
    const { life, storage } = this
    let failure: unknown = storage ? null : this.refused
    // A state is of use only with its images.
    if (storage && (!this.own || this.given.some(({ kept }) => kept === null)))
      await this.inTurn(() => (life === this.life ? this.copy(storage) : undefined)).catch((error: unknown) => (failure = error))
    // After a reset there is nothing to keep, and what else fails is reported by the session.
    const taken = await this.take().catch(() => null)
    if (!taken || life !== this.life) return
    let { cost } = taken
    try {
      if (failure !== null || !storage) throw failure
      cost += await this.inTurn(() => (life === this.life ? this.write(taken, storage) : 0))
      this.told = false
    } catch (error) {
      if (life === this.life) this.hold(taken, error)
    }
    if (life !== this.life) return
    this.keptStep = taken.step
    this.interval = Math.max(share * cost, Math.min(longest, Math.max(shortest, 2 * this.interval)))
    this.due = this.now() + this.interval
  }

  /** The session's state as bytes. Pieces asked for together are done one right after another, which tells for how long the run waits. */
  private async take(): Promise<Taken> {
    const { session } = this
    let [begun, done, step] = [0, 0, 0]
    let ended: Taken['ended'] = {}
    const [, bytes] = await Promise.all([
      session.betweenSteps(() => {
        begun = this.now()
        step = session.stepsTaken
        ended = session.state === 'stopped' || session.state === 'finished' ? { ended: session.state } : {}
        this.changed = false
      }),
      session.archive(),
      session.betweenSteps(() => void (done = this.now())),
    ])
    return { step, ended, bytes, cost: done - begun }
  }

  /** Does work while no step is taken, so that it is known what it costs. @returns milliseconds @throws what the work throws */
  private async aside(work: () => Promise<void>): Promise<number> {
    const timed = async () => {
      const begun = this.now()
      let failure: { error: unknown } | null = null
      await work().catch((error: unknown) => (failure = { error }))
      return { cost: this.now() - begun, failure: failure as { error: unknown } | null }
    }
    const { cost, failure } = await (this.session.state === 'running' ? this.session.betweenSteps(timed) : timed())
    if (failure) throw failure.error
    return cost
  }

  // ---- what ----------------------------------------------------------------------------------------------------------------------

  private async write({ step, ended, bytes }: Taken, storage: Storage): Promise<number> {
    const own = this.own!
    if (own.spent) own.run = { ...own.run, begun: Date.now() }
    own.spent = false
    const before = own.run.states
    const hash = await sha256(bytes)
    const state: KeptState = {
      file: `state-${own.count++}.zip`,
      step,
      at: Date.now(),
      bytes: bytes.length,
      sha256: hash,
      dice: this.dice,
      ...ended,
    }
    const put = () => this.aside(() => storage.disk.write(own.run.id, state.file, bytes))
    let cost: number
    try {
      cost = await put().catch(async (error: unknown) => {
        if (before.length < 2) throw error
        // Room is made of what is least needed, and it is tried once more.
        await this.record(own, before.slice(0, 1), storage)
        return put()
      })
      await this.record(own, retained([state, ...own.run.states]), storage)
    } catch (error) {
      await storage.disk.remove(own.run.id, state.file).catch(() => undefined)
      // Images without a state would only take room.
      if (before.length === 0) await this.discard(own, storage).catch(() => undefined)
      throw error
    }
    if (before.length === 0 && this.sample !== null) await this.forgetOthersOfSamples(storage)
    await this.list()
    return cost
  }

  /** Names other states; the files of those that are no longer named go. */
  private async record(own: Own, states: KeptState[], { records, disk }: Storage): Promise<void> {
    const former = own.run.states
    const run = { ...own.run, states, files: recordOf(this.given), config: this.config!, backend: this.backend.backend }
    await records.write(run)
    own.run = run
    // What cannot be removed goes with its folder.
    for (const state of former) if (!states.includes(state)) await disk.remove(run.id, state.file).catch(() => undefined)
  }

  private async begin({ locks }: Storage): Promise<Own> {
    const id = crypto.randomUUID()
    const release = (await locks.take(id, 0))!
    for (const one of this.given) one.kept = null
    const { sample, config } = this
    const run = { id, begun: Date.now(), sample, backend: this.backend.backend, config: config!, files: [], states: [] }
    return { run, release, spent: false, count: 0 }
  }

  /** A sample's run can be repeated from its settings: only the newest is kept. */
  private async forgetOthersOfSamples(storage: Storage): Promise<void> {
    for (const { id, sample } of await storage.records.all())
      if (sample !== null && id !== this.own?.run.id) await this.removeUnlessTaken(id, storage)
  }

  /** Copies images that have no copy yet. Without room for them, they have to be given again. @throws what keeps records throws */
  private async copy(storage: Storage): Promise<void> {
    const own = (this.own ??= await this.begin(storage))
    if (this.given.length === 0) return
    try {
      const room = (await storage.room()) / 2
      await copyImages(this.given, own.run.id, storage.disk, room, async (work) => void (await this.aside(work)))
    } catch {
      // There is less room than was said.
      for (const one of this.given) one.kept ??= { name: one.file.name, role: one.role, batch: one.batch, bytes: one.file.size, at: null }
    }
    await this.record(own, own.run.states, storage)
  }

  /** Without storage the page holds the newest state in memory, and says once what that means. */
  private hold({ bytes }: Taken, error: unknown): void {
    this.tell('held', { archive: bytes })
    if (this.told) return
    this.told = true
    const message = `This run is not kept in this browser (${storageReason(error)}). It goes on, but closing the page would lose it: Export run saves it.`
    this.tell('problem', { kind: 'run', message, file: null })
  }

  // ---- the end of a run ----------------------------------------------------------------------------------------------------------

  /** The session has discarded its run: what was kept of it goes, but for images that the next run on them is made from. */
  private over(): void {
    this.unwanted = false
    this.keptStep = -1
    this.dice = null
    this.interval = 0
    this.due = 0
    this.told = false
    const { own, storage } = this
    if (!own || !storage) return
    this.life++
    own.spent = this.given.some(({ file }) => copies.has(file))
    if (!own.spent) this.own = null
    void this.inTurn(async () => {
      if (own.spent) await this.record(own, [], storage)
      else await this.remove(own.run.id, storage, own.release)
      await this.list()
    }).catch(() => undefined)
  }

  /** Writes no longer to a run that stays kept. */
  private leave(): void {
    this.life++
    this.own?.release()
    this.own = null
    this.keptStep = -1
  }

  /** Removes a run and everything that is kept of it. @throws InputError if another tab has it */
  forget(id: string): Promise<void> {
    const { own } = this
    if (own?.run.id === id) {
      this.life++
      this.own = null
      this.unwanted = !own.spent
    }
    return this.inTurn(async () => {
      const { storage } = this
      if (!storage) return
      if (own?.run.id === id) await this.remove(id, storage, own.release)
      else if (!(await this.removeUnlessTaken(id, storage)))
        throw new InputError('This run goes on in another tab: press Reset there, or close it first.', '')
      await this.list()
    })
  }

  private discard(own: Own, storage: Storage): Promise<void> {
    this.own = null
    return this.remove(own.run.id, storage, own.release)
  }

  private async removeUnlessTaken(id: string, storage: Storage): Promise<boolean> {
    const release = await storage.locks.take(id, 0)
    if (release) await this.remove(id, storage, release)
    return release !== null
  }

  private async remove(id: string, { records, disk }: Storage, release: () => void): Promise<void> {
    try {
      await records.remove(id)
      await disk.remove(id)
    } finally {
      release()
    }
  }

  /** What a crash left behind: folders without a record, and records without a state. */
  private async sweep(): Promise<void> {
    const { storage } = this
    if (!storage) return
    const known = await storage.records.all()
    const whole = new Set(known.filter(({ states }) => states.length > 0).map(({ id }) => id))
    const all = new Set([...(await storage.disk.folders()), ...known.map(({ id }) => id)])
    for (const id of all) if (!whole.has(id)) await this.removeUnlessTaken(id, storage)
  }

  // ---- back again ----------------------------------------------------------------------------------------------------------------

  /** Files for the session. Those that a kept run waits for bring it back instead. @returns those that are not loaded, because they are for the run log */
  async load(files: readonly RoleFile[]): Promise<GivenFile[]> {
    if (await this.foundMissing(files)) return []
    const { images, records } = await this.session.loadFiles(files)
    if (images.length === 0) return records
    const batch = this.batch++
    this.given.push(...images.map((one) => ({ ...one, batch, kept: null })))
    this.changed = true
    if (this.session.stepsTaken > 0 && this.session.state !== 'running') void this.keep()
    return records
  }

  /** Takes what was asked for, if all files are that, and continues the run once none is missing. */
  private async foundMissing(files: readonly RoleFile[]): Promise<boolean> {
    const { awaited } = this
    if (!awaited) return false
    const { id, best } = awaited
    const [exact, alike] = [
      (name: string, bytes: number) => `${bytes} ${name}`,
      (name: string, bytes: number) => `${bytes} ${lastPart(name)}`,
    ]
    // Whoever drops the whole pile gives files again that are kept.
    const own = new Set(awaited.files.map(({ name, bytes }) => alike(name, bytes)))
    if (!files.every(({ file }) => own.has(alike(file.name, file.size)))) return false
    // Of files of one name in several folders each is taken for its own first.
    for (const keyOf of [exact, alike])
      for (const { file } of files) {
        const kept = awaited.found.some((one) => one.file === file)
          ? undefined
          : awaited.missing.find(({ name, bytes }) => keyOf(name, bytes) === keyOf(file.name, file.size))
        if (!kept) continue
        awaited.found.push({ file, role: kept.role, batch: kept.batch, kept })
        awaited.missing = awaited.missing.filter((one) => one !== kept)
      }
    if (awaited.missing.length > 0) this.tellMissing(awaited)
    else await this.resume(id, best, awaited.found)
    return true
  }

  private tellMissing({ missing }: Awaited): void {
    const names = missing.map(({ name, bytes }) => `"${name}" (${amount(bytes)})`)
    const listed = names.length > 9 ? [...names.slice(0, 9), `${names.length - 9} more`] : names
    const message = `This run needs ${names.length === 1 ? 'a file' : 'files'} that could not be kept: drop ${listed.join(', ')} to continue it.`
    this.tell('problem', { kind: 'input', message, file: null, waits: true })
  }

  /**
   * Loads a kept run; it is then paused, as it was. If files of it were too large to keep it is loaded once they are given, and the page is
   * told which. A state that is damaged is passed over, and that is told. If another tab has the run, nothing of that one is written over.
   * @param best whether its best state by Dice is wanted instead of its newest
   * @throws InputError if nothing of it can be read
   */
  resume(id: string, best: boolean, found: readonly Given[] = []): Promise<void> {
    const resumed = this.takeUp(id, best, found).catch(tellStorage('This run could not be brought back'))
    this.resuming = resumed.catch(() => undefined)
    return resumed
  }

  private resuming: Promise<void> = Promise.resolve()

  private async takeUp(id: string, best: boolean, found: readonly Given[]): Promise<void> {
    const { session, storage } = this
    // What is at hand stays kept as it is.
    await this.keep()
    const run = storage && (await this.inTurn(() => storage.records.all())).find((one) => one.id === id)
    if (!storage || !run) throw new InputError('This run is no longer kept in this browser.', '')
    const missing = run.files.filter((one) => one.at === null && found.every(({ kept }) => kept?.name !== one.name))
    if (missing.length > 0) {
      this.awaited = { id, best, files: run.files, missing, found: [...found] }
      return this.tellMissing(this.awaited)
    }
    const mine = this.own?.run.id === id ? this.own : null
    const release = mine ? mine.release : await storage.locks.take(id, patience)
    this.loading = true
    try {
      const { state, archive, damaged } = await this.newest(storage, run, best)
      const copied = await imagesOf(run, storage.disk)
      for (const { file } of copied) copies.add(file)
      if (!mine) this.leave()
      await session.reset()
      // Files would be added to those of other images.
      if (this.given.length > 0) await session.loadSample('Cardiac phantom')
      // As they were given: what a file is taken for can depend on those before it.
      const all = [...copied, ...found]
      for (const batch of [...new Set(all.map((one) => one.batch))].sort((a, b) => a - b))
        await session.loadFiles(all.filter((one) => one.batch === batch))
      await session.loadFiles([{ role: null, file: fromBytes(`the run of ${timeOf(run.begun)}`, archive) }])
      this.awaited = null
      this.given = all.map((one) => ({ ...one, kept: release ? one.kept : null }))
      this.batch = Math.max(-1, ...all.map(({ batch }) => batch)) + 1
      this.life++
      this.unwanted = false
      this.interval = 0
      this.due = this.now() + shortest
      this.dice = state.dice
      this.keptStep = state.step
      this.changed = state !== run.states.find((one) => !damaged.includes(one))
      // Otherwise the session says why it could not continue.
      const continued = session.stepsTaken === state.step
      const count = Math.max(...run.states.map(({ file }) => Number(/\d+/.exec(file)) + 1))
      this.own = release && continued ? { run, release, spent: false, count } : null
      await this.inTurn(async () => {
        const left = run.states.filter((one) => !damaged.includes(one))
        if (this.own && damaged.length > 0) await this.record(this.own, left, storage)
      })
    } finally {
      this.loading = false
      if (this.own?.run.id !== id) release?.()
    }
    await this.inTurn(() => this.list())
  }

  /** The wanted state, or else the first that is whole, and those that were found damaged. @throws InputError */
  private async newest(storage: Storage, run: KeptRun, best: boolean) {
    const damaged: KeptState[] = []
    const wanted = best ? bestOf(run.states) : null
    for (const state of wanted ? [wanted, ...run.states] : run.states) {
      const archive = await storage.disk.read(run.id, state.file).then(
        (file) => file.read(),
        () => null,
      )
      if (archive && (await sha256(archive)) === state.sha256) {
        const [first] = damaged
        const message = `What was kept of this run at step ${first?.step} is damaged, so it goes on from step ${state.step}.`
        if (first) this.tell('problem', { kind: 'run', message, file: null })
        return { state, archive, damaged }
      }
      damaged.push(state)
    }
    throw new InputError(`Nothing that was kept of the run of ${timeOf(run.begun)} can be read any more: forget it.`, '')
  }

  // ---- reports -------------------------------------------------------------------------------------------------------------------

  private async list(): Promise<void> {
    const { storage, own } = this
    if (!storage) return this.tell('runs', { runs: [], present: null })
    const [all, taken] = [await storage.records.all(), await storage.locks.taken()]
    const runs = all.map((run) => ({ ...run, elsewhere: run.id !== own?.run.id && taken.has(run.id) }))
    this.tell('runs', { runs: runs.sort((a, b) => b.begun - a.begun), present: own && !own.spent ? own.run.id : null })
    for (const { id, elsewhere } of runs) if (elsewhere) this.watch(id, storage)
  }

  private readonly watched = new Set<string>()

  /** Lists anew once another tab has given a run free. */
  private watch(id: string, { locks }: Storage): void {
    if (this.watched.has(id)) return
    this.watched.add(id)
    const free = () => {
      this.watched.delete(id)
      return this.inTurn(() => this.list())
    }
    locks
      .free(id)
      .then(free)
      .catch(() => undefined)
  }

  /** Storage is used by one piece of work at a time. */
  private inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.last.then(work)
    this.last = done.catch(() => undefined)
    return done
  }
}

/** Files that are read from the copies of a run. */
const copies = new WeakSet<GivenFile>()

const timeOf = (at: number): string => new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })

const lastPart = (name: string) => name.slice(name.lastIndexOf('/') + 1)

/** The state with the highest Dice, the newest of equal ones; null without references. */
const bestOf = (states: readonly KeptState[]): KeptState | null =>
  states.reduce<KeptState | null>((best, state) => (state.dice !== null && state.dice > (best?.dice ?? -1) ? state : best), null)

/** The last two, and the best. @param states the newest first */
function retained(states: readonly KeptState[]): KeptState[] {
  const best = bestOf(states)
  return states.filter((state, i) => i < 2 || state === best)
}

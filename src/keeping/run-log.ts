import { fromBytes, type GivenFile } from '../data/given-file'
import { InputError } from '../data/input-error'
import { seenName, zip, type Files } from '../export/archive'
import { disagreement } from '../image/masks'
import { notice } from '../lib/notice'
import { storageReason } from '../lib/storage-reason'
import { version } from '../lib/version'
import type { StepMetrics } from '../method/history'
import type { ExportedFile, PictureId, SessionEvent } from '../session/events'
import { aboutName, longestName, readRecords, recordFiles, type RunRecord } from '../session/run-record'
import type { Session } from '../session/session'
import type { LoggedRun, RunCurves } from './logged-run'
import { tellStorage } from './storage-problem'

/** Where the records of ended runs lie. What is written is written whole or not at all. */
export interface LogStore {
  all(): Promise<LoggedRun[]>
  /** The zip of a record; null if there is none. */
  read(id: string): Promise<Uint8Array<ArrayBuffer> | null>
  /** Without a zip, the one that is there stays. */
  write(run: LoggedRun, bytes?: Uint8Array<ArrayBuffer>): Promise<void>
  remove(ids: readonly string[]): Promise<void>
  /** Calls when another tab has changed something. */
  follow(heard: () => void): void
}

/** As long as the page lives, where a browser stores nothing. */
export class MemoryLog implements LogStore {
  private readonly runs = new Map<string, LoggedRun>()
  private readonly bytes = new Map<string, Uint8Array<ArrayBuffer>>()

  all = async () => [...this.runs.values()]
  read = async (id: string) => this.bytes.get(id) ?? null
  write = async (run: LoggedRun, bytes?: Uint8Array<ArrayBuffer>) => {
    this.runs.set(run.id, run)
    if (bytes) this.bytes.set(run.id, bytes)
  }
  remove = async (ids: readonly string[]) => {
    for (const id of ids) {
      this.runs.delete(id)
      this.bytes.delete(id)
    }
  }
  follow = () => undefined
}

/** The newest of so many runs stay, within so many bytes; pinned ones beside them. docs/files.md and the page say it. */
export const most = { runs: 200, bytes: 200e6 }

export interface LogEvent {
  /** The newest first. */
  runs: LoggedRun[]
  /** Which of them is the run at hand. */
  present: string | null
  /** Whether they outlive the page. */
  kept: boolean
}

/**
 * The runs that have ended in this browser, and those that were imported: settings, curves, scores and masks, to compare. What a run is continued from
 * the `Keeper` has; this stays when that is discarded.
 */
export class RunLog {
  private store: LogStore = new MemoryLog()
  private kept = false
  /** The run of the session that was written last, and its id. */
  private own: { run: number; id: Promise<string> } | null = null
  private present: string | null = null
  private last: Promise<unknown> = Promise.resolve()
  /** The record that was read last: whoever leafs through images asks for one after another. */
  private latest: { id: string; bytes: number; record: Promise<RunRecord> }[] = []

  /**
   * @param identify names the run at hand so that it is found again when it goes on after a reload; null if it will not
   */
  constructor(
    private readonly session: Session,
    private readonly identify: () => Promise<string | null>,
    private readonly tell: (event: LogEvent) => void,
    private readonly tellProblem: (message: string) => void,
    private readonly now = () => Date.now(),
  ) {}

  /** Says where records lie; null for nowhere that outlives the page. */
  async open(store: LogStore | null): Promise<void> {
    await this.inTurn(async () => {
      const runs = await (store ?? this.store).all()
      this.store = store ?? this.store
      this.kept = store !== null
      this.store.follow(() => void this.listAnew())
      this.list(runs)
    }).catch(() => this.listAnew())
  }

  // ---- what ends -----------------------------------------------------------------------------------------------------------------

  /** Follows what the session reports, before the event's pictures are given away. */
  hear(event: SessionEvent): void {
    if (event.type === 'state' && event.step === 0) this.leave()
    if (event.type !== 'state' && event.type !== 'predictions') return
    const { state } = this.session
    if (state !== 'finished' && state !== 'stopped') return
    // Every report of a state that the run is in already.
    if (event.type === 'state' && this.ended === `${event.run} ${event.step} ${state}`) return
    this.ended = `${event.run} ${this.session.stepsTaken} ${state}`
    const record = this.session.record(event.type === 'predictions' ? event.predictions.items : [])
    const files = record && recordFiles(record)
    if (this.own?.run !== event.run) {
      // One that was only brought back is known already, or belongs elsewhere.
      const id = this.identify().then((known) => known ?? crypto.randomUUID())
      this.own = { run: event.run, id }
    }
    const { id } = this.own
    void this.inTurn(async () => {
      const own = await id
      const runs = await this.store.all()
      const listed = record && files ? await this.renew(runs, record, files, own) : runs
      if (this.own?.id === id) this.present = own
      this.list(listed)
    }).catch(async (error: unknown) => {
      if (record) this.tellProblem(`This run is not in the run log (${storageReason(error)}). Export run saves what it would hold.`)
      // Present, and not in the list: whoever waits for it learns that it will not come.
      if (this.own?.id === id) this.present = await id
      return this.listAnew()
    })
  }

  /** Writes the run at hand anew: its name and pin stay, and if it was only segmented with, when it ended. @returns the list with it */
  private renew(runs: readonly LoggedRun[], record: RunRecord, files: Files, id: string): Promise<LoggedRun[]> {
    const before = runs.find((run) => run.id === id)
    const ended = before?.step === record.step && before.state === record.state ? before.ended : this.now()
    return this.add(runs, { ...record, name: before?.name ?? null }, files, { id, pinned: before?.pinned ?? false, ended })
  }

  private ended = ''

  private leave(): void {
    if (!this.own) return
    this.own = null
    this.present = null
    void this.listAnew()
  }

  /** Writes a run. @returns the list with it, and without those that leave for it */
  private async add(
    runs: readonly LoggedRun[],
    record: RunRecord,
    files: Files,
    own: Pick<LoggedRun, 'id' | 'pinned' | 'ended'>,
  ): Promise<LoggedRun[]> {
    const { name, version, config, backend, adapter, step, state, sample, data, seconds, scores, masks } = record
    const bytes = zip(files)
    const run: LoggedRun = {
      ...{ ...own, name, version, config, backend, adapter, step, state, sample, data, seconds },
      ...{ score: scores.at(-1) ?? null, masks: seenName in files ? (masks?.labels.size ?? 0) : 0, bytes: bytes.length },
    }
    await this.store.write(run, bytes)
    const all = [...runs.filter(({ id }) => id !== own.id), run]
    const gone = leaving(all, own.id)
    if (gone.length > 0) await this.store.remove(gone)
    return all.filter(({ id }) => !gone.includes(id))
  }

  // ---- what is asked -------------------------------------------------------------------------------------------------------------

  /** Names or pins a run. @throws InputError if it is there no longer */
  edit(id: string, changes: Partial<Pick<LoggedRun, 'name' | 'pinned'>>): Promise<void> {
    return this.inTurn(async () => {
      const runs = await this.store.all()
      const run = found(runs, id)
      const name = changes.name === undefined ? run.name : changes.name?.trim().slice(0, longestName) || null
      const changed = { ...run, ...changes, name }
      await this.store.write(changed)
      this.list(runs.map((one) => (one === run ? changed : one)))
    }).catch(notChanged)
  }

  remove(ids: readonly string[]): Promise<void> {
    return this.inTurn(async () => {
      await this.store.remove(ids)
      this.list(await this.store.all())
    }).catch(notChanged)
  }

  /** @throws InputError if it is there no longer */
  async curves(id: string): Promise<RunCurves> {
    const { rows, scores } = await this.record(id)
    return { steps: columnsOf(rows), scores }
  }

  /** A zip with a folder for each run. @throws InputError if one is there no longer */
  async export(ids: readonly string[]): Promise<ExportedFile> {
    const about = `Runs of Exemplar Lab ${version}, a folder each: settings, curves, scores and masks, without networks and images. Import in Run log reads them.\n\n${notice}\n`
    const all: Files = { [aboutName]: new TextEncoder().encode(about) }
    for (const [i, id] of ids.entries()) {
      const record = await this.record(id)
      const folder = `run-${String(i + 1).padStart(String(ids.length).length, '0')}`
      for (const [name, bytes] of Object.entries(recordFiles({ ...record, name: (await this.find(id)).name })))
        all[`${folder}/${name}`] = bytes
    }
    return { name: 'exemplar-lab-run-log.zip', bytes: zip(all) }
  }

  /** Adds the runs in files. @returns how many @throws InputError if there is none in them */
  async import(files: readonly GivenFile[]): Promise<{ count: number; problems: InputError[] }> {
    const { records, problems } = await readRecords(files)
    if (records.length === 0) throw problems[0] ?? new InputError('Nothing was chosen.', '')
    await this.inTurn(async () => {
      let runs = await this.store.all()
      try {
        for (const record of records)
          runs = await this.add(runs, record, recordFiles(record), { id: crypto.randomUUID(), pinned: false, ended: this.now() })
      } finally {
        // Those that came before the storage was full are there.
        this.list(runs)
      }
    }).catch(notChanged)
    return { count: records.length, problems }
  }

  /** The mask of an image in each of some runs, in the size of its source; null in those that have none. @throws InputError */
  masks(picture: PictureId, ids: readonly string[]): Promise<(Uint8Array<ArrayBuffer> | null)[]> {
    return Promise.all(
      ids.map(async (id) => {
        const { masks, config } = await this.record(id)
        const labels = masks?.labels.get(picture)
        return labels ? this.session.fromSeen(picture, labels, config) : null
      }),
    )
  }

  /**
   * The images of which two runs have a mask, those first on which they differ most.
   * @returns with the share of the pixels that either calls foreground on which they differ @throws InputError
   */
  async differing([a, b]: readonly [string, string]): Promise<{ picture: PictureId; share: number }[]> {
    const [one, other] = [(await this.record(a)).masks, (await this.record(b)).masks]
    if (!one || !other) throw new InputError('One of these runs has no masks: its networks predicted nothing, or too much to keep.', '')
    if (one.size !== other.size)
      throw new InputError(`These runs see images at ${one.size} and at ${other.size} pixels: choose two of one image size.`, '')
    return [...one.labels]
      .flatMap(([picture, labels]) => {
        const others = other.labels.get(picture)
        return others ? [{ picture: picture as PictureId, share: disagreement(labels, others) }] : []
      })
      .sort((x, y) => y.share - x.share)
  }

  private async find(id: string): Promise<LoggedRun> {
    return found(await this.store.all(), id)
  }

  private async record(id: string): Promise<RunRecord> {
    const { bytes: length } = await this.find(id)
    const known = this.latest.find((one) => one.id === id && one.bytes === length)
    if (known) return known.record
    const record = this.read(id)
    this.latest = [{ id, bytes: length, record }, ...this.latest].slice(0, 2)
    // One that could not be read is read again when it is asked for.
    record.catch(() => (this.latest = this.latest.filter((one) => one.record !== record)))
    return record
  }

  private async read(id: string): Promise<RunRecord> {
    const bytes = await this.store.read(id)
    const { records } = bytes ? await readRecords([fromBytes('the run log', bytes)]) : { records: [] }
    if (!records[0]) throw new InputError('What was kept of this run is damaged: delete it.', '')
    return records[0]
  }

  private list(runs: readonly LoggedRun[]): void {
    this.tell({ runs: [...runs].sort((a, b) => b.ended - a.ended), present: this.present, kept: this.kept })
  }

  private listAnew(): Promise<void> {
    return this.inTurn(async () => this.list(await this.store.all())).catch(() => undefined)
  }

  /** Storage is used by one piece of work at a time. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work)
    this.last = done.catch(() => undefined)
    return done
  }
}

const notChanged = tellStorage('The run log could not be changed')

/** @throws InputError if a run is there no longer */
function found(runs: readonly LoggedRun[], id: string): LoggedRun {
  const run = runs.find((one) => one.id === id)
  if (!run) throw new InputError('This run is no longer in the run log.', '')
  return run
}

/** What has to leave to make room. @param own the run that was just written, which stays */
function leaving(runs: readonly LoggedRun[], own: string): string[] {
  const free = runs.filter(({ pinned }) => !pinned).sort((a, b) => Number(b.id === own) - Number(a.id === own) || b.ended - a.ended)
  let bytes = 0
  return free.flatMap((run, i) => {
    bytes += run.bytes
    return run.id !== own && (i >= most.runs || bytes > most.bytes) ? [run.id] : []
  })
}

/** Rows as columns; `only` is a word, and left out. */
function columnsOf(rows: readonly StepMetrics[]): Record<string, Float64Array<ArrayBuffer>> {
  const keys = Object.keys(rows[0] ?? {}).filter((key) => key !== 'only')
  return Object.fromEntries(keys.map((key) => [key, Float64Array.from(rows, (row) => row[key as 'step'] ?? NaN)]))
}

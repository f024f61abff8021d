/** The worker's end of the protocol under random requests, beside a model of what a run may be (fc.commands). */
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { makePng } from '../../data/files.test-support'
import { Keeper } from '../../keeping/keeper'
import { MemoryBrowser } from '../../keeping/memory-storage.test-support'
import { RunLog } from '../../keeping/run-log'
import { keys, parameters } from '../../method/config'
import type { ExportKind, PictureId, RunState } from '../../session/events'
import { answering } from '../../worker/answers'
import type { Command, Event, Given, Outcome, RequestName } from '../../worker/protocol'
import { Session } from '../../session/session'
import { smallBackend, smallConfig, smallFiles } from './small-session'
import { expectSentence, Fault, type Target } from './target'

/** What is known of the run without looking: where it may be once everything asked for is done. */
interface Model {
  may: readonly RunState[]
  /** Requests whose outcome was not waited for: until it is, nothing is known. */
  busy: boolean
}

/** The page's end: posts requests, and checks what comes back. */
class Page {
  session!: Session
  /** Of the events. */
  state: RunState = 'empty'
  private run = -1
  private step = 0
  private pictures: PictureId[] = []
  private sources: string[] = []
  private kept: string[] = []
  private logged: string[] = []
  private asked = 0
  private readonly open = new Map<number, RequestName>()
  private readonly waiting: Promise<void>[] = []
  private readonly faults: Fault[] = []
  private readonly answer: (command: Command) => Promise<void>

  constructor() {
    this.answer = answering(
      async () => {
        const backend = await smallBackend()
        this.session = new Session(backend, (event) => {
          this.hear(structuredClone(event))
          keeper.hear(event)
          log.hear(event)
        })
        const keeper = new Keeper(this.session, backend, (type, event) => this.hear({ type, run: this.run, ...event } as Event))
        await keeper.open(new MemoryBrowser().tab())
        const log = new RunLog(
          this.session,
          () => keeper.identify(),
          (event) => this.hear({ type: 'log', run: this.run, ...event }),
          (message) => this.hear({ type: 'problem', run: this.run, kind: 'run', message, file: null }),
        )
        return { session: this.session, keeper, log, keepIn: () => Promise.resolve(), backend, openHost: () => Promise.resolve(backend) }
      },
      (message) => this.hear(structuredClone(message)),
    )
  }

  ask<T extends RequestName>(type: T, given: Given<T>): void {
    const id = ++this.asked
    this.open.set(id, type)
    this.waiting.push(this.answer(structuredClone({ type, id, given }) as Command))
  }

  /** One of the pictures, or of the sources, that the page knows; or one that there never was. */
  picture = (n: number): PictureId => this.pictures[n % (this.pictures.length + 1)] ?? 'none/2/0/0'
  source = (n: number) => this.sources[n % (this.sources.length + 1)] ?? 'none'

  /** One of the kept runs, or one that there is not. */
  keptRun = (n: number) => this.kept[n % (this.kept.length + 1)] ?? 'none'

  /** One of the runs of the run log, or one that is not there. */
  loggedRun = (n: number) => this.logged[n % (this.logged.length + 1)] ?? 'none'

  /** Waits for all outcomes, and for the run to rest. @throws Fault */
  async settled(): Promise<void> {
    await Promise.all(this.waiting.splice(0))
    await this.session.settled()
    if (this.open.size > 0) this.faults.push(new Fault(`No outcome of ${[...this.open.values()].join(', ')}.`))
    if (this.state !== this.session.state)
      this.faults.push(new Fault(`The page was told "${this.state}", but it is "${this.session.state}".`))
    if (this.state === 'running') this.faults.push(new Fault('A run that has settled is still running.'))
    const [fault] = this.faults
    if (fault) throw fault
  }

  private hear(message: Event | Outcome): void {
    try {
      this.check(message)
    } catch (error) {
      this.faults.push(error instanceof Fault ? error : new Fault(String(error)))
    }
  }

  private check(message: Event | Outcome): void {
    if (message.type === 'done' || message.type === 'failed') {
      const type = this.open.get(message.id)
      if (!type) throw new Fault(`A second outcome of request ${message.id}.`)
      this.open.delete(message.id)
      if (message.type === 'failed' && message.problem) this.expectTold(message.problem)
      return
    }
    if (message.run < this.run) throw new Fault(`An event of run ${message.run} after run ${this.run}.`)
    this.run = message.run
    if (message.type === 'problem') this.expectTold(message)
    if (message.type === 'runs') this.kept = message.runs.map(({ id }) => id)
    if (message.type === 'log') this.logged = message.runs.map(({ id }) => id)
    if (message.type === 'state') {
      if (message.step < this.step && message.state === 'running' && this.state === 'running') throw new Fault('A step was counted twice.')
      ;({ state: this.state, step: this.step } = message)
    }
    if (message.type === 'dataset') {
      const { unlabeled, exemplars, sources } = message.dataset
      this.pictures = [...unlabeled, ...exemplars].map(({ id }) => id)
      this.sources = sources.map(({ id }) => id)
    }
  }

  private expectTold({ kind, message }: { kind: string; message: string }): void {
    if (kind === 'bug') throw new Fault(message)
    expectSentence(message)
  }
}

/** Where a run may be after a request, from where it was. */
const after: { [T in RequestName]?: (from: RunState) => readonly RunState[] } = {
  start: (from) => (from === 'ready' ? ['finished', 'paused'] : [from]),
  resume: (from) => (from === 'paused' || from === 'stopped' ? ['finished', 'paused'] : [from]),
  step: (from) => (from === 'ready' || from === 'paused' || from === 'stopped' ? ['paused', 'finished'] : [from]),
  stop: (from) => (from === 'paused' ? ['stopped'] : [from]),
  'train-on': (from) => (from === 'paused' || from === 'stopped' || from === 'finished' ? ['finished', 'paused', from] : [from]),
  pause: (from) => [from],
  reset: (from) => (from === 'empty' ? ['empty'] : ['ready', 'empty']),
}
/** Requests that may change the data, after which a run is as it was, or anew, or goes on paused with other exemplars. */
const changing: ReadonlySet<RequestName> = new Set([
  ...([
    'load-sample',
    'load-files',
    'choose-slices',
    'choose-modality',
    'map-label',
    'choose-mask',
    'choose-exemplar',
    'undo-mask',
  ] as const),
  ...(['annotate', 'remove-exemplar', 'configure', 'continue-run'] as const),
])

class Ask<T extends RequestName> implements fc.AsyncCommand<Model, Page> {
  constructor(
    private readonly type: T,
    private readonly given: (page: Page) => Given<T>,
    private readonly wait: boolean,
    private readonly says: string,
  ) {}

  check = () => true

  async run(model: Model, page: Page): Promise<void> {
    page.ask(this.type, this.given(page))
    const { may, busy } = model
    const all: readonly RunState[] = ['empty', 'ready', 'paused', 'stopped', 'finished']
    model.may = busy || changing.has(this.type) ? all : [...new Set(may.flatMap((from) => after[this.type]?.(from) ?? [from]))]
    model.busy = true
    if (!this.wait) return
    await page.settled()
    if (!model.may.includes(page.state)) throw new Fault(`After ${this.type} a run is "${page.state}", not ${model.may.join(' or ')}.`)
    Object.assign(model, { may: [page.state], busy: false })
  }

  toString = () => `${this.type}${this.says}${this.wait ? '' : ' at once'}`
}

const bytesOf = (rows: number[][]) => makePng('', { rows }).bytes as Uint8Array<ArrayBuffer>
const files: Record<string, Uint8Array<ArrayBuffer>> = {
  ...Object.fromEntries(smallFiles.map(({ name, bytes }) => [name, bytes])),
  'b_mask.png': bytesOf(Array.from({ length: 16 }, (_, y) => Array.from({ length: 16 }, (_, x) => (x > 4 && x < 9 && y < 6 ? 2 : 0)))),
  'c_mask.png': bytesOf(Array.from({ length: 16 }, () => Array.from({ length: 16 }, () => 0))),
  'd.png': bytesOf([
    [1, 2],
    [3, 4],
  ]),
  'bad.png': Uint8Array.of(137, 80, 78, 71),
  'notes.txt': Uint8Array.of(65, 66, 67),
}

const { string, boolean, nat, constantFrom, record, array, oneof, integer } = fc

/** Settings, right and wrong, that keep a run small. */
const values = oneof(
  record({ steps: integer({ min: -1, max: 3 }) }),
  record({ seed: nat(5) }),
  record({ scoreEvery: integer({ min: 0, max: 3 }) }),
  record({ size: constantFrom(8, 16, 17, 32) }),
  record({ crop: fc.double() }),
  record({ baseWidth: constantFrom(0, 4, 5) }),
  array(oneof(constantFrom(...keys.filter((key) => typeof parameters[key].default === 'boolean')), string()), { maxLength: 2 }).chain(
    (names) => record(Object.fromEntries(names.map((name) => [name, oneof(boolean(), string())]))),
  ),
) as fc.Arbitrary<Given<'configure'>['values']>

const exports_: ExportKind[] = ['weights', 'masks', 'maps', 'run']
const role = constantFrom(null, 'exemplar-image', 'exemplar-mask', 'unlabeled', 'reference', 'further')

const exportOptions = record({
  format: constantFrom('source' as const, 'nifti' as const),
  keepIdentifiers: boolean(),
  rename: boolean(),
})

/** Drawings on images, right and wrong, or none. */
const drawings = record({
  on: array(record({ n: nat(), length: constantFrom(256, 256, 256, 255, 0), label: constantFrom(1, 2, 255) }), { maxLength: 3 }),
  classes: integer({ min: 1, max: 3 }),
}).map(({ on, classes }) => (page: Page) => ({
  drawings: on.map(({ n, length, label }) => ({
    picture: page.picture(n),
    labels: new Uint8Array(length).map((_, i) => (i % 16 < 6 ? label : 0)),
  })),
  classes: Array.from({ length: classes }, (_, i) => ({ index: i, name: `class ${i}`, color: '#ff0000' })),
}))

/** Every request but those that measure instead of training or say where runs are kept. */
const requests: {
  [T in Exclude<RequestName, 'init' | 'bench' | 'self-test' | 'check-adapter' | 'keep-in'>]: fc.Arbitrary<(page: Page) => Given<T>>
} = {
  'load-sample': fc.constant(() => ({ sample: 'Cardiac phantom' as const })),
  'load-files': array(record({ name: constantFrom(...Object.keys(files)), role }), { minLength: 1, maxLength: 5 }).map((chosen) => () => ({
    files: chosen.map(({ name, role }) => ({ role, name, blob: new Blob([files[name]!]) })),
  })),
  'choose-slices': record(
    {
      n: nat(),
      axis: constantFrom(0, 1, 2),
      frame: constantFrom(null, 0, 1, -1),
      every: integer({ min: 1, max: 3 }),
    },
    { requiredKeys: ['n'] },
  ).map(({ n, ...choice }) => (page) => ({ source: page.source(n), ...choice })),
  'choose-modality': string().map((modality) => () => ({ modality })),
  'inspect-source': nat().map((n) => (page) => ({ source: page.source(n) })),
  'choose-mask': record({ n: nat(), m: nat(), none: boolean() }).map(({ n, m, none }) => (page) => ({
    image: page.source(n),
    mask: none ? null : page.source(m),
  })),
  'choose-exemplar': nat().map((n) => (page) => ({ image: page.source(n) })),
  'undo-mask': fc.constant(() => ({})),
  'map-label': record({
    value: constantFrom('0', '1', '2', 'x'),
    target: oneof(
      constantFrom('own' as const, 'background' as const, 'unknown' as const),
      record({ value: constantFrom('0', '1', '2', '9') }),
    ),
  }).map((given) => () => given),
  'open-picture': record({ n: nat(), toDraw: boolean() }).map(({ n, toDraw }) => (page) => ({ picture: page.picture(n), toDraw })),
  'view-picture': nat().map((n) => (page) => ({ picture: page.picture(n) })),
  'measure-masks': record({
    n: array(nat(), { maxLength: 3 }),
    mask: constantFrom('mean', 'A', 'B', 'exemplar', 'reference'),
  }).map(({ n, mask }) => (page) => ({ pictures: n.map((one) => page.picture(one)), mask })),
  annotate: drawings,
  'export-drawings': fc.tuple(drawings, exportOptions).map(([drawn, options]) => (page) => ({ ...drawn(page), options })),
  'remove-exemplar': nat().map((n) => (page) => ({ picture: page.picture(n) })),
  'remove-from-bank': nat().map((n) => (page) => ({ picture: page.picture(n) })),
  'edit-class': record(
    { index: integer({ min: -1, max: 3 }), name: string(), color: constantFrom('#123456', 'red', '') },
    { requiredKeys: ['index'] },
  ).map((given) => () => given),
  configure: values.map((values) => () => ({ values })),
  start: fc.constant(() => ({})),
  resume: fc.constant(() => ({})),
  pause: fc.constant(() => ({})),
  step: fc.constant(() => ({})),
  stop: fc.constant(() => ({})),
  'train-on': integer({ min: -1, max: 2 }).map((steps) => () => ({ steps })),
  reset: fc.constant(() => ({})),
  watch: nat().map((n) => (page) => ({ picture: page.picture(n) })),
  live: boolean().map((on) => () => ({ on })),
  export: record({ what: constantFrom(...exports_), options: exportOptions }).map((given) => () => given),
  'mark-respawn': nat(5).map((reached) => () => ({ reached })),
  'case-names': fc.constant(() => ({})),
  keep: fc.constant(() => ({})),
  'continue-run': record({ n: nat(), best: boolean() }).map(({ n, best }) => (page) => ({ id: page.keptRun(n), best })),
  'forget-run': nat().map((n) => (page) => ({ id: page.keptRun(n) })),
  'edit-logged': record({ n: nat(), name: oneof(string(), fc.constant(null)), pinned: boolean() }).map(({ n, ...changes }) => (page) => ({
    id: page.loggedRun(n),
    ...changes,
  })),
  'remove-logged': nat().map((n) => (page) => ({ ids: [page.loggedRun(n)] })),
  'logged-curves': nat().map((n) => (page) => ({ id: page.loggedRun(n) })),
  'export-logged': nat().map((n) => (page) => ({ ids: [page.loggedRun(n)] })),
  'import-logged': constantFrom(...Object.keys(files)).map((name) => () => ({ files: [{ name, blob: new Blob([files[name]!]) }] })),
  'logged-masks': record({ n: nat(), m: nat() }).map(({ n, m }) => (page) => ({ picture: page.picture(n), ids: [page.loggedRun(m)] })),
  'compare-logged': record({ n: nat(), m: nat() }).map(({ n, m }) => (page) => ({ ids: [page.loggedRun(n), page.loggedRun(m)] })),
  'trust-adapter': fc.constant(() => ({})),
}

/** They take a hundred times as long as the others. */
const slow: ReadonlySet<string> = new Set(['load-sample', 'export', 'start'])

const commands = fc.commands(
  (
    Object.entries(requests).flatMap((one) => (slow.has(one[0]) ? [one] : [one, one, one])) as [
      RequestName,
      fc.Arbitrary<(page: Page) => Given<RequestName>>,
    ][]
  ).map(([type, arbitrary]) => fc.tuple(arbitrary, fc.boolean()).map(([given, wait]) => new Ask(type, given, wait, ''))),
  { maxCommands: 12 },
)

export const protocol: Target<Iterable<fc.AsyncCommand<Model, Page>>> = {
  name: 'protocol',
  cases: commands,
  run: async (commands) => {
    const page = new Page()
    const setup = async () => {
      page.ask('init', { backend: 'wasm', threads: 1 })
      await new Promise((resolve) => setImmediate(resolve))
      page.ask('configure', { values: smallConfig })
      page.ask('load-files', { files: smallFiles.map(({ name, bytes }) => ({ role: null, name, blob: new Blob([bytes]) })) })
      await page.settled()
      return { model: { may: ['ready'] as const, busy: false }, real: page }
    }
    try {
      await fc.asyncModelRun(setup, commands)
      await page.settled()
    } finally {
      await page.session.reset().catch(() => undefined)
      await page.session.settled()
    }
    const left = tf.memory().numTensors
    if (left > 0) {
      // Of this case alone.
      tf.disposeVariables()
      throw new Fault(`${left} tensors were left behind.`)
    }
  },
}

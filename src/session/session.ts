import type { GivenFile } from '../data/given-file'
import { InputError } from '../data/input-error'
import { isRunArchive } from '../data/zip-file'
import { ConfigError, defaults, makeConfig, type Config } from '../method/config'
import type { ScoreRow, StepMetrics } from '../method/history'
import type { TrainingData } from '../method/synthesis'
import { exportFiles, zip } from '../export/archive'
import { withAnnotation, withMapping, withoutExemplar, withSlices } from './annotations'
import { CheckpointError, configOf, restoreCheckpoint, saveCheckpoint, seriesOf } from './checkpoint'
import { emptyDataset, rasterOf, type Dataset, type Picture, type Target } from './dataset'
import { finishedRun } from './finished-run'
import { readGiven } from './given-files'
import { withVolumes } from './given-volumes'
import { keyOf, openedPicture } from './opened-picture'
import type { BackendInfo, ExportKind, ExportOptions, FileRole, PictureEvent, ProblemEvent, SampleName, SessionEvent } from './events'
import { Queue } from './queue'
import { openRunArchive } from './run-archive'
import { moved, type RunState } from './run-state'
import { sampleDataset } from './samples'
import { numbersOf, summarise } from './summary'
import { DivergedError, Trainer } from './trainer'
import { missingOf, prepare } from './training-data'
import { yieldTask } from './yield-task'

/** What a session reports, without the number of its run. */
type Report = SessionEvent extends infer E ? (E extends SessionEvent ? Omit<E, 'run'> : never) : never

/** Least time between two reports of one kind, in milliseconds. */
const pace = { metrics: 250, views: 500, progress: 100 }

/** How masks are written unless asked otherwise. */
const usualOptions: ExportOptions = { format: 'source', keepPatient: false }

/** Looking takes at most one part in so many of a run's time: on a slow backend it happens less often. */
const timesLook = 25

/** Seconds of steps to queue at once, and so the time that a command may have to wait. */
const longestWait = 0.05

/** Up to this many images the gallery is renewed with every score too; more would cost more than a few per cent of the run. */
const smallPile = 64

/**
 * A run from data to masks: empty -> ready -> running <-> paused -> finished | failed. It owns data, models and loop, the same in a
 * worker and in Node. Commands may come at any time; work is done one piece after the other, and Pause is read between steps.
 */
export class Session {
  private present: RunState = 'empty'
  /** How the loop is to end, once that was asked for: between two steps. */
  private ending: 'paused' | 'finished' | null = null
  /** The run pauses by itself after this step. */
  pauseAfter = Infinity
  private config: Config = defaults
  /** Steps that the run was begun with: an ended run goes on for as many. */
  private leg = defaults.steps
  private dataset: Dataset = emptyDataset
  private prepared: TrainingData | null = null
  private trainer: Trainer | null = null
  private run = 0
  private watched = 0
  private live = true
  private readonly queue = new Queue()
  private sent = { metrics: 0, views: 0 }
  /** Milliseconds that the last look took. */
  private lookCost = 0
  private unsent: { rows: StepMetrics[]; scores: ScoreRow[] } = { rows: [], scores: [] }
  /** Of the run as a whole, to be shown; and of the last steps alone. */
  private secondsPerStep: number | null = null
  private lastStep: number | null = null

  constructor(
    private readonly backend: BackendInfo,
    private readonly report: (event: SessionEvent) => void,
  ) {}

  /** Resolves when all that was asked for so far is done; a run in progress counts until it pauses or ends. */
  settled(): Promise<void> {
    return this.queue.settled()
  }

  get state(): RunState {
    return this.present
  }

  /** What a run still needs, in words. */
  get missing(): string[] {
    return missingOf(this.dataset)
  }

  // ---- data and settings ---------------------------------------------------------------------------------------------------------

  loadSample = (sample: SampleName) =>
    this.enqueue(() => {
      this.refuseToForget()
      this.use(sampleDataset(sample))
    })

  loadFiles = (files: { role: FileRole | null; file: GivenFile }[]) =>
    this.enqueue(async () => {
      const runs = await Promise.all(files.map(async ({ file }) => isRunArchive(file).catch(() => false)))
      for (const { file } of files.filter((_, i) => runs[i])) await this.openRun(file)
      const own = files.filter((_, i) => !runs[i])
      if (own.length === 0) return

      const { sources, exemplarSource } = this.dataset
      const known = [...sources, ...(exemplarSource ? [exemplarSource] : [])].map(({ volume }) => volume)
      const { given, problems: unread } = await readGiven(own, known, (done, of) => this.send({ type: 'progress', what: 'read', done, of }))
      const { dataset, problems: unused } = withVolumes(this.dataset, given)
      for (const problem of [...unread, ...unused]) this.problem('input', problem.message, problem.file)
      if (dataset === this.dataset) {
        if (given.length === 0 && unread.length === 0) this.problem('input', 'There is nothing that can be used among these files.', null)
        return this.reportDataset()
      }
      const { exemplars, unlabeled } = this.dataset
      if (this.trainer && dataset.exemplars === exemplars && dataset.unlabeled === unlabeled) {
        // Reference masks only: nothing that was learnt depends on them.
        this.dataset = this.trainer.dataset = dataset
        this.reportDataset()
        this.reportState()
        await this.rest()
        return
      }
      this.refuseToForget()
      this.use(dataset)
      await this.resumeWaiting()
    })

  /** A run that was exported, until the images that it was trained on are there. */
  private waiting: { checkpoint: Uint8Array<ArrayBuffer>; name: string } | null = null

  /** Shows a run that was exported, and goes on from it where its images are there. */
  private async openRun(file: GivenFile): Promise<void> {
    this.refuseToForget()
    const { checkpoint, sample, images } = await openRunArchive(file)
    if (sample) {
      this.use(sampleDataset(sample))
      await this.goOnFrom(checkpoint)
      return this.rest()
    }
    this.waiting = { checkpoint, name: file.name }
    if (await this.resumeWaiting()) return
    const { rows, scores, config } = seriesOf(checkpoint)
    this.config = config
    this.use(this.dataset.sample ? emptyDataset : this.dataset)
    this.unsent = { rows, scores }
    this.flush()
    this.problem(
      'input',
      `"${file.name}" is shown as it was exported; its ${images} images are not in it, so drop the same images and masks to see the pictures and go on.`,
      file.name,
    )
  }

  /** Goes on from the run that waits, if the data in place are its own. */
  private async resumeWaiting(): Promise<boolean> {
    if (!this.waiting || missingOf(this.dataset).length > 0) return false
    try {
      await this.goOnFrom(this.waiting.checkpoint)
    } catch (error) {
      if (error instanceof CheckpointError || error instanceof InputError) return false
      throw error
    }
    this.waiting = null
    await this.rest()
    return true
  }

  /** Which slices of a volume are images. */
  chooseSlices = (id: string, choice: { axis: 0 | 1 | 2; frame: number | null; every: number }) =>
    this.enqueue(() => {
      this.refuseToForget()
      this.use(withSlices(this.dataset, id, choice))
    })

  /** What a value of the exemplar's mask counts as. */
  mapLabel = (value: string, target: Target | 'own') =>
    this.enqueue(() => {
      this.refuseToForget()
      this.use(withMapping(this.dataset, value, target === 'own' ? null : target))
    })

  /** Reports the numbers of a volume. */
  inspect = (id: string) =>
    this.betweenSteps(() => {
      const source = [...this.dataset.sources, this.dataset.exemplarSource].find((one) => one?.id === id)
      if (!source) return
      this.send({ type: 'source', id, ...numbersOf(source.volume) })
    })

  /** Reports an image in full; to draw on it, with what the models predict where nothing was drawn yet. */
  openPicture = (of: PictureEvent['of'], index: number, toDraw: boolean) =>
    this.betweenSteps(async () => {
      const picture = this.pictureAt(of, index)
      if (!picture) throw new InputError('This image is no longer among those in use; choose another.', '')
      const { trainer } = this
      // Without the GPU that was lost nothing can be predicted, but one can draw.
      const able = trainer && trainer.t > 0 && !this.hasFailed()
      const predicted = () => (able && of === 'pile' && toDraw ? trainer.predictOne(index) : Promise.resolve(null))
      this.send({ ...(await openedPicture(this.dataset, picture, predicted, trainer !== null)), of, index })
    })

  private pictureAt(of: PictureEvent['of'], index: number): Picture | undefined {
    return of === 'pile' ? this.dataset.unlabeled[index] : this.dataset.exemplars[index]?.picture
  }

  /**
   * Takes what was drawn on an image, whose key says which it was. A run that has learnt something goes on with it: paused, and for as many steps again if it had
   * come to its end.
   */
  annotate(
    of: PictureEvent['of'],
    index: number,
    key: string,
    labels: Uint8Array<ArrayBuffer>,
    classes: { name: string; color: string }[],
  ) {
    this.pause()
    return this.enqueue(async () => {
      const picture = this.pictureAt(of, index)
      // Other files may have come while it was drawn, and the number may mean another image of the same size.
      if (!picture || (await keyOf(rasterOf(picture))) !== key)
        throw new InputError('The image that you drew on has another place now; open it again: what you drew is shown on it.', '')
      await this.goOnWith(withAnnotation(this.dataset, picture, { width: picture.width, height: picture.height, labels }, classes))
    })
  }

  removeExemplar(index: number) {
    this.pause()
    return this.enqueue(() => this.goOnWith(withoutExemplar(this.dataset, index)))
  }

  /** Goes on with other exemplars. */
  private async goOnWith(dataset: Dataset): Promise<void> {
    const { trainer } = this
    if (!trainer) return this.use(dataset)
    if (dataset.classes.length !== trainer.net.classes)
      throw new ConfigError('The networks know the labels they began with: export what you need, press Reset, then change the labels.')
    const ended = trainer.t >= this.config.steps
    const config = ended ? makeConfig({ steps: trainer.t + this.leg }, this.config) : this.config
    const prepared = prepare(dataset, config)
    this.trainer = await trainer.continued(dataset, prepared, config)
    this.dataset = dataset
    this.prepared = prepared
    this.config = config
    this.reportDataset()
    this.enter('paused')
  }

  /** What was learnt from somebody's own images is not thrown away without being asked for; a sample can be had again. */
  private refuseToForget(): void {
    if (this.trainer && this.dataset.sample === null)
      throw new ConfigError('Other data would throw away what was learnt: export what you need, press Reset, then load it.')
  }

  editClass = (index: number, name: string, color: string) =>
    this.betweenSteps(() => {
      const classes = this.dataset.classes.map((c) => (c.index === index ? { ...c, name, color } : c))
      this.dataset = { ...this.dataset, classes }
      if (this.trainer) this.trainer.dataset = this.dataset
      this.reportDataset()
    })

  configure = (values: Partial<Config>) =>
    this.enqueue(() => {
      const before = this.config
      const config = makeConfig(values, before)
      if (this.trainer) throw new ConfigError('Settings apply to a new run: press Reset first.')
      this.config = config
      try {
        if (missingOf(this.dataset).length === 0) this.use(this.dataset)
        else this.reportDataset()
      } catch (error) {
        this.config = before
        this.reportDataset()
        throw error
      }
    })

  /** Puts a dataset in place of the present one, with nothing learnt. If it cannot be prepared, the present one stays. */
  private use(dataset: Dataset): void {
    const prepared = missingOf(dataset).length === 0 ? prepare(dataset, this.config) : null
    this.dataset = dataset
    this.prepared = prepared
    this.restart()
  }

  private restart(): void {
    this.trainer?.dispose()
    this.trainer = null
    this.secondsPerStep = null
    this.lastStep = null
    this.unsent = { rows: [], scores: [] }
    this.watched = Math.min(this.watched, Math.max(0, this.dataset.unlabeled.length - 1))
    this.run++
    this.reportDataset()
    this.enter(this.prepared ? 'ready' : 'empty')
  }

  // ---- driving -------------------------------------------------------------------------------------------------------------------

  start = () => this.enqueue(() => this.go('ready'))
  resume = () => this.enqueue(() => this.go('paused'))

  private go(from: 'ready' | 'paused'): void {
    if (!this.prepared) throw new InputError(`Add ${missingOf(this.dataset).join(' and ')} to start.`, '')
    if (this.state !== from) return
    this.ending = null
    this.enter('running')
    const { run } = this
    // Commands may stand in the queue before the loop; a reset among them makes it one of an older run.
    void this.enqueue(() => (run === this.run ? this.loop() : undefined))
  }

  /** Takes effect between two steps, so it does not wait its turn behind them; before the first it does. */
  pause(): void {
    const pause = () => void this.end('paused')
    pause()
    void this.enqueue(pause, true)
  }

  /** Asks the loop to end, if there is one that was not asked already. */
  private end(as: 'paused' | 'finished'): boolean {
    if (this.state !== 'running' || this.ending) return false
    this.ending = as
    return true
  }

  /** Exactly one step, from ready or paused. */
  step = () =>
    this.enqueue(async () => {
      if (!this.prepared) throw new InputError(`Add ${missingOf(this.dataset).join(' and ')} to start.`, '')
      if (this.state !== 'ready' && this.state !== 'paused') return
      const trainer = this.open()
      await this.advance(trainer, 1)
      if (this.hasFailed()) return
      this.enter(trainer.t >= this.config.steps ? 'finished' : 'paused')
      await this.rest()
    })

  stop(): Promise<void> {
    const asked = this.end('finished')
    return this.enqueue(async () => {
      if (asked || this.end('finished') || this.state !== 'paused') return
      this.enter('finished')
      await this.rest()
    }, true)
  }

  reset(): Promise<void> {
    this.end('paused')
    return this.enqueue(() => this.restart())
  }

  /** Looks at once, beside whatever is going on: looking only reads. */
  async watch(image: number): Promise<void> {
    this.watched = Math.min(Math.max(0, image), Math.max(0, this.dataset.unlabeled.length - 1))
    await this.show().catch((error: unknown) => this.caught(error))
  }

  /** Whether pictures are reported while a run goes on. */
  followLive(on: boolean): void {
    this.live = on
  }

  private open(): Trainer {
    if (!this.trainer) {
      this.trainer = new Trainer(this.dataset, this.prepared!, this.config)
      this.leg = this.config.steps
    }
    return this.trainer
  }

  private async loop(): Promise<void> {
    if (this.state !== 'running') return
    try {
      const trainer = this.open()
      while (this.state === 'running' && !this.ending) {
        const begun = performance.now()
        const before = trainer.t
        await this.advance(trainer, this.stepsAtOnce(trainer))
        await this.queue.drain()
        await yieldTask()
        this.timed((performance.now() - begun) / 1000 / Math.max(1, trainer.t - before))
        if (trainer.t >= this.config.steps) this.ending = 'finished'
        else if (trainer.t >= this.pauseAfter) this.end('paused')
      }
    } catch (error) {
      this.caught(error)
    }
    // Before the pictures of the end, for which it would have to wait.
    await this.queue.drain()
    if (this.hasFailed()) return
    this.enter(this.ending ?? 'paused')
    await this.rest()
  }

  /** A GPU can be lost in the middle of anything; the compiler does not know that an await may change the state. */
  private hasFailed(): boolean {
    return this.state === 'failed'
  }

  private timed(seconds: number): void {
    this.secondsPerStep = this.secondsPerStep === null ? seconds : 0.9 * this.secondsPerStep + 0.1 * seconds
  }

  /**
   * Steps to queue before their metrics are read: reading waits for the GPU, so a fast one is kept busy in between. Not beyond the next
   * score or rest, nor longer than a command may wait.
   */
  private stepsAtOnce({ t }: Trainer): number {
    const { scoreEvery, steps } = this.config
    const toScore = scoreEvery - (t % scoreEvery)
    const inTime = Math.floor(longestWait / (this.lastStep ?? longestWait))
    return Math.max(1, Math.min(inTime, toScore, steps - t, this.pauseAfter - t))
  }

  private async advance(trainer: Trainer, most: number): Promise<void> {
    const begun = performance.now()
    const rows = await trainer.steps(most)
    this.lastStep = (performance.now() - begun) / 1000 / rows.length
    this.unsent.rows.push(...rows)
    if (this.hasFailed()) return
    if (trainer.t % this.config.scoreEvery === 0 && trainer.t < this.config.steps) {
      await this.score(trainer)
      if (this.dataset.unlabeled.length <= smallPile) await this.predict(trainer, yieldTask)
    }
    const now = performance.now()
    if (now - this.sent.metrics > pace.metrics) this.flush()
    if (this.live && now - this.sent.views > Math.max(pace.views, timesLook * this.lookCost)) await this.show()
  }

  private async score(trainer: Trainer): Promise<void> {
    this.unsent.scores.push((await trainer.score(yieldTask)).row)
  }

  private async predict(trainer: Trainer, pause: () => Promise<void>): Promise<void> {
    const items = await trainer.predictAll(pause)
    this.send({ type: 'predictions', step: trainer.t, size: this.config.size, items })
  }

  /** What is shown when a run comes to rest: everything up to the last step, and all predictions. */
  private async rest(): Promise<void> {
    const trainer = this.trainer
    if (!trainer || trainer.t === 0 || this.state === 'running' || this.state === 'failed') return
    this.flush()
    await trainer.check()
    await this.show()
    const { state, run } = this
    // A command that arrives meanwhile must not wait for hundreds of images.
    const left = () => this.state !== state || this.run !== run || this.queue.impatient > 0
    const pause = async () => {
      await yieldTask()
      if (left()) throw new Interrupted()
    }
    try {
      if (state === 'finished' || trainer.t % this.config.scoreEvery === 0) await this.score(trainer)
      this.flush()
      await this.predict(trainer, pause)
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error
    }
  }

  // ---- results -------------------------------------------------------------------------------------------------------------------

  export = (what: ExportKind, options: ExportOptions = usualOptions) =>
    this.betweenSteps(async () => {
      const files = await this.files(what, options).catch((error: unknown) => {
        // What a lost GPU breaks is not told again and again, but the page waits for this.
        if (!this.hasFailed() || error instanceof InputError) throw error
        throw new InputError('Nothing can be exported after this failure; press Reset.', '')
      })
      const name = `exemplar-lab-${what}-step-${this.trainer!.t}.zip`
      this.send({ type: 'exported', what, name, bytes: zip(files) })
    })

  /** The files of an export by path, as `export` zips them. @throws InputError before the first step */
  async files(what: ExportKind, options: ExportOptions = usualOptions): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
    const { trainer } = this
    if (!trainer || trainer.t === 0) throw new InputError('There is nothing to export before the first step.', '')
    let last = 0
    const tell = async (done: number, of: number) => {
      const now = performance.now()
      if (now - last > pace.progress || done === of) this.send({ type: 'progress', what: 'export', done, of })
      last = now
      await yieldTask()
    }
    const checkpoint = what === 'run' ? await saveCheckpoint(trainer) : null
    return exportFiles(await finishedRun(trainer, this.backend, what, tell), what, { ...options, made: new Date() }, checkpoint, tell)
  }

  /** The newest scores with each patient's Dice. */
  async patientScores(): Promise<Awaited<ReturnType<Trainer['score']>>> {
    return this.open().score()
  }

  /** The whole state of the run as bytes. @throws InputError before the first step */
  async checkpoint(): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.trainer) throw new InputError('There is nothing to save before the first step.', '')
    return saveCheckpoint(this.trainer)
  }

  /** Continues a run from its bytes, on the data in place; the run is then paused. Its settings replace the present ones. */
  restore = (bytes: Uint8Array) => this.enqueue(() => this.goOnFrom(bytes))

  private async goOnFrom(bytes: Uint8Array): Promise<void> {
    const config = configOf(bytes)
    if (missingOf(this.dataset).length > 0) throw new InputError(`Add ${missingOf(this.dataset).join(' and ')} to go on.`, '')
    const prepared = prepare(this.dataset, config)
    const trainer = await restoreCheckpoint(bytes, this.dataset, prepared)
    this.config = config
    this.prepared = prepared
    this.restart()
    this.trainer = trainer
    this.leg = config.steps
    this.unsent = { rows: [...trainer.rows], scores: [...trainer.scores] }
    this.flush()
    this.enter(trainer.t >= config.steps ? 'finished' : 'paused')
  }

  /** Ends the run for good, with one sentence why, e.g. a lost GPU. */
  fail(kind: ProblemEvent['kind'], message: string): void {
    this.problem(kind, message, null)
    this.enter('failed')
  }

  // ---- reports -------------------------------------------------------------------------------------------------------------------

  /** Runs a piece of work after those before it. What goes wrong becomes a problem; the session goes on. */
  private enqueue(work: () => void | Promise<void>, patient = false): Promise<void> {
    return this.queue.add(() => this.guarded(work), patient)
  }

  /** The same for work that must not wait for the end of a run: the loop does it between two steps. */
  private betweenSteps(work: () => void | Promise<void>): Promise<void> {
    return this.queue.addBetween(() => this.guarded(work))
  }

  private async guarded(work: () => void | Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.caught(error)
    }
  }

  private caught(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    // After a failure, such as a lost GPU, whatever else breaks is its consequence.
    // The page is told all the same, so that it waits for nothing.
    if (this.hasFailed() && !(error instanceof InputError || error instanceof ConfigError)) return this.reportDataset()
    if (error instanceof InputError) this.problem('input', message, error.file || null)
    else if (error instanceof ConfigError || error instanceof CheckpointError) this.problem('input', message, null)
    else if (error instanceof DivergedError) {
      this.flush()
      this.fail('run', message)
    } else {
      console.error(error)
      this.fail('bug', `Something went wrong inside: ${message}. Reset starts over; please report it.`)
    }
  }

  private send(event: Report): void {
    this.report({ run: this.run, ...event } as SessionEvent)
  }

  private problem(kind: ProblemEvent['kind'], message: string, file: string | null): void {
    this.send({ type: 'problem', kind, message, file })
  }

  /** The one place that changes the state. */
  private enter(state: RunState): void {
    this.present = moved(this.present, state)
    this.reportState()
  }

  private reportState(): void {
    const { state } = this
    const step = this.trainer?.t ?? 0
    const perStep = this.secondsPerStep
    this.send({
      type: 'state',
      state,
      step,
      steps: this.config.steps,
      stepsPerSecond: perStep === null ? null : 1 / perStep,
      secondsLeft: perStep === null ? null : (this.config.steps - step) * perStep,
    })
  }

  private reportDataset(): void {
    this.send({ type: 'dataset', dataset: summarise(this.dataset, this.config, this.prepared), config: this.config })
  }

  private flush(): void {
    this.sent.metrics = performance.now()
    this.reportState()
    const { rows, scores } = this.unsent
    if (rows.length > 0 || scores.length > 0) this.send({ type: 'metrics', rows, scores })
    this.unsent = { rows: [], scores: [] }
  }

  private async show(): Promise<void> {
    const { trainer } = this
    if (!trainer) return
    const begun = performance.now()
    const views = await trainer.look(this.watched)
    this.lookCost = performance.now() - begun
    // A reset meanwhile makes them pictures of an older run.
    if (trainer === this.trainer) this.send({ type: 'views', views })
    this.sent.views = performance.now()
  }
}

/** Predicting for the gallery gave way to a command. */
class Interrupted extends Error {}

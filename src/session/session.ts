import type { GivenFile } from '../data/given-file'
import { InputError } from '../data/input-error'
import type { ChosenNames } from '../data/pairs'
import { zip, type Files } from '../export/archive'
import type { LostError } from '../kernels/lost-error'
import type { MemoryError } from '../kernels/memory-error'
import { yieldTask } from '../lib/yield-task'
import type { Network } from '../method/history'
import { ConfigError, freeKeys, keys, makeConfig, maskKeys, type Config } from '../method/config'
import { asWritten, caseNames, scoreNames } from './cases'
import { withMapping, withoutExemplar, withSlices } from './annotations'
import { CheckpointError, openCheckpoint, saveCheckpoint, type Checkpoint } from './checkpoint'
import { emptyDataset, numberOf, pictureOf, type Dataset, type Source, type Target } from './dataset'
import { Display } from './display'
import { drawingFile, withDrawings } from './drawings'
import type {
  BackendInfo,
  CaseName,
  Drawn,
  ExportedFile,
  ExportKind,
  ExportOptions,
  Finding,
  MaskName,
  OpenedPicture,
  PictureId,
  Prediction,
  RunState,
  SampleName,
  SessionEvent,
  VolumeNumbers,
} from './events'
import { examinationOf } from './examination'
import { Faults, type Reopen } from './faults'
import { filesOf, usualOptions, zipped } from './export-files'
import { readFor, withModality, withRead, type RoleFile, type Several } from './given-files'
import { Loop } from './loop'
import { refuseTooLargeExport } from './memory'
import { openedPicture } from './opened-picture'
import { problemOf } from './problem'
import type { Work } from './queue'
import { onlyCorrects, withoutDomain } from './domain'
import { withFurther } from './further'
import { Reports } from './reports'
import { fixedLabels, Run } from './run'
import { differences, openRunArchive, splitRuns, type RunArchive } from './run-archive'
import { recordOf, type RunRecord } from './run-record'
import { imagesOf, sayChange, withMask, withoutLastChoice, withTeacher } from './pairs'
import { sampleDataset } from './samples'
import { fromSeen } from './seen-mask'
import { numbersOf } from './summary'
import type { Trainer } from './trainer'
import { missingOf } from './training-data'
import { Turns } from './turns'
import { measureMasks, viewedPicture } from './viewed-picture'
import { sayStrangers, WaitingRun } from './waiting-run'

/**
 * A run from data to masks: empty -> ready -> running <-> paused | stopped -> finished | failed. It owns data, models and loop, the same in a
 * worker and in Node. Commands may come at any time; work is done one piece after another, and Pause is read between steps. A command's
 * promise resolves when it is done and rejects with what went wrong, which ends nothing else.
 */
export class Session {
  private readonly reports: Reports
  private readonly run: Run

  private readonly faults: Faults
  private readonly turns: Turns
  private readonly display: Display
  private readonly loop: Loop

  /** @param reopen null where a lost backend ends the run */
  constructor(backend: BackendInfo, report: (event: SessionEvent) => void, reopen: Reopen | null = null) {
    this.reports = new Reports(report)
    this.run = new Run(backend, this.reports)
    this.faults = new Faults(this.run, this.reports, reopen)
    this.turns = new Turns(this.run, this.faults, this.reports, () => this.display.restSoon())
    this.display = new Display(this.run, this.faults, this.turns, this.reports)
    this.loop = new Loop(this.run, this.faults, this.turns, this.display, this.reports)
  }

  /** Resolves when everything asked for so far is done, including a run in progress until it pauses or ends. */
  settled(): Promise<void> {
    return this.turns.settled()
  }

  get state(): RunState {
    return this.run.state
  }

  get stepsTaken(): number {
    return this.run.trainer?.t ?? 0
  }

  /** What a run still needs, in words. */
  get missing(): string[] {
    return missingOf(this.run.dataset)
  }

  // ---- data and settings ---------------------------------------------------------------------------------------------------------

  loadSample = (sample: SampleName) =>
    this.turns.add(() => {
      this.run.refuseToForget()
      this.several = null
      this.run.waiting = null
      this.run.use(sampleDataset(sample))
    })

  /** @returns those of the files that are no exported runs */
  loadFiles = (files: readonly RoleFile[], chosen?: ChosenNames): Promise<RoleFile[]> =>
    this.turns.add(async () => {
      const { runs, others } = await splitRuns(files)
      const further = others.filter(({ role }) => role === 'further')
      const own = others.filter(({ role }) => role !== 'further')
      for (const file of runs)
        await this.openRun(file).catch((error: unknown) => {
          // One bad zip keeps no image out.
          const problem = problemOf(error)
          if (others.length === 0 || problem?.kind !== 'input') throw error
          this.reports.send('problem', problem)
        })
      if (own.length > 0) await this.openFiles(own, chosen)
      if (further.length > 0) await this.addFurther(further)
      if (own.length > 0 || runs.length > 0) this.sayWaiting()
      return others
    })

  private async addFurther(files: RoleFile[]): Promise<void> {
    const by = this.run.trainer ?? this.run.waiting?.networks ?? null
    const { dataset, problems } = await withFurther(this.run.dataset, files, by, this.tellRead)
    this.reports.problems(problems)
    if (dataset !== this.run.dataset) this.showAnew(dataset)
  }

  /** Takes a data set of which the same is learnt. @param scored whether scores stay */
  private showAnew(dataset: Dataset, scored = true): void {
    this.run.show(dataset)
    this.display.restSoon(scored)
  }

  private async openFiles(files: RoleFile[], chosen?: ChosenNames): Promise<void> {
    const before = withoutDomain(this.run.dataset)
    const read = await readFor(before, files, this.tellRead)
    const strangers = this.run.waiting?.take(
      read.given.map(({ volume }) => volume),
      files,
    )
    if (strangers) {
      this.reports.problems([...read.problems, ...sayStrangers(strangers)])
      await this.goOnWaiting()
      return
    }
    const { dataset, problems } = withRead(before, read, chosen)
    this.reports.problems(problems)
    if (dataset === before) return
    if (!before.modality) this.several = dataset.modality && { before, given: [] }
    this.several?.given.push({ files, chosen })
    if (this.scoredBy(dataset)) return
    this.run.refuseToForget()
    this.run.use(dataset)
    await this.goOnWaiting()
  }

  /** Takes a data set in which only reference masks are others: nothing learnt depends on them. @returns whether it is one */
  private scoredBy(dataset: Dataset): boolean {
    const { exemplars, unlabeled } = this.run.dataset
    if (!this.run.prepared || dataset.exemplars !== exemplars || dataset.unlabeled !== unlabeled) return false
    this.showAnew(dataset, false)
    return true
  }

  /** Gives an image another mask, or none, and says what that changes; a run that has begun continues if its labels stay. */
  chooseMask = (image: string, mask: string | null): Promise<string> => this.usePairs((dataset) => withMask(dataset, image, mask))

  /** Makes an image with its own mask the exemplar, likewise. */
  chooseExemplar = (image: string): Promise<string> => this.usePairs((dataset) => withTeacher(dataset, image))

  /** Takes back the last such choice. */
  undoMask = (): Promise<string> => this.usePairs(withoutLastChoice)

  private usePairs(change: (before: Dataset) => Dataset): Promise<string> {
    const work = async () => {
      if (this.run.state === 'running') throw new ConfigError('Pause or stop the run before you change which mask is of which image.')
      const before = this.run.dataset
      const after = change(before)
      if (!this.scoredBy(after)) {
        const values = ({ classes }: Dataset) => classes.map(({ value }) => value).join()
        if (this.run.trainer && after.classes.length > 0 && values(after) !== values(before)) throw new ConfigError(fixedLabels)
        await this.goOnWith(after)
        await this.goOnWaiting()
      }
      return sayChange(before, after)
    }
    // In the queue it would wait for the end of the run.
    return this.run.state === 'running' ? this.turns.now(work) : this.turns.add(work)
  }

  private several: Several | null = null

  private tellRead = (done: number, of: number) => this.reports.progress('read', done, of)

  /** Which image of each case is used, where cases have several, such as "t1ce": the files are read again, and those of others are left out. */
  chooseModality = (modality: string) =>
    this.turns.add(async () => {
      this.run.refuseToForget()
      if (!this.several || this.run.dataset.modality?.used === modality) return
      if (this.run.dataset.exemplars.some(({ drawn }) => drawn))
        throw new InputError('You drew on images of another modality: remove those exemplars first.', '')
      const { dataset, problems } = await withModality(this.several, modality, this.tellRead)
      this.reports.problems(problems)
      this.run.use(dataset)
      await this.goOnWaiting()
    })

  /** Shows a run from a zip, and continues it if its images are loaded. */
  private async openRun(file: GivenFile): Promise<void> {
    this.run.refuseToForget()
    const run = await openRunArchive(file)
    const { config } = run
    const { further } = this.run.dataset
    // Networks alone need no sample to go on with.
    const sample = (run.curves ?? run.choices) ? run.sample : null
    const known = {
      ...(sample ? sampleDataset(sample) : this.run.dataset.sample ? emptyDataset : withoutDomain(this.run.dataset)),
      further,
    }
    const message = differences(run)
    if (message) this.reports.send('problem', { kind: 'input', message, file: file.name })
    this.run.waiting = new WaitingRun(run, known)
    // A zip without choices is continued on the data set at hand.
    if (sample && !run.choices) this.run.use(known)
    if (await this.goOnWaiting()) return
    // Its curves and settings can be seen without its images.
    this.run.use(known, config)
    this.reports.replay(run)
    this.run.flush()
  }

  /** Takes the networks of a run without its images: what is given to segment is segmented with them. */
  useNetworks = (run: RunArchive) =>
    this.turns.add(() => {
      this.run.waiting = new WaitingRun({ ...run, choices: null, checkpoint: null }, emptyDataset)
      this.run.use(emptyDataset, run.config)
    })

  /** Continues the waiting run, if all its images are loaded. */
  private async goOnWaiting(): Promise<boolean> {
    const { waiting } = this.run
    if (!waiting) return false
    const { choices, checkpoint, config } = waiting.run
    try {
      const dataset = waiting.dataset(this.run.dataset)
      if (!dataset) return false
      if (checkpoint) await this.run.continueFrom(checkpoint, dataset)
      else this.run.use(dataset, config)
    } catch (error) {
      // Without choices, only the attempt tells whether these are its images.
      if (!choices && (error instanceof CheckpointError || error instanceof InputError)) return false
      this.run.waiting = null
      throw error
    }
    this.run.waiting = null
    if (this.run.dataset.modality && waiting.files.length > 0)
      this.several = { before: emptyDataset, given: [{ files: waiting.files, chosen: undefined }] }
    this.run.watched = choices?.watched ?? null
    this.reports.send('continued', { config, watched: this.run.watched })
    this.display.restSoon(true)
    return true
  }

  private sayWaiting(): void {
    const message = this.run.waiting?.wants()
    if (message) this.reports.send('problem', { kind: 'input', message, file: this.run.waiting!.run.file, waits: true })
  }

  /** Which slices of a volume are images. */
  chooseSlices = (id: string, choice: Pick<Source, 'axis' | 'frame' | 'every'>) =>
    this.turns.add(() => {
      this.run.refuseToForget()
      this.run.use(withSlices(this.run.dataset, id, choice))
    })

  /** What a value of the exemplar's mask counts as. */
  mapLabel = (value: string, target: Target | 'own') =>
    this.turns.add(() => {
      this.run.refuseToForget()
      this.run.use(withMapping(this.run.dataset, value, target === 'own' ? null : target))
    })

  /** The numbers of a volume. */
  inspect = (id: string): Promise<VolumeNumbers> =>
    this.betweenSteps(() => {
      const source = [...this.run.dataset.sources, this.run.dataset.exemplarSource].find((one) => one?.id === id)
      if (!source) throw new InputError('This volume is no longer loaded; choose another.', '')
      return numbersOf(source.volume)
    })

  /** An image at full size; to draw on, with the models' prediction where nothing is drawn yet. */
  openPicture = (id: PictureId, toDraw: boolean): Promise<OpenedPicture> =>
    this.betweenSteps(async () => {
      const picture = pictureOf(this.run.dataset, id)
      if (!picture) throw new InputError('This image is no longer loaded; choose another.', '')
      const { able } = this.run
      const number = numberOf(this.run.dataset, id)
      // Without networks nothing can be predicted, but one can still draw.
      const predicted = () => (able && number >= 0 && toDraw ? able.predictOne(number) : Promise.resolve(null))
      return openedPicture(this.run.dataset, picture, predicted, (this.run.trainer ?? this.run.networks) !== null)
    })

  /** An image at full size with all its masks. */
  viewPicture = (id: PictureId) => this.betweenSteps(() => viewedPicture(this.run.dataset, id, this.run.able))

  /** Pixels of each class in a mask of several images; null for an image without that mask. */
  measureMasks = (ids: readonly PictureId[], mask: MaskName) =>
    this.betweenSteps(() => measureMasks(this.run.dataset, ids, mask, this.run.able))

  /**
   * Takes what was drawn on images. A run that has begun continues with it: paused, and for as many steps again if it had
   * finished.
   */
  annotate(drawings: readonly Drawn[], classes: OpenedPicture['classes']): Promise<void> {
    this.loop.end('paused')
    return this.turns.add(() => this.goOnWith(withDrawings(this.run.dataset, drawings, classes)))
  }

  /** What is drawn on a volume as a file, before any training. */
  exportDrawings = (drawings: readonly Drawn[], classes: OpenedPicture['classes'], options: ExportOptions): Promise<ExportedFile> =>
    this.betweenSteps(() => drawingFile(this.run.dataset, drawings, classes, options))

  removeExemplar(id: PictureId): Promise<void> {
    this.loop.end('paused')
    return this.turns.add(() => {
      const index = this.run.dataset.exemplars.findIndex(({ picture }) => picture.id === id)
      if (index >= 0) return this.goOnWith(withoutExemplar(this.run.dataset, index))
    })
  }

  /** Continues with other exemplars. */
  private async goOnWith(dataset: Dataset): Promise<void> {
    const { trainer } = this.run
    if (!trainer) {
      // A correction of what networks without their images have segmented.
      return onlyCorrects(dataset) ? this.showAnew(dataset) : this.run.use(withoutDomain(dataset))
    }
    return this.run.continueWith(dataset)
  }

  /**
   * Trains a run at rest so many steps further than it has come, which are then its last; the learning rate falls to the new end, and teaching
   * begins where it would have.
   */
  trainOn = (more: number) => this.turns.add(() => this.loop.trainOn(more))

  editClass = (index: number, name: string, color: string) => this.betweenSteps(() => this.run.editClass(index, name, color))

  configure = (values: Partial<Config>) =>
    this.turns.add(async () => {
      const before = this.run.config
      const config = makeConfig(values, before)
      const others = keys.filter((key) => config[key] !== before[key])
      const { trainer } = this.run
      const networks = trainer ?? this.run.networks
      if (networks) {
        if (!others.every((key) => freeKeys.includes(key)) || this.run.state === 'failed')
          throw new ConfigError(
            trainer
              ? 'Settings apply to a new run: press Reset, then change them.'
              : 'These are the settings of the networks that are loaded: load images to train on, then change them.',
          )
        this.run.config = networks.config = config
        if (others.length > 0) trainer?.markSettings(Object.fromEntries(others.map((key) => [key, config[key]])))
        if (others.every((key) => maskKeys.includes(key))) return this.showAnew(this.run.dataset)
        return trainer ? this.run.continueAs(config) : this.run.reportDataset()
      }
      if (this.missing.length === 0) return this.run.use(this.run.dataset, config)
      this.run.config = config
      this.run.reportDataset()
    })

  start = () => this.turns.add(() => this.loop.go('ready'))
  resume = () => this.turns.add(() => this.loop.go('paused', 'stopped'))

  /** Takes effect between two steps, without waiting for its turn in the queue, unless no step has begun. */
  pause(): Promise<void> {
    this.loop.end('paused')
    return this.turns.add(() => void this.loop.end('paused'), true)
  }

  /** Exactly one step, from ready or paused. @param only updates this network alone: `Trainer.steps` */
  step = (only: Network | null = null) => this.turns.add(() => this.loop.step(only))

  stop(): Promise<void> {
    const asked = this.loop.end('stopped')
    return this.turns.add(() => this.loop.stop(asked), true)
  }

  reset(): Promise<void> {
    this.loop.end('paused')
    return this.turns.add(() => this.run.restart())
  }

  /** Looks at once, whatever else is going on: looking only reads. */
  watch(image: PictureId): Promise<void> {
    this.run.watched = image
    return this.turns.beside(() => this.display.look())
  }

  /** Whether pictures are reported during a run. */
  followLive(on: boolean): void {
    this.display.live = on
  }

  /** Whether this backend may yet turn out to compute wrongly: until then, what a run is continued from is kept. */
  doubt(doubted: boolean): void {
    this.run.doubt(doubted)
  }

  /**
   * Leaves a backend that computes wrongly. What it has trained is discarded: the run starts over from its start, or from the checkpoint that it was
   * continued from, and trains on if it was training.
   * @param open makes another backend active @param why a sentence for the user, given the steps that are discarded
   */
  moveTo(open: () => Promise<BackendInfo>, why: (discarded: number, goesOn: boolean) => string): Promise<void> {
    const goesOn = this.loop.end('paused')
    return this.turns.add(() => this.loop.moveTo(open, goesOn, why))
  }

  /** The run pauses by itself after this step. */
  set pauseAfter(step: number) {
    this.loop.pauseAfter = step
  }

  /**
   * What computes is lost, or refuses something: the run goes back to the last good state, on a backend opened anew. May be called at any
   * time; done when the run stands there.
   */
  lose = (fault: LostError | MemoryError): Promise<void> => this.turns.lose(fault)

  /** Marks that the run stands here after its worker had died. @param reached how far it had come */
  markRespawn(reached: number): void {
    this.run.markRespawn(reached)
  }

  /** Leaves one image of the bank out of the steps that follow. */
  removeFromBank = (id: PictureId) => this.betweenSteps(() => this.run.removeFromBank(id))

  // ---- results -------------------------------------------------------------------------------------------------------------------

  export = (what: ExportKind, options: ExportOptions = usualOptions): Promise<ExportedFile> =>
    this.betweenSteps(async () => {
      refuseTooLargeExport(this.run.dataset, what)
      const files = await this.files(what, options)
      return zipped(files, what, this.run.networks!)
    })

  /** The files of an export by path, as `export` zips them. @throws InputError before the first step */
  async files(what: ExportKind, options: ExportOptions = usualOptions): Promise<Files> {
    const { networks } = this.run
    if (!networks) throw new InputError('There is nothing to export before the first step.', '')
    const tell = async (done: number, of: number) => {
      this.reports.progress('export', done, of)
      await yieldTask()
    }
    return filesOf(networks, this.run.backend, what, options, this.run.watched, this.run.speed, tell)
  }

  /** The latest scores with each patient's Dice, called as exports with these options call them. */
  async patientScores(options: ExportOptions = usualOptions): Promise<Awaited<ReturnType<Trainer['score']>>> {
    const { row, patients } = await this.run.open().score()
    const names = scoreNames(this.run.dataset, asWritten(this.run.dataset, options))
    return { row, patients: patients.map((one) => ({ ...one, patient: names.get(one.patient) ?? one.patient })) }
  }

  /** What stays of the run for comparison; null if it took no step here. @param predictions of its present weights */
  record = (predictions: readonly Prediction[]): RunRecord | null =>
    this.run.trainer && this.run.speed.stepping
      ? recordOf(this.run.trainer, this.run.backend, this.run.speed.from === 0 ? this.run.speed.spent : null, predictions)
      : null

  /** What a run saw in an image, in the size of the image. */
  fromSeen = (id: PictureId, seen: Uint8Array, config: Config) => fromSeen(this.run.dataset, id, seen, config)

  /** What the doctor says of the run, its images called as exports with these options call them. */
  async advice(options: ExportOptions = usualOptions): Promise<Finding[]> {
    const trainer = this.run.open()
    return examinationOf(trainer, await trainer.predictAll(), asWritten(this.run.dataset, options))
  }

  /** Which new name is of which image, where exports rename. */
  caseNames = (): Promise<CaseName[]> => this.betweenSteps(() => caseNames(this.run.dataset))

  /** The complete state of the run as bytes, of between two steps. @throws InputError before the first step */
  checkpoint = (): Promise<Uint8Array<ArrayBuffer>> =>
    this.betweenSteps(() => {
      if (!this.run.trainer) throw new InputError('There is nothing to save before the first step.', '')
      return saveCheckpoint(this.run.trainer)
    })

  /**
   * The run as a zip to continue from, of between two steps: what `export('run')` gives, without networks, predictions and report. Given with its
   * images to `loadFiles`, in any order, it goes on at its step, with what was chosen and drawn; before the first step, with only that.
   * @throws InputError without any data
   */
  archive = (): Promise<Uint8Array<ArrayBuffer>> =>
    this.betweenSteps(async () => {
      if (imagesOf(this.run.dataset).length === 0) throw new InputError('There is nothing to save before images are loaded.', '')
      return zip(await this.run.continuation())
    })

  /** Continues a run from its checkpoint, open or in bytes, on the loaded data; the run is then paused. Its settings replace the current ones. */
  restore = (from: Uint8Array<ArrayBuffer> | Checkpoint) =>
    this.turns.add(async () => this.run.continueFrom(from instanceof Uint8Array ? await openCheckpoint(from) : from))

  /** Does what must not wait for the end of a run, and what it does not depend on. */
  betweenSteps = <T>(work: Work<T>): Promise<T> => this.turns.between(work)
}

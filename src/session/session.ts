import { InputError } from '../data/input-error'
import type { GivenFile } from '../data/given-file'
import type { ChosenNames } from '../data/pairs'
import { zip, type Files } from '../export/archive'
import type { LostError } from '../kernels/lost-error'
import type { MemoryError } from '../kernels/memory-error'
import { yieldTask } from '../lib/yield-task'
import type { Config } from '../method/config'
import type { Network } from '../method/history'
import { withMapping, withoutExemplar, withSlices } from './annotations'
import { asWritten, caseNames, scoreNames } from './cases'
import { openCheckpoint, saveCheckpoint, type Checkpoint } from './checkpoint'
import { numberOf, pictureOf, type Dataset, type Target } from './dataset'
import { Display } from './display'
import { drawingFile, withDrawings } from './drawings'
import type {
  BackendInfo,
  CaseName,
  ClassChanges,
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
  SliceChoice,
  VolumeNumbers,
} from './events'
import { examinationOf } from './examination'
import { filesOf, usualOptions, zipped } from './export-files'
import { Faults, type Reopen } from './faults'
import type { RoleFile } from './given-files'
import { Loop } from './loop'
import { refuseTooLargeExport } from './memory'
import { openedPicture } from './opened-picture'
import { imagesOf, withMask, withoutLastChoice, withTeacher } from './pairs'
import type { Work } from './queue'
import { Reports } from './reports'
import { Run } from './run'
import type { RunArchive } from './run-archive'
import { recordOf, type RunRecord } from './run-record'
import { fromSeen } from './seen-mask'
import { Setup } from './setup'
import { numbersOf } from './summary'
import type { Trainer } from './trainer'
import { missingOf } from './training-data'
import { Turns } from './turns'
import { measureMasks, viewedPicture } from './viewed-picture'

/**
 * A run from data to masks: empty -> ready -> running <-> paused | stopped -> finished | failed. It owns data, models and loop, the same in a
 * worker and in Node. Commands may come at any time; a command's promise resolves when it is done and rejects with what went wrong, which ends
 * nothing else. Here stands when each is done: in its turn, between two steps of a run, or at once. What is done, its parts know.
 */
export class Session {
  private readonly reports: Reports
  private readonly run: Run
  private readonly turns: Turns
  private readonly display: Display
  private readonly loop: Loop
  private readonly setup: Setup

  /** @param reopen null where a lost backend ends the run */
  constructor(backend: BackendInfo, report: (event: SessionEvent) => void, reopen: Reopen | null = null) {
    this.reports = new Reports(report)
    this.run = new Run(backend, this.reports)
    const faults = new Faults(this.run, this.reports, reopen)
    this.turns = new Turns(this.run, faults, this.reports, () => this.display.restSoon())
    this.display = new Display(this.run, faults, this.turns, this.reports)
    this.loop = new Loop(this.run, faults, this.turns, this.display, this.reports)
    this.setup = new Setup(this.run, this.display, this.reports)
  }

  get state(): RunState {
    return this.run.state
  }

  /** What computes now: another after a loss. */
  get backend(): BackendInfo {
    return this.run.backend
  }

  get stepsTaken(): number {
    return this.run.trainer?.t ?? 0
  }

  /** What a run still needs, in words. */
  get missing(): string[] {
    return missingOf(this.run.dataset)
  }

  /** Resolves when everything asked for so far is done, including a run in progress until it pauses or ends. */
  settled = (): Promise<void> => this.turns.settled()

  /** Does what must not wait for the end of a run, and what it does not depend on. */
  betweenSteps = <T>(work: Work<T>): Promise<T> => this.turns.between(work)

  // ---- data and settings ---------------------------------------------------------------------------------------------------------

  loadSample = (sample: SampleName) => this.turns.add(() => this.setup.sample(sample))

  /** @returns those of the files that are no runs, and those that are not loaded, because they are for a run log */
  loadFiles = (files: readonly RoleFile[], chosen?: ChosenNames): Promise<{ images: RoleFile[]; records: GivenFile[] }> =>
    this.turns.add(() => this.setup.files(files, chosen))

  /** Takes the networks of a run without its images: what is given to segment is segmented with them. */
  useNetworks = (run: RunArchive) => this.turns.add(() => this.setup.networks(run))

  /** Which image of each case is used, where cases have several, such as "t1ce": the files are read again, and those of others are left out. */
  chooseModality = (modality: string) => this.turns.add(() => this.setup.modality(modality))

  /** Which slices of a volume are images. */
  chooseSlices = (id: string, choice: SliceChoice) => this.turns.add(() => this.setup.replace((dataset) => withSlices(dataset, id, choice)))

  /** What a value of the exemplar's mask counts as. */
  mapLabel = (value: string, target: Target | 'own') =>
    this.turns.add(() => this.setup.replace((dataset) => withMapping(dataset, value, target === 'own' ? null : target)))

  /** Gives an image another mask, or none, and says what that changes; a run that has begun continues if its labels stay. */
  chooseMask = (image: string, mask: string | null) => this.pair((dataset) => withMask(dataset, image, mask))

  /** Makes an image with its own mask the exemplar, likewise. */
  chooseExemplar = (image: string) => this.pair((dataset) => withTeacher(dataset, image))

  /** Takes back the last such choice. */
  undoMask = () => this.pair(withoutLastChoice)

  private pair(change: (before: Dataset) => Dataset): Promise<string> {
    const work = () => this.setup.pair(change)
    // A run in progress refuses it: in the queue it would wait for the end of the run.
    return this.state === 'running' ? this.turns.now(work) : this.turns.add(work)
  }

  /**
   * Takes what was drawn on images. A run that has begun continues with it: paused, and for as many steps again if it had
   * finished.
   */
  annotate(drawings: readonly Drawn[], classes: OpenedPicture['classes']): Promise<void> {
    this.loop.end('paused')
    return this.turns.add(() => this.setup.annotate(withDrawings(this.run.dataset, drawings, classes)))
  }

  removeExemplar(id: PictureId): Promise<void> {
    this.loop.end('paused')
    return this.turns.add(() => {
      const index = this.run.dataset.exemplars.findIndex(({ picture }) => picture.id === id)
      if (index >= 0) return this.setup.annotate(withoutExemplar(this.run.dataset, index))
    })
  }

  editClass = (index: number, changes: ClassChanges) => this.betweenSteps(() => this.run.editClass(index, changes))

  /** Leaves one image of the bank out of the steps that follow. */
  removeFromBank = (id: PictureId) => this.betweenSteps(() => this.run.removeFromBank(id))

  configure = (values: Partial<Config>) =>
    this.turns.add(async () => {
      if (await this.run.configure(values)) this.display.restSoon(true)
    })

  // ---- driving -------------------------------------------------------------------------------------------------------------------

  start = () => this.turns.add(() => this.loop.go('ready'))
  resume = () => this.turns.add(() => this.loop.go('paused', 'stopped'))

  /** Exactly one step, from ready or paused. @param only updates this network alone: `Trainer.steps` */
  step = (only: Network | null = null) => this.turns.add(() => this.loop.step(only))

  /** Takes effect between two steps, without waiting for its turn in the queue, unless no step has begun. */
  pause(): Promise<void> {
    this.loop.end('paused')
    return this.turns.add(() => void this.loop.end('paused'), true)
  }

  stop(): Promise<void> {
    const asked = this.loop.end('stopped')
    return this.turns.add(() => this.loop.stop(asked), true)
  }

  reset(): Promise<void> {
    this.loop.end('paused')
    return this.turns.add(() => this.run.restart())
  }

  /**
   * Trains a run at rest so many steps further than it has come, which are then its last; the learning rate falls to the new end, and teaching
   * begins where it would have.
   */
  trainOn = (more: number) => this.turns.add(() => this.loop.trainOn(more))

  /** The run pauses by itself after this step. */
  set pauseAfter(step: number) {
    this.loop.pauseAfter = step
  }

  /** Looks at once, whatever else is going on: looking only reads. */
  watch(image: PictureId): Promise<void> {
    this.run.follow(image)
    return this.turns.beside(() => this.display.look())
  }

  /** Whether pictures are reported during a run. */
  followLive(on: boolean): void {
    this.display.live = on
  }

  // ---- the backend ---------------------------------------------------------------------------------------------------------------

  /**
   * What computes is lost, or refuses something: the run goes back to the last good state, on a backend opened anew. May be called at any
   * time; done when the run stands there.
   */
  lose = (fault: LostError | MemoryError): Promise<void> => this.turns.lose(fault)

  /** Whether this backend may yet turn out to compute wrongly: until then, what a run is continued from is kept. */
  doubt = (doubted: boolean): void => this.run.doubt(doubted)

  /**
   * Leaves a backend that computes wrongly. What it has trained is discarded: the run starts over from its start, or from the checkpoint that it was
   * continued from, and trains on if it was training.
   * @param open makes another backend active @param why a sentence for the user, given the steps that are discarded
   */
  moveTo(open: () => Promise<BackendInfo>, why: (discarded: number, goesOn: boolean) => string): Promise<void> {
    const goesOn = this.loop.end('paused')
    return this.turns.add(() => this.loop.moveTo(open, goesOn, why))
  }

  /** Marks that the run stands here after its worker had died. @param reached how far it had come */
  markRespawn = (reached: number): void => this.run.markRespawn(reached)

  // ---- looking -------------------------------------------------------------------------------------------------------------------

  /** The numbers of a volume. */
  inspect = (id: string): Promise<VolumeNumbers> =>
    this.betweenSteps(() => {
      const source = [...this.run.dataset.sources, this.run.dataset.exemplarSource].find((one) => one?.id === id)
      if (!source) throw new InputError('This volume is no longer loaded; choose another.', '')
      return numbersOf(source.volume)
    })

  /** An image at full size; to draw on, with the models' prediction where nothing is drawn yet. */
  openPicture = (id: PictureId, toDraw: boolean): Promise<OpenedPicture> =>
    this.betweenSteps(() => {
      const { dataset, able, networks, trainer } = this.run
      const picture = pictureOf(dataset, id)
      if (!picture) throw new InputError('This image is no longer loaded; choose another.', '')
      const number = numberOf(dataset, id)
      // Without networks nothing can be predicted, but one can still draw.
      const predicted = () => (able && number >= 0 && toDraw ? able.predictOne(number) : Promise.resolve(null))
      return openedPicture(dataset, picture, predicted, (trainer ?? networks) !== null)
    })

  /** An image at full size with all its masks. */
  viewPicture = (id: PictureId) => this.betweenSteps(() => viewedPicture(this.run.dataset, id, this.run.able))

  /** Pixels of each class in a mask of several images; null for an image without that mask. */
  measureMasks = (ids: readonly PictureId[], mask: MaskName) =>
    this.betweenSteps(() => measureMasks(this.run.dataset, ids, mask, this.run.able))

  /** What a run saw in an image, in the size of the image. */
  fromSeen = (id: PictureId, seen: Uint8Array, config: Config) => fromSeen(this.run.dataset, id, seen, config)

  /** Which new name is of which image, where exports rename. */
  caseNames = (): Promise<CaseName[]> => this.betweenSteps(() => caseNames(this.run.dataset))

  // ---- results -------------------------------------------------------------------------------------------------------------------

  export = (what: ExportKind, options: ExportOptions = usualOptions): Promise<ExportedFile> =>
    this.betweenSteps(async () => {
      refuseTooLargeExport(this.run.dataset, what)
      const files = await this.files(what, options)
      return zipped(files, what, this.run.networks!)
    })

  /** The files of an export by path, as `export` zips them. @throws InputError before the first step */
  async files(what: ExportKind, options: ExportOptions = usualOptions): Promise<Files> {
    const { networks, backend, watched, speed } = this.run
    if (!networks) throw new InputError('There is nothing to export before the first step.', '')
    const tell = async (done: number, of: number) => {
      this.reports.progress('export', done, of)
      await yieldTask()
    }
    return filesOf(networks, backend, what, options, watched, speed, tell)
  }

  /** What is drawn on a volume as a file, before any training. */
  exportDrawings = (drawings: readonly Drawn[], classes: OpenedPicture['classes'], options: ExportOptions): Promise<ExportedFile> =>
    this.betweenSteps(() => drawingFile(this.run.dataset, drawings, classes, options))

  /** The latest scores with each patient's Dice, called as exports with these options call them. */
  async patientScores(options: ExportOptions = usualOptions): Promise<Awaited<ReturnType<Trainer['score']>>> {
    const { row, patients } = await this.run.open().score()
    const names = scoreNames(this.run.dataset, asWritten(this.run.dataset, options))
    return { row, patients: patients.map((one) => ({ ...one, patient: names.get(one.patient) ?? one.patient })) }
  }

  /** What the doctor says of the run, its images called as exports with these options call them. */
  async advice(options: ExportOptions = usualOptions): Promise<Finding[]> {
    const trainer = this.run.open()
    return examinationOf(trainer, await trainer.predictAll(), asWritten(this.run.dataset, options))
  }

  // ---- keeping -------------------------------------------------------------------------------------------------------------------

  /** What stays of the run for comparison; null if it took no step here. @param predictions of its present weights */
  record(predictions: readonly Prediction[]): RunRecord | null {
    const { trainer, backend, speed } = this.run
    return trainer && speed.stepping ? recordOf(trainer, backend, speed.from === 0 ? speed.spent : null, predictions) : null
  }

  /** The complete state of the run as bytes, of between two steps. @throws InputError before the first step */
  checkpoint = (): Promise<Uint8Array<ArrayBuffer>> =>
    this.betweenSteps(() => {
      if (!this.run.trainer) throw new InputError('There is nothing to save before the first step.', '')
      return saveCheckpoint(this.run.trainer)
    })

  /** Continues a run from its checkpoint, open or in bytes, on the loaded data; the run is then paused. Its settings replace the current ones. */
  restore = (from: Uint8Array<ArrayBuffer> | Checkpoint) =>
    this.turns.add(async () => this.run.continueFrom(from instanceof Uint8Array ? await openCheckpoint(from) : from))

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
}

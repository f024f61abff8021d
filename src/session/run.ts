import { InputError } from '../data/input-error'
import type { Files } from '../export/archive'
import type { Recovery } from '../method/history'
import { ConfigError, defaults, freeKeys, keys, makeConfig, maskKeys, type Config } from '../method/config'
import type { TrainingData } from '../method/synthesis'
import { restoreCheckpoint, type Checkpoint } from './checkpoint'
import { emptyDataset, type Dataset } from './dataset'
import type { BackendInfo, ClassChanges, PictureId, Problem, RunState } from './events'
import { refuseTooLarge, reportOf, roomOf } from './memory'
import type { Networks } from './networks'
import { DiscardError } from './problem'
import type { Reports } from './reports'
import { continuationOf } from './run-archive'
import { moved } from './run-state'
import { Speed } from './speed'
import { recordingOf } from './timeline-file'
import { Trainer } from './trainer'
import { missingOf, prepare } from './training-data'
import type { WaitingRun } from './waiting-run'

export const fixedLabels = 'The labels cannot change during a run: export what you need, press Reset, then change the labels.'

/**
 * What a run is at any moment: data and settings, what has been learnt from them, on which backend, and its state. Only its methods change its
 * fields, but for `waiting`, and report what they have changed.
 */
export class Run {
  private present: RunState = 'empty'
  config: Config = defaults
  dataset: Dataset = emptyDataset
  /** `dataset` as steps take it; null while something is missing. */
  prepared: TrainingData | null = null
  /** Null before the first step. */
  trainer: Trainer | null = null
  /** The image that the live view follows; null if there is none. */
  watched: PictureId | null = null
  speed = new Speed()
  /** The checkpoint that it was continued from, while it may have to start over: see `doubt`. */
  origin: Checkpoint | null = null
  private doubted = false
  private awaited: WaitingRun | null = null

  constructor(
    public backend: BackendInfo,
    private readonly reports: Reports,
  ) {}

  get state(): RunState {
    return this.present
  }

  /** A run from a zip that waits for its images. */
  get waiting(): WaitingRun | null {
    return this.awaited
  }

  /** What the former one has on the backend is freed. */
  set waiting(next: WaitingRun | null) {
    if (next !== this.awaited) this.awaited?.release()
    this.awaited = next
  }

  /** Networks that have learnt something: its own, or those of one that waits for its images. */
  get networks(): Networks | null {
    const { trainer, dataset, config, waiting } = this
    return trainer ? (trainer.t > 0 ? trainer : null) : (waiting?.networksOn(dataset, config) ?? null)
  }

  /** Those that can predict: none once the backend is lost for good. */
  get able(): Networks | null {
    return this.state === 'failed' ? null : this.networks
  }

  /** What trains, made at the first step. */
  open(): Trainer {
    return (this.trainer ??= new Trainer(this.dataset, this.prepared!, this.config))
  }

  // ---- what it is made of --------------------------------------------------------------------------------------------------------

  /** Takes other data or settings and discards what was learnt. @throws InputError if they cannot be prepared; nothing has changed then */
  use(dataset: Dataset, config = this.config): void {
    const prepared = missingOf(dataset).length === 0 ? prepare(dataset, config) : null
    this.config = config
    this.dataset = dataset
    this.prepared = prepared
    this.follow()
    this.restart()
  }

  /** Follows an image while it exists, and else the first one, as the page does. */
  follow(image = this.watched): void {
    const { unlabeled } = this.dataset
    this.watched = unlabeled.some(({ id }) => id === image) ? image : (unlabeled[0]?.id ?? null)
  }

  /** Discards what was learnt. @param from steps that were taken before */
  restart(from = 0): void {
    this.waiting?.release()
    this.trainer?.release()
    this.trainer = null
    this.origin = null
    this.speed = new Speed(from)
    this.reports.nextRun()
    this.reportDataset()
    if (this.waiting?.run.networks) this.reports.send('loaded', { file: this.waiting.run.file })
    this.enter(this.prepared ? 'ready' : 'empty')
  }

  /** Takes a data set of which the same is learnt. */
  show(dataset: Dataset): void {
    this.dataset = dataset
    this.follow()
    if (this.trainer) this.trainer.dataset = dataset
    this.reportDataset()
    this.reportState()
  }

  /** Continues with other exemplars: paused, and for as many steps again if it had finished. @throws ConfigError if it cannot */
  async continueWith(dataset: Dataset): Promise<void> {
    const trainer = this.trainer!
    const missing = missingOf(dataset)
    if (missing.length > 0)
      throw new ConfigError(`The run would be left without ${missing.join(' and ')}: export what you need, press Reset, then change this.`)
    if (dataset.classes.length !== trainer.net.classes) throw new ConfigError(fixedLabels)
    const config = makeConfig({ steps: trainer.nextEnd }, this.config)
    const prepared = prepare(dataset, config)
    this.trainer = await trainer.continued(dataset, prepared, config)
    // It belongs to the former data.
    this.origin = null
    this.dataset = dataset
    this.follow()
    this.prepared = prepared
    this.config = config
    this.reportDataset()
    // Another exemplar makes another bank.
    this.reportBank()
    this.enter('paused')
  }

  /** Continues with other settings. */
  async continueAs(config: Config): Promise<void> {
    const trainer = this.trainer!
    this.trainer = await trainer.continued(this.dataset, trainer.prepared, config, trainer.bank)
    this.config = config
    this.reportDataset()
  }

  /** Continues from a checkpoint on its data: the run rests then. */
  async continueFrom(checkpoint: Checkpoint, dataset = this.dataset): Promise<void> {
    const { config } = checkpoint
    this.refuseWithoutData('continue', dataset)
    const prepared = prepare(dataset, config)
    const trainer = await restoreCheckpoint(checkpoint, dataset, prepared)
    this.config = config
    this.dataset = dataset
    this.prepared = prepared
    // It waited for these images: its networks are no longer at hand without them.
    this.waiting = null
    this.restart(trainer.t)
    this.trainer = trainer
    if (this.doubted) this.origin = checkpoint
    this.reports.collect(trainer)
    this.reportRecoveries()
    this.reportBank()
    this.reports.recording(recordingOf(trainer, dataset))
    this.flush()
    this.enter(trainer.restsAs)
  }

  /** Whether its backend may yet turn out to compute wrongly: until then, what it is continued from is kept. */
  doubt(doubted: boolean): void {
    this.doubted = doubted
    if (!doubted) this.origin = null
  }

  /** Computes on another backend from now on; only of a GPU there is doubt. */
  computeOn(backend: BackendInfo): void {
    this.backend = backend
    this.doubt(this.doubted && backend.backend === 'webgpu')
    this.reports.send('backend', { backend })
  }

  /** Another run begins: the curves of the waiting one are not its own. */
  leaveWaiting(): void {
    if (!this.waiting) return
    this.waiting = null
    this.restart()
  }

  /**
   * Takes other settings: all of them before a run, and of one that has begun those that change nothing learnt.
   * @returns whether its masks alone come out otherwise @throws ConfigError for others, InputError as `use`
   */
  async configure(values: Partial<Config>): Promise<boolean> {
    const before = this.config
    const config = makeConfig(values, before)
    const others = keys.filter((key) => config[key] !== before[key])
    const { trainer } = this
    const networks = trainer ?? this.networks
    if (!networks) {
      if (missingOf(this.dataset).length === 0) this.use(this.dataset, config)
      else {
        this.config = config
        this.reportDataset()
      }
      return false
    }
    if (!others.every((key) => freeKeys.includes(key)) || this.state === 'failed')
      throw new ConfigError(
        trainer
          ? 'Settings apply to a new run: press Reset, then change them.'
          : 'These are the settings of the networks that are loaded: load images to train on, then change them.',
      )
    this.config = networks.config = config
    if (others.length > 0) trainer?.markSettings(Object.fromEntries(others.map((key) => [key, config[key]])))
    const masksAlone = others.every((key) => maskKeys.includes(key))
    if (masksAlone) this.show(this.dataset)
    else if (trainer) await this.continueAs(config)
    else this.reportDataset()
    return masksAlone
  }

  /** Calls a class otherwise, or gives it another colour; what is not given stays. */
  editClass(index: number, changes: ClassChanges): void {
    const before = this.dataset.classes[index]
    if (!before) throw new InputError('This class no longer exists; choose another.', '')
    const info = { ...before, ...changes }
    this.dataset = { ...this.dataset, classes: this.dataset.classes.map((known) => (known === before ? info : known)) }
    if (this.trainer) this.trainer.dataset = this.dataset
    this.reports.send('class', { info })
  }

  /** Leaves one image of the bank out of the steps that follow. */
  async removeFromBank(id: PictureId): Promise<void> {
    await this.trainer?.takeFromBank(id)
    this.reportBank()
    this.flush()
  }

  /** Reports that it stands further back than it did. */
  wentBack(message: string): void {
    this.speed.stands()
    this.reports.send('recovered', { message, recoveries: this.trainer?.recoveries ?? [] })
    if (!this.trainer) return
    if (this.state === 'finished' && this.trainer.t < this.config.steps) this.enter('paused')
    this.flush()
  }

  /** Marks that it stands here after its worker had died. @param reached how far it had come */
  markRespawn(reached: number): void {
    if (!this.trainer) return
    this.trainer.mark('worker', reached)
    this.reportRecoveries()
  }

  /** The files that it is continued from, with its images. */
  continuation(): Promise<Files> {
    const { trainer, backend, watched, config, dataset } = this
    return continuationOf(trainer ?? { config, dataset, t: 0, recoveries: [], marks: [] }, backend, watched)
  }

  // ---- what it refuses -----------------------------------------------------------------------------------------------------------

  /** What was learnt from the user's own images is discarded only on request; a sample can be loaded again. */
  refuseToForget(): void {
    if (this.trainer && this.dataset.sample === null)
      throw new DiscardError('Loading other data would discard this run: export what you need, press Reset, then load the data.')
  }

  refuseWithoutData(toDo: 'start' | 'continue', dataset = this.dataset): void {
    const missing = missingOf(dataset)
    if (missing.length > 0) throw new InputError(`Add ${missing.join(' and ')} to ${toDo}.`, '')
  }

  refuseTooLarge(): void {
    const { backend } = this.backend
    refuseTooLarge(this.dataset, this.config, roomOf(backend), backend)
  }

  // ---- its state, and what is said of it -----------------------------------------------------------------------------------------

  /** The one place that changes the state. */
  enter(state: RunState): void {
    this.present = moved(this.present, state)
    if (state === 'stopped') this.trainer?.markStop()
    this.reportState()
  }

  /** Ends the run for good, with one sentence saying why. */
  fail(kind: Problem['kind'], message: string): void {
    this.reports.send('problem', { kind, message, file: null })
    this.enter('failed')
  }

  reportDataset(): void {
    this.reports.dataset(this.dataset, this.config, this.prepared)
    const { backend } = this.backend
    this.reports.send('memory', { memory: reportOf(this.dataset, this.config, roomOf(backend), backend) })
  }

  reportBank(): void {
    this.reports.bank(this.trainer?.bank ?? null, this.dataset)
  }

  /** Reports everything up to the last step. */
  flush(): void {
    this.reportState()
    this.reports.metrics()
  }

  private reportState(): void {
    const { trainer, speed } = this
    const step = trainer?.t ?? 0
    this.reports.marks((trainer ?? this.waiting?.run.curves)?.marks ?? [])
    const pace = speed.status(step, trainer?.schedule ?? this.config, trainer?.perScore ?? 0)
    this.reports.send('state', { state: this.state, step, steps: this.config.steps, ...pace })
  }

  private reportRecoveries(): void {
    const recoveries: readonly Recovery[] = this.trainer?.recoveries ?? []
    if (recoveries.length > 0) this.reports.send('recovered', { message: null, recoveries })
  }
}
